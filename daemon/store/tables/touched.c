/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/touched.h"

#include "base/names.h"
#include "store/tables/conversations.h"
#include "store/tables/entries.h"
#include "store/tables/journal.h"
#include "store/tables/state.h"
#include "store/engine/query.h"

/* Entries of one event; where there are more a client reloads the list. */
#define MAX_ENTRIES 256u

struct _FlooTouched {
  GHashTable *conversations, *messages, *outbox, *contacts; /* sets of gint64 */
  gboolean list;
  gboolean telling;  /* what is changed now is the telling's own */
};

static GHashTable *
new_set (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

static void
add (GHashTable *set, gint64 id)
{
  if (!g_hash_table_contains (set, &id))
    g_hash_table_add (set, g_memdup2 (&id, sizeof id));
}

static void
on_update (void *data, int operation, const char *database, const char *table, sqlite3_int64 rowid)
{
  FlooTouched *self = data;

  if (self->telling)
    return;
  /* New messages change their conversation's row, too. */
  if (g_str_equal (table, "messages") && operation == SQLITE_UPDATE)
    add (self->messages, rowid);
  else if (g_str_equal (table, "conversations"))
    add (self->conversations, rowid);
  else if (g_str_equal (table, "outbox") && operation != SQLITE_DELETE)
    add (self->outbox, rowid);
}

void
floo_touched_watch (FlooDb *db)
{
  FlooState *state = floo_state_get (db);
  FlooTouched *self = g_new0 (FlooTouched, 1);

  self->conversations = new_set ();
  self->messages = new_set ();
  self->outbox = new_set ();
  self->contacts = new_set ();
  state->touched = self;
  sqlite3_update_hook (db->handle, on_update, self);
}

void
floo_touched_free (FlooTouched *self)
{
  g_hash_table_unref (self->conversations);
  g_hash_table_unref (self->messages);
  g_hash_table_unref (self->outbox);
  g_hash_table_unref (self->contacts);
  g_free (self);
}

void
floo_touched_add_contact (FlooDb *db, gint64 id)
{
  FlooState *state = floo_state_get (db);

  if (state->touched != NULL)
    add (state->touched->contacts, id);
}

void
floo_touched_add_message (FlooDb *db, gint64 id)
{
  FlooState *state = floo_state_get (db);

  if (state->touched != NULL)
    add (state->touched->messages, id);
}

void
floo_touched_add_list (FlooDb *db)
{
  FlooState *state = floo_state_get (db);

  if (state->touched != NULL)
    state->touched->list = TRUE;
}

gboolean
floo_touched_any (FlooDb *db)
{
  FlooState *state = floo_state_get (db);
  const FlooTouched *self = state->touched;

  return self->list || g_hash_table_size (self->conversations) > 0 || g_hash_table_size (self->messages) > 0
         || g_hash_table_size (self->outbox) > 0 || g_hash_table_size (self->contacts) > 0;
}

void
floo_touched_forget (FlooDb *db)
{
  FlooState *state = floo_state_get (db);
  FlooTouched *self = state->touched;

  g_hash_table_remove_all (self->conversations);
  g_hash_table_remove_all (self->messages);
  g_hash_table_remove_all (self->outbox);
  g_hash_table_remove_all (self->contacts);
  self->list = FALSE;
}

/* ---- from rows to conversations ---- */

typedef gboolean (*RowFunc) (FlooDb *db, gint64 id, GError **error);

static gboolean
for_each (FlooDb *db, GHashTable *set, RowFunc func, GError **error)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, set);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (!func (db, *(const gint64 *) key, error))
      return FALSE;
  return TRUE;
}

/* Adds the conversations that @name gives for @id. */
static gboolean
add_conversations_of (FlooDb *db, const char *name, gint64 id, GError **error)
{
  FlooState *state = floo_state_get (db);
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, name, FLOO_INTS (id), error);
  gboolean row = query != NULL;

  while (row)
    {
      if (!floo_query_next (query, &row, error))
        return FALSE;
      if (row)
        add (state->touched->conversations, floo_query_int (query, 0));
    }
  return query != NULL;
}

static gboolean
on_message (FlooDb *db, gint64 id, GError **error)
{
  return floo_query_run_ints (db, "conversation-read-up-to", FLOO_INTS (id, db->user_id), NULL, error)
         && add_conversations_of (db, "message-get-conversation", id, error);
}

static gboolean
on_outbox (FlooDb *db, gint64 id, GError **error)
{
  return add_conversations_of (db, "outbox-get-conversation", id, error);
}

static gboolean
on_contact (FlooDb *db, gint64 id, GError **error)
{
  FlooState *state = floo_state_get (db);

  add (state->touched->conversations, id);
  return add_conversations_of (db, "conversations-by-last-from", id, error);
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

  if (!floo_entry_refresh (db, id, &entry, &removed, error))
    return FALSE;
  if (removed)
    g_array_append_val (tale->removed, id);
  if (entry == NULL)
    return TRUE;
  tale->bytes += g_variant_get_size (entry);
  tale->reload = tale->reload || tale->ids->len >= MAX_ENTRIES || tale->bytes > FLOO_SIGNAL_BYTES;
  if (tale->reload)
    return TRUE;
  g_variant_builder_add_value (&tale->changed, entry);
  g_array_append_val (tale->ids, id);
  return TRUE;
}

/* Refreshes all that were noted; each costs only itself. */
static gboolean
collect (FlooDb *db, Tale *tale, GError **error)
{
  FlooState *state = floo_state_get (db);

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
  GVariant *changed = g_variant_builder_end (&tale->changed);
  GVariant *removed = g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, tale->removed->data, tale->removed->len, sizeof (gint64));

  if (tale->reload)
    {
      g_variant_unref (g_variant_ref_sink (changed));
      changed = g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0);
      g_array_set_size (tale->ids, 0);
    }
  return floo_journal_append (db, FLOO_SIGNAL_CONVERSATIONS_CHANGED, g_variant_new ("(@aa{sv}@axb)", changed, removed, tale->reload),
                              (const gint64 *) (void *) tale->ids->data, tale->ids->len, error);
}

static gboolean
tell (FlooDb *db, GError **error)
{
  FlooState *state = floo_state_get (db);
  FlooTouched *self = state->touched;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) removed = g_array_new (FALSE, FALSE, sizeof (gint64));
  Tale tale = { .ids = ids, .removed = removed };

  if (!for_each (db, self->messages, on_message, error) || !for_each (db, self->outbox, on_outbox, error)
      || !for_each (db, self->contacts, on_contact, error)
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
floo_touched_tell (FlooDb *db, gpointer unused, GError **error)
{
  FlooState *state = floo_state_get (db);
  gboolean ok;

  state->touched->telling = TRUE;
  ok = tell (db, error);
  state->touched->telling = FALSE;
  floo_touched_forget (db);
  return ok;
}
