/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/conversations-changed.h"

#include "base/names.h"
#include "store/engine/query.h"
#include "store/tables/entries.h"
#include "store/tables/journal.h"
#include "store/tables/touched.h"

/* Entries of one event; where there are more a client reloads the list. */
#define MAX_ENTRIES 256u

/* ---- from rows to conversations ---- */

/* As a JSON array. */
static char *
ids_to_json (GHashTable *set)
{
  GString *text = g_string_new ("[");
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, set);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, text->len > 1 ? "," : "", *(const gint64 *) key);
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

/* Writes how far the other user has read; each of @ids belongs to the conversation at the same index in @conversations. */
static gboolean
write_read_up_to (FlooDb *db, const GArray *conversations, const GArray *ids, GError **error)
{
  for (guint i = 0; i < ids->len; i++)
    if (g_array_index (ids, gint64, i) != 0
        && !floo_query_run_ints (db, "conversation-read-up-to", FLOO_INTS (g_array_index (conversations, gint64, i), g_array_index (ids, gint64, i)),
                                 NULL, error))
      return FALSE;
  return TRUE;
}

/* One statement for all messages of the transaction. */
static gboolean
add_conversations_of_messages (FlooDb *db, FlooTouched *touched, GError **error)
{
  g_autofree char *ids_text = ids_to_json (touched->messages);
  g_autoptr (GArray) conversations = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) read = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (FlooQuery) query = NULL;
  gboolean row = TRUE;

  if (g_hash_table_size (touched->messages) == 0)
    return TRUE;
  query = floo_query_take (db, "messages-changed", error);
  floo_query_bind_text (query, 1, ids_text);
  floo_query_bind_int (query, 2, db->user_id);
  while (row)
    {
      gint64 conversation, id;

      if (!floo_query_next (query, &row, error))
        return FALSE;
      if (!row)
        break;
      conversation = floo_query_int (query, 0);
      id = floo_query_int (query, 1);
      floo_touched_add (touched->conversations, conversation);
      g_array_append_val (conversations, conversation);
      g_array_append_val (read, id);
    }
  return write_read_up_to (db, conversations, read, error);
}

static gboolean
add_conversations (FlooQuery *query, FlooTouched *touched, GError **error)
{
  gboolean row = TRUE;

  while (row)
    {
      if (!floo_query_next (query, &row, error))
        return FALSE;
      if (row)
        floo_touched_add (touched->conversations, floo_query_int (query, 0));
    }
  return TRUE;
}

static gboolean
add_conversations_of_outbox (FlooDb *db, FlooTouched *touched, GError **error)
{
  g_autofree char *ids = ids_to_json (touched->outbox);
  g_autoptr (FlooQuery) query = NULL;

  if (g_hash_table_size (touched->outbox) == 0)
    return TRUE;
  query = floo_query_take (db, "outbox-changed", error);
  floo_query_bind_text (query, 1, ids);
  return add_conversations (query, touched, error);
}

/* Adds the conversations with the contact, and those whose last message is from it. */
static gboolean
add_conversations_of_contacts (FlooDb *db, FlooTouched *touched, GError **error)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, touched->contacts);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const gint64 id = *(const gint64 *) key;
      g_autoptr (FlooQuery) query = floo_query_take_ints (db, "conversations-by-last-from", FLOO_INTS (id), error);

      floo_touched_add (touched->conversations, id);
      if (!add_conversations (query, touched, error))
        return FALSE;
    }
  return TRUE;
}

/* ---- the event ---- */

typedef struct {
  GVariantBuilder changed;
  GArray *ids;        /* gint64, of changed */
  GArray *removed;    /* gint64 */
  gsize bytes;
  gboolean reload;
} Tale;

static gboolean
tell_one (FlooDb *db, gint64 id, Tale *tale, GError **error)
{
  g_autoptr (GVariant) entry = NULL;
  gboolean removed;

  if (!floo_entry_refresh (db, id, &entry, &removed, &tale->bytes, error))
    return FALSE;
  if (removed)
    g_array_append_val (tale->removed, id);
  if (entry == NULL)
    return TRUE;
  tale->reload = tale->reload || tale->ids->len >= MAX_ENTRIES || tale->bytes > FLOO_SIGNAL_BYTES;
  if (tale->reload)
    return TRUE;
  g_variant_builder_add_value (&tale->changed, entry);
  g_array_append_val (tale->ids, id);
  return TRUE;
}

/* Refreshes all noted conversations; an error in one does not affect the others. */
static gboolean
collect (FlooDb *db, Tale *tale, GError **error)
{
  FlooTablesState *state = floo_state_get (db);

  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, state->touched->conversations);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (!tell_one (db, *(const gint64 *) key, tale, error))
      return FALSE;
  return TRUE;
}

static gboolean
journal (FlooDb *db, Tale *tale, GError **error)
{
  GVariant *body[] = {
    g_variant_builder_end (&tale->changed),
    g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, tale->removed->data, tale->removed->len, sizeof (gint64)),
    g_variant_new_boolean (tale->reload),
  };

  if (tale->reload)
    {
      g_variant_unref (g_variant_ref_sink (body[0]));
      body[0] = g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0);
      g_array_set_size (tale->ids, 0);
    }
  return floo_journal_append_sized (db, FLOO_SIGNAL_CONVERSATIONS_CHANGED, g_variant_new_tuple (body, G_N_ELEMENTS (body)),
                                    tale->reload ? 0 : tale->bytes, (const gint64 *) (void *) tale->ids->data, tale->ids->len, error);
}

static gboolean
tell (FlooDb *db, GError **error)
{
  FlooTablesState *state = floo_state_get (db);
  FlooTouched *self = state->touched;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) removed = g_array_new (FALSE, FALSE, sizeof (gint64));
  Tale tale = { .ids = ids, .removed = removed };

  if (!add_conversations_of_messages (db, self, error) || !add_conversations_of_outbox (db, self, error)
      || !add_conversations_of_contacts (db, self, error)
      || (self->list && !floo_journal_append (db, FLOO_SIGNAL_RECENT_LIST_UPDATE, g_variant_new ("()"), NULL, 0, error)))
    return FALSE;
  g_variant_builder_init (&tale.changed, G_VARIANT_TYPE ("aa{sv}"));
  if (!collect (db, &tale, error))
    {
      g_variant_builder_clear (&tale.changed);
      return FALSE;
    }
  if (ids->len > 0 || removed->len > 0 || tale.reload)
    return journal (db, &tale, error);
  g_variant_builder_clear (&tale.changed);
  return TRUE;
}

gboolean
floo_conversations_changed_tell (FlooDb *db, gpointer unused, GError **error)
{
  FlooTablesState *state = floo_state_get (db);
  gboolean ok;

  state->touched->telling = TRUE;
  ok = tell (db, error);
  state->touched->telling = FALSE;
  floo_touched_forget (db);
  return ok;
}
