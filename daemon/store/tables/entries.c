/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/entries.h"

#include <string.h>

#include "base/hash.h"
#include "base/words.h"
#include "store/tables/rows.h"
#include "store/tables/standing.h"

/* Characters of the last message's content; a list shows no more. */
#define MAX_CHARACTERS 1024

/* By FlooConversationType. */
static const char *const types[] = { "roster", "group", "system" };
enum { TYPE_GROUP = 1 };

/* ---- reading ---- */

/* Fields of the entry after the type, in the order of the columns from the fourth on. */
static const struct {
  const char *name;
  char type; /* of GVariant; m: the number of a FlooMessageType, e: of a FlooSendState, r: of a FlooRole */
} fields[] = {
  { "unread", 'u' },          { "mentioned", 'b' },       { "pinned", 'b' },       { "muted", 'b' },         { "draft", 's' },
  { "draft_timestamp", 'x' }, { "name", 's' },            { "avatar", 's' },       { "content", 's' },       { "timestamp", 'x' },
  { "last_message_id", 'x' }, { "last_from", 'x' },       { "last_from_name", 's' }, { "last_type", 'm' },   { "last_outgoing", 'b' },
  { "last_status", 'i' },     { "last_send_state", 'e' }, { "first_unread", 'x' }, { "failed", 'u' },        { "read_up_to", 'x' },
  /* From here on only of groups. */
  { "role", 'r' },            { "my_display_name", 's' }, { "banned_until", 'x' },
};

#define ACTIVITY 2 /* a column that is no field */
#define FIRST_FIELD 3
#define N_FIELDS_OF_USERS (G_N_ELEMENTS (fields) - 3)

/* Returns: (nullable): NULL for 0, FALSE and "" */
static GVariant *
read_field (FlooQuery *query, guint i, char type, gsize *size)
{
  const int column = FIRST_FIELD + (int) i;
  const gint64 number = type != 's' ? floo_query_int (query, column) : 0;
  const char *text;

  switch (type)
    {
    case 'u':
      return number > 0 ? g_variant_new_uint32 ((guint32) MIN (number, G_MAXUINT32)) : NULL;
    case 'b':
      return number != 0 ? g_variant_new_boolean (TRUE) : NULL;
    case 'i':
      return number != 0 ? g_variant_new_int32 ((gint32) CLAMP (number, G_MININT32, G_MAXINT32)) : NULL;
    case 'x':
      return number != 0 ? g_variant_new_int64 (number) : NULL;
    case 'm':
      return !floo_query_is_null (query, column) ? floo_word (floo_message_type_to_string ((int) number)) : NULL;
    case 'r':
      return !floo_query_is_null (query, column) ? floo_word (floo_role_to_string (number)) : NULL;
    case 'e':
      return number != FLOO_SEND_NONE ? floo_word (floo_send_state_to_string ((FlooSendState) number)) : NULL;
    default:
      text = floo_query_text (query, column);
      if (text == NULL || *text == '\0')
        return NULL;
      *size += strlen (text);
      return g_variant_new_string (text);
    }
}

static GVariant *
new_default (char type)
{
  switch (type)
    {
    case 'u':
      return g_variant_new_uint32 (0);
    case 'b':
      return g_variant_new_boolean (FALSE);
    case 'i':
      return g_variant_new_int32 (0);
    case 'x':
      return g_variant_new_int64 (0);
    default:
      return floo_word ("");
    }
}

/* The fields with the values 0, FALSE and "", which are frequent: made once. */
static GVariant *const *
get_defaults (void)
{
  static GVariant *defaults[G_N_ELEMENTS (fields)];
  static gsize once = 0;

  if (g_once_init_enter (&once))
    {
      for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
        defaults[i] = g_variant_ref_sink (floo_word_entry (fields[i].name, new_default (fields[i].type)));
      g_once_init_leave (&once, 1);
    }
  return defaults;
}

/* How many fields the present row has. */
static guint
count_fields (FlooQuery *query)
{
  return floo_query_int (query, 1) == TYPE_GROUP ? G_N_ELEMENTS (fields) : N_FIELDS_OF_USERS;
}

GVariant *
floo_entry_read (FlooQuery *query, gsize *size)
{
  gint64 type = floo_query_int (query, 1);
  const guint n = count_fields (query);
  GVariant *const *defaults = get_defaults ();
  GVariant *entry[2 + G_N_ELEMENTS (fields)];

  entry[0] = floo_word_entry ("id", g_variant_new_int64 (floo_query_int (query, 0)));
  entry[1] = floo_word_entry ("type", floo_word (types[CLAMP (type, 0, (gint64) G_N_ELEMENTS (types) - 1)]));
  for (guint i = 0; i < n; i++)
    {
      GVariant *value = read_field (query, i, fields[i].type, size);

      entry[2 + i] = value != NULL ? floo_word_entry (fields[i].name, value) : defaults[i];
    }
  *size += 1024;
  return g_variant_new_array (G_VARIANT_TYPE ("{sv}"), entry, 2 + n);
}

/* ---- refreshing ---- */

/* Writes the conversation's newest message into the columns: a waiting one of ours, else the last message. */
static gboolean
write_last (FlooDb *db, gint64 id, const FlooMessage *message, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "conversation-show", error);
  g_autofree char *beginning = NULL;

  if (g_utf8_strlen (message->content, -1) > MAX_CHARACTERS)
    beginning = g_utf8_substring (message->content, 0, MAX_CHARACTERS);
  floo_query_bind_int (query, 1, id);
  floo_query_bind_int (query, 2, message->id);
  floo_query_bind_text (query, 3, beginning != NULL ? beginning : message->content);
  floo_query_bind_int (query, 4, message->timestamp);
  floo_query_bind_int (query, 5, message->from);
  floo_query_bind_text (query, 6, message->sender_name);
  if (message->id != 0)
    floo_query_bind_int (query, 7, message->type);
  floo_query_bind_int (query, 8, message->flags & FLOO_MESSAGE_OUTGOING ? 1 : 0);
  floo_query_bind_int (query, 9, message->status);
  floo_query_bind_int (query, 10, message->send_state);
  return floo_query_run (query, error);
}

static gboolean
show_waiting (FlooDb *db, gint64 id, gboolean *found, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "outbox-last-of-conversation", FLOO_INTS (id), error);
  FlooOutboxRow row;
  FlooMessage message;

  if (!floo_query_next (query, found, error))
    return FALSE;
  if (!*found)
    return TRUE;
  floo_outbox_row_read (&row, query);
  floo_outbox_row_to_message (&row, db, &message);
  return write_last (db, id, &message, error);
}

static gboolean
show_stored (FlooDb *db, gint64 id, gint64 last_message, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "message-get", FLOO_INTS (last_message), error);
  g_auto (FlooMessageRow) row = { 0 };
  gboolean found;

  row.message.content = "";
  if (!floo_query_next (query, &found, error) || (found && !floo_message_row_read (&row, db, query, error)))
    return FALSE;
  return write_last (db, id, &row.message, error);
}

/* A hash of the present row, with all that the entry is made of. Never 0. */
static gint64
hash_row (FlooQuery *query)
{
  const int end = FIRST_FIELD + (int) count_fields (query);
  guint64 hash = FLOO_HASH_START;

  for (int column = 0; column < end; column++)
    {
      const int type = floo_query_get_type (query, column);
      const gint64 number = type == SQLITE_INTEGER ? floo_query_int (query, column) : 0;
      gsize size = 0;
      gconstpointer text = type == SQLITE_TEXT ? floo_query_blob (query, column, &size) : NULL;
      const gint64 head[] = { type, type == SQLITE_TEXT ? (gint64) size : number };

      if (column == ACTIVITY)
        continue;
      hash = floo_hash (floo_hash (hash, head, sizeof head), text, size);
    }
  return hash != 0 ? (gint64) hash : 1;
}

/* @hash: (out): 0: it is not in the list; @entry: (out) (transfer full) (nullable): NULL where it has the hash @shown, too */
static gboolean
read_entry (FlooDb *db, gint64 id, gint64 shown, gint64 *hash, GVariant **entry, gsize *size, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "conversation-get", FLOO_INTS (id), error);
  gboolean row;

  if (!floo_query_next (query, &row, error))
    return FALSE;
  *hash = row ? hash_row (query) : 0;
  if (row && *hash != shown)
    *entry = g_variant_ref_sink (floo_entry_read (query, size));
  return TRUE;
}

gboolean
floo_entry_refresh (FlooDb *db, gint64 id, GVariant **entry, gboolean *removed, gsize *size, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "conversation-shown", FLOO_INTS (id), error);
  g_autoptr (GVariant) now = NULL;
  gboolean row, waits;
  gint64 shown, hash = 0;

  *entry = NULL;
  *removed = FALSE;
  if (!floo_query_next (query, &row, error))
    return FALSE;
  if (!row)
    return TRUE;
  shown = floo_query_int (query, 1);
  if (!show_waiting (db, id, &waits, error) || (!waits && !show_stored (db, id, floo_query_int (query, 2), error)))
    return FALSE;
  if (floo_query_int (query, 0) != 0 && !read_entry (db, id, shown, &hash, &now, size, error))
    return FALSE;
  if (hash == shown)
    return TRUE;
  *removed = hash == 0;
  *entry = g_steal_pointer (&now);
  return floo_query_run_ints (db, "conversation-set-shown", FLOO_INTS (id, hash), NULL, error);
}
