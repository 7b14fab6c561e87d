/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "store/tables/messages.h"
#include "store/tables/conversations.h"
#include "store/tables/rows.h"
#include "store/tables/search-changes.h"

/* A piece of appended text grows to this many bytes before the next one is begun: what an APPEND writes is bounded by it. */
#define PIECE_BYTES 1024
/* Largest config or ext after merging; a larger result is refused. */
#define MERGED_BYTES (1u << 20)
/* Largest content after appending, in characters. */
#define CONTENT_CHARACTERS (4 << 20)

/* The fields of a message that operations need, and its present texts. */
typedef struct {
  gint64 id;
  gint64 conversation;
  FlooToType to_type;
  int type;
  int status;
  guint flags;
  gboolean unread;
  gint64 edit_timestamp;
  gint64 characters;   /* of the whole content */
  gboolean in_pieces;  /* there are pieces */
  char *config, *ext;
} State;

static void
state_clear (State *state)
{
  g_free (state->config);
  g_free (state->ext);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (State, state_clear)

/* @id may be a client_id; state->id is 0 where there is no such message. */
static gboolean
load (FlooDb *db, gint64 id, State *state, GError **error)
{
  g_autoptr (FlooQuery) query = NULL;
  gboolean row;

  if (!floo_messages_resolve (db, id, &id, error))
    return FALSE;
  if (id == 0)
    return TRUE;
  query = floo_query_take_ints (db, "message-get-state", FLOO_INTS (id), error);
  if (!floo_query_next (query, &row, error))
    return FALSE;
  state->id = row ? id : 0;
  state->conversation = floo_query_int (query, 0);
  state->to_type = (FlooToType) floo_query_int (query, 1);
  state->type = (int) floo_query_int (query, 2);
  state->status = (int) floo_query_int (query, 3);
  state->flags = (guint) floo_query_int (query, 4);
  state->unread = floo_query_int (query, 5) != 0;
  state->edit_timestamp = floo_query_int (query, 6);
  state->characters = floo_query_int (query, 7);
  state->in_pieces = floo_query_int (query, 8) != 0;
  state->config = g_strdup (floo_query_text (query, 9));
  state->ext = g_strdup (floo_query_text (query, 10));
  return TRUE;
}

gboolean
floo_messages_set_status (FlooDb *db, gint64 id, int status, gboolean *changed, gint64 *conversation, GError **error)
{
  g_auto (State) state = { 0 };
  gboolean unread;

  *changed = FALSE;
  if (!load (db, id, &state, error))
    return FALSE;
  if (conversation != NULL)
    *conversation = state.conversation;
  if (state.id == 0 || status == state.status || (status == FLOO_STATUS_DELIVERED && state.status == FLOO_STATUS_READ))
    return TRUE;
  unread = state.unread;
  if (status == FLOO_STATUS_READ)
    unread = FALSE;
  else if (status == FLOO_STATUS_UNREAD && !(state.flags & FLOO_MESSAGE_OUTGOING))
    unread = floo_message_is_record (state.type, state.config);
  *changed = TRUE;
  if (!floo_query_run_ints (db, "message-set-status", FLOO_INTS (state.id, status, unread), NULL, error))
    return FALSE;
  return unread == state.unread || floo_conversations_count (db, state.conversation, unread ? 1 : -1, error);
}

gboolean
floo_messages_set_played (FlooDb *db, gint64 id, gboolean *changed, gint64 *conversation, GError **error)
{
  g_auto (State) state = { 0 };

  if (!load (db, id, &state, error))
    return FALSE;
  if (conversation != NULL)
    *conversation = state.conversation;
  *changed = state.id != 0 && !(state.flags & FLOO_MESSAGE_IS_PLAYED);
  return !*changed || floo_query_run_ints (db, "message-set-flags", FLOO_INTS (state.id, FLOO_MESSAGE_IS_PLAYED), NULL, error);
}

/* In a group only where the sender asked for acknowledgements. */
static gboolean
wants_ack (gint64 conversation, FlooToType to_type, const char *config)
{
  return conversation != 0 && (to_type != FLOO_TO_GROUP || floo_json_text_has_member (config, "groupMemberList"));
}

static gboolean
collect_unread (FlooDb *db, gint64 conversation, gint64 up_to, GArray *read, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "unread-get", FLOO_INTS (conversation, up_to), error);
  gboolean row;

  while (floo_query_next (query, &row, error))
    {
      FlooUnreadMessage unread;

      if (!row)
        return TRUE;
      unread.id = floo_query_int (query, 0);
      unread.from = floo_query_int (query, 1);
      /* For a damaged row there is nothing valid to report to the service. */
      unread.wants_ack = unread.id > 0 && unread.from > 0 && wants_ack (conversation, (FlooToType) floo_query_int (query, 2), floo_query_text (query, 3));
      g_array_append_val (read, unread);
    }
  return FALSE;
}

gboolean
floo_messages_read_up_to (FlooDb *db, gint64 conversation, gint64 up_to, GArray *read, gint64 *last, GError **error)
{
  gint64 limit = G_MAXINT64;
  gboolean in_outbox;
  gint64 found;
  guint changed;

  if (up_to != 0)
    {
      if (!floo_query_find (db, "outbox-is-message", FLOO_INTS (up_to), &in_outbox, error)
          || !floo_messages_resolve (db, up_to, &found, error))
        return FALSE;
      /* A waiting message of ours is after all others. */
      if (found != 0 || !in_outbox)
        limit = found != 0 ? found : up_to;
    }
  if (!floo_query_get_int (db, "conversation-last-message-up-to", FLOO_INTS (conversation, limit), last, NULL, error)
      || (read != NULL && !collect_unread (db, conversation, limit, read, error))
      || !floo_query_run_ints (db, "unread-set-read", FLOO_INTS (conversation, limit), &changed, error))
    return FALSE;
  if (limit == G_MAXINT64)
    return floo_query_run_ints (db, "conversation-clear-unread", FLOO_INTS (conversation), NULL, error);
  return changed == 0 || floo_conversations_count (db, conversation, -(int) changed, error);
}

gboolean
floo_messages_delete (FlooDb *db, gint64 id, gboolean *deleted, gint64 *conversation, FlooToType *to_type, GError **error)
{
  g_auto (State) state = { 0 };

  *deleted = FALSE;
  *conversation = 0;
  *to_type = FLOO_TO_ROSTER;
  if (!load (db, id, &state, error))
    return FALSE;
  if (state.id == 0)
    return floo_query_run_ints (db, "tombstone-add", FLOO_INTS (id), NULL, error);
  *deleted = TRUE;
  *conversation = state.conversation;
  *to_type = state.to_type;
  return floo_query_run_ints (db, "tombstone-add", FLOO_INTS (state.id), NULL, error)
         && floo_query_run_ints (db, "appended-delete", FLOO_INTS (state.id), NULL, error)
         && floo_query_run_ints (db, "message-delete", FLOO_INTS (state.id), NULL, error)
         && floo_search_changes_add (db, state.id, error)
         && (!state.unread || floo_conversations_count (db, state.conversation, -1, error))
         && floo_conversations_settle (db, state.conversation, error);
}

static JsonObject *
parse_object (const char *text, JsonNode **node)
{
  if (text == NULL || *text == '\0')
    return NULL;
  *node = floo_json_parse (text, strlen (text), NULL);
  return floo_json_node_object (*node);
}

/* Depth is bounded by the parser. */
static void
merge_into (JsonObject *to, JsonObject *from)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  json_object_iter_init (&iter, from);
  while (json_object_iter_next (&iter, &name, &value))
    {
      JsonObject *there = floo_json_get_object (to, name);

      if (there != NULL && JSON_NODE_HOLDS_OBJECT (value))
        merge_into (there, json_node_get_object (value));
      else
        json_object_set_member (to, name, json_node_copy (value));
    }
}

/* (transfer full): @changes merged into @text; what is not an object counts as empty, as does a result that is too large. */
static char *
merge_json (const char *text, const char *changes)
{
  g_autoptr (JsonNode) old_node = NULL;
  g_autoptr (JsonNode) new_node = NULL;
  JsonObject *old_object = parse_object (text, &old_node);
  JsonObject *new_object = parse_object (changes, &new_node);
  g_autofree char *merged = NULL;

  if (new_object == NULL)
    return g_strdup (text);
  if (old_object == NULL)
    return g_strdup (changes);
  merge_into (old_object, new_object);
  merged = floo_json_to_text (old_node);
  return strlen (merged) <= MERGED_BYTES ? g_steal_pointer (&merged) : g_strdup (text);
}

/* Writes what append and replace have in common. @characters: of the whole content now */
static gboolean
save_edit (FlooDb *db, const State *state, const char *config, const char *ext, gint64 edit_timestamp, gint64 characters, GError **error)
{
  g_autofree char *new_config = merge_json (state->config, config);
  g_autofree char *new_ext = merge_json (state->ext, ext);
  g_autoptr (FlooQuery) query = NULL;

  edit_timestamp = MAX (edit_timestamp, state->edit_timestamp);
  if (g_strcmp0 (new_config, state->config) == 0 && g_strcmp0 (new_ext, state->ext) == 0)
    return floo_query_run_ints (db, "message-set-edited", FLOO_INTS (state->id, edit_timestamp, characters), NULL, error);
  query = floo_query_take (db, "message-set-edited-texts", error);
  floo_query_bind_int (query, 1, state->id);
  floo_query_bind_int (query, 2, edit_timestamp);
  floo_query_bind_int (query, 3, characters);
  floo_query_bind_text (query, 4, new_config);
  floo_query_bind_text (query, 5, new_ext);
  return floo_query_run (query, error);
}

static gboolean
add_piece (FlooDb *db, gint64 id, const char *content, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "appended-extend", error);

  floo_query_bind_int (query, 1, id);
  floo_query_bind_text (query, 2, content);
  floo_query_bind_int (query, 3, PIECE_BYTES);
  if (!floo_query_run (query, error))
    return FALSE;
  if (sqlite3_changes (db->handle) > 0)
    return TRUE;
  g_clear_pointer (&query, floo_query_give_back);
  query = floo_query_take (db, "appended-add", error);
  floo_query_bind_int (query, 1, id);
  floo_query_bind_text (query, 2, content);
  return floo_query_run (query, error);
}

/* Loads the message for an edit; FALSE in @applies where it is unknown or the edit is older than the message's last one. */
static gboolean
begin_edit (FlooDb *db, gint64 id, gint64 edit_timestamp, State *state, gboolean *applies, gint64 *conversation, FlooToType *to_type,
            GError **error)
{
  if (!load (db, id, state, error))
    return FALSE;
  /* An edit without a time is later than those before it. */
  *applies = state->id != 0 && (edit_timestamp == 0 || edit_timestamp >= state->edit_timestamp);
  if (conversation != NULL)
    *conversation = state->conversation;
  if (to_type != NULL)
    *to_type = state->to_type;
  return TRUE;
}

gboolean
floo_messages_append (FlooDb *db, gint64 id, const char *content, const char *config, const char *ext, gint64 edit_timestamp,
                      guint *offset, gboolean *applied, gint64 *conversation, FlooToType *to_type, GError **error)
{
  g_auto (State) state = { 0 };
  gint64 length = content != NULL ? g_utf8_strlen (content, -1) : 0;

  *offset = 0;
  if (!begin_edit (db, id, edit_timestamp, &state, applied, conversation, to_type, error))
    return FALSE;
  /* With the same time as the message: the message came from the history with this piece included; unless it is appended to here, several
   * times in a millisecond. */
  if (edit_timestamp == state.edit_timestamp && edit_timestamp != 0 && !state.in_pieces)
    *applied = FALSE;
  if (*applied && state.characters + length > CONTENT_CHARACTERS)
    {
      g_message ("Appends to message %" G_GINT64_FORMAT " are ignored: it is too long", state.id);
      *applied = FALSE;
    }
  if (!*applied)
    return TRUE;
  *offset = (guint) state.characters;
  if (length > 0 && !(add_piece (db, state.id, content, error) && floo_search_changes_add (db, state.id, error)))
    return FALSE;
  return save_edit (db, &state, config, ext, edit_timestamp, state.characters + length, error);
}

gboolean
floo_messages_replace (FlooDb *db, gint64 id, const char *content, const char *config, const char *ext, gint64 edit_timestamp,
                       gboolean *applied, gint64 *conversation, FlooToType *to_type, GError **error)
{
  g_auto (State) state = { 0 };
  g_autoptr (FlooQuery) query = NULL;
  gint64 characters;

  if (!begin_edit (db, id, edit_timestamp, &state, applied, conversation, to_type, error))
    return FALSE;
  if (!*applied)
    return TRUE;
  characters = state.characters;
  if (content != NULL && *content != '\0')
    {
      characters = g_utf8_strlen (content, -1);
      query = floo_query_take (db, "message-set-content", error);
      if (query == NULL)
        return FALSE;
      floo_query_bind_int (query, 1, state.id);
      floo_query_bind_text (query, 2, content);
      if (!floo_query_run (query, error) || !floo_search_changes_add (db, state.id, error))
        return FALSE;
      if (state.in_pieces && !floo_query_run_ints (db, "appended-delete", FLOO_INTS (state.id), NULL, error))
        return FALSE;
    }
  return save_edit (db, &state, config, ext, edit_timestamp, characters, error);
}
