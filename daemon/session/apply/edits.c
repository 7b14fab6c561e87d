/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * edits.c: applies operations on messages and conversations, of any user or device. Store thread.
 *
 * Received operations and acknowledged ones of ours are applied alike. An operation on an unknown mid changes nothing now; a recalled or deleted
 * message is not stored when it arrives later.
 */
#include "session/apply/batch.h"

#include <string.h>

#include "store/tables/early.h"
#include "store/tables/journal.h"
#include "store/tables/messages.h"

static gboolean
has_text (const char *text)
{
  return text != NULL && *text != '\0' && !g_str_equal (text, "null");
}

static gboolean
add_early (FlooApply *apply, const FlooMessageOperation *op, GError **error)
{
  FlooEarly early = { .id = op->id, .message = op->mid, .type = op->type, .ours = op->ours, .from = op->from,
                      .edit_timestamp = op->edit_timestamp,
                      .content = op->content, .config = op->config, .ext = op->ext };

  return floo_early_add (apply->db, &early, error);
}

/* The message is not in the store: if it arrives later without the effect of this operation, the operation is applied then. */
static gboolean
keep_early (FlooApply *apply, const FlooMessageOperation *op, GError **error)
{
  gboolean known;

  if (op->id == 0 || !floo_messages_is_known (apply->db, op->mid, &known, error))
    return op->id == 0;
  apply->any_early |= !known;
  return known || add_early (apply, op, error);
}

static gboolean
do_early (const FlooEarly *early, gpointer user_data, GError **error)
{
  FlooMessageOperation op = { .id = early->id, .type = early->type, .mid = early->message, .ours = early->ours, .from = early->from,
                              .edit_timestamp = early->edit_timestamp, .content = early->content, .config = early->config,
                              .ext = early->ext };

  return floo_apply_operation (user_data, &op, error);
}

gboolean
floo_apply_early (FlooApply *apply, gint64 mid, GError **error)
{
  return !apply->any_early || floo_early_take (apply->db, mid, do_early, apply, error);
}

static gboolean
status_changed (FlooApply *apply, gint64 conversation, gint64 mid, int status, const char *what, GError **error)
{
  return floo_apply_event (apply, FLOO_SIGNAL_MESSAGE_STATUS_CHANGED,
                           g_variant_new ("(xx@a{sv})", conversation, mid, floo_message_status_details (status, what)), error);
}

/* The conversation of the message, whose counts an operation is about to change; 0 where it is not known. */
static gboolean
note_conversation (FlooApply *apply, gint64 mid, gint64 *conversation, FlooToType *to_type, GError **error)
{
  gboolean known;

  *conversation = 0;
  if (!floo_messages_find (apply->db, mid, &known, conversation, to_type, error))
    return FALSE;
  return !known || floo_apply_change (apply, *conversation, floo_conversation_type_of (*to_type, *conversation), error) != NULL;
}

static void
keep_outgoing (const FlooMessage *message, gpointer user_data)
{
  *(gboolean *) user_data = (message->flags & FLOO_MESSAGE_OUTGOING) != 0;
}

/* Others may report what they did with messages of ours, not with those of other users; for a message that is not here yet this is decided when it
 * arrives. */
static gboolean
may_report_status (FlooApply *apply, const FlooMessageOperation *op, gboolean *allowed, GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean outgoing = FALSE, found;

  *allowed = TRUE;
  if (op->ours)
    return TRUE;
  found = floo_messages_get (apply->db, op->mid, keep_outgoing, &outgoing, &local);
  *allowed = !found || outgoing;
  return floo_error_only_missing (&local, error);
}

static gboolean
apply_status (FlooApply *apply, const FlooMessageOperation *op, int status, GError **error)
{
  gint64 conversation;
  FlooToType to_type = FLOO_TO_ROSTER;
  gboolean changed, allowed;

  if (!may_report_status (apply, op, &allowed, error))
    return FALSE;
  if (!allowed)
    return TRUE;
  if (!note_conversation (apply, op->mid, &conversation, &to_type, error)
      || !floo_messages_set_status (apply->db, op->mid, status, &changed, &conversation, error))
    return FALSE;
  if (!changed)
    return status == FLOO_STATUS_UNREAD || keep_early (apply, op, error);
  if (op->type == FLOO__MESSAGE_OPERATION__OP_TYPE__READ_CANCEL
      && !floo_apply_event (apply, FLOO_SIGNAL_MESSAGE_CANCELED, g_variant_new ("(xx)", conversation, op->mid), error))
    return FALSE;
  return status_changed (apply, conversation, op->mid, status, NULL, error);
}

static gboolean
apply_read (FlooApply *apply, const FlooMessageOperation *op, GError **error)
{
  gboolean is_unread = FALSE, taken;

  if (!floo_apply_receipt (apply, op, FLOO_RECEIPT_READ, &taken, error))
    return FALSE;
  if (taken)
    return TRUE;
  if (op->ours && op->id != 0 && !floo_early_is_unread_after (apply->db, op->mid, op->id, &is_unread, error))
    return FALSE;
  return is_unread || apply_status (apply, op, FLOO_STATUS_READ, error);
}

static gboolean
apply_delivered (FlooApply *apply, const FlooMessageOperation *op, GError **error)
{
  return apply_status (apply, op, FLOO_STATUS_DELIVERED, error);
}

static gboolean
apply_unread (FlooApply *apply, const FlooMessageOperation *op, GError **error)
{
  /* An earlier read acknowledgement may arrive later through another channel. */
  if (op->ours && op->id != 0 && !add_early (apply, op, error))
    return FALSE;
  return apply_status (apply, op, FLOO_STATUS_UNREAD, error);
}

static gboolean
apply_played (FlooApply *apply, const FlooMessageOperation *op, GError **error)
{
  gint64 conversation;
  gboolean changed, allowed, taken;

  if (!floo_apply_receipt (apply, op, FLOO_RECEIPT_PLAYED, &taken, error))
    return FALSE;
  if (taken)
    return TRUE;
  if (!may_report_status (apply, op, &allowed, error))
    return FALSE;
  if (!allowed)
    return TRUE;
  if (!floo_messages_set_played (apply->db, op->mid, &changed, &conversation, error))
    return FALSE;
  return changed ? status_changed (apply, conversation, op->mid, -1, "played", error) : keep_early (apply, op, error);
}

/* We read a conversation, on some device. Such operations of other users do not concern our state. */
static gboolean
apply_read_all (FlooApply *apply, const FlooMessageOperation *op, GError **error)
{
  gint64 conversation = op->conversation, last;
  FlooToType to_type = FLOO_TO_ROSTER;
  FlooConversationType type;
  g_autoptr (GArray) read = NULL;
  g_autoptr (GError) local = NULL;

  if (!op->ours)
    return apply_status (apply, op, FLOO_STATUS_READ, error);
  if (conversation == 0 && !note_conversation (apply, op->mid, &conversation, &to_type, error))
    return FALSE;
  if (!floo_conversations_get_type (apply->db, conversation, &type, &local))
    return floo_error_only_missing (&local, error);
  if (floo_apply_change (apply, conversation, type, error) == NULL)
    return FALSE;
  read = g_array_new (FALSE, FALSE, sizeof (FlooUnreadMessage));
  if (!floo_messages_read_up_to (apply->db, conversation, op->mid, read, &last, error))
    return FALSE;
  return read->len == 0 || status_changed (apply, conversation, op->mid, FLOO_STATUS_READ, "up_to", error);
}

static gboolean
apply_removal (FlooApply *apply, const FlooMessageOperation *op, FlooSignal signal, GError **error)
{
  gint64 conversation;
  FlooToType to_type = FLOO_TO_ROSTER;
  gboolean deleted;

  /* The collected run may contain the message: it is journalled before the message is deleted. */
  if (!note_conversation (apply, op->mid, &conversation, &to_type, error)
      || !floo_messages_delete (apply->db, op->mid, &deleted, &conversation, &to_type, error))
    return FALSE;
  if (!deleted)
    return TRUE;
  apply->list_changed = TRUE;
  return floo_apply_event (apply, signal, g_variant_new ("(xx)", conversation, op->mid), error)
         && status_changed (apply, conversation, op->mid, -1, signal == FLOO_SIGNAL_MESSAGE_RECALLED ? "recalled" : "deleted", error);
}

static gboolean
apply_recall (FlooApply *apply, const FlooMessageOperation *op, GError **error)
{
  return apply_removal (apply, op, FLOO_SIGNAL_MESSAGE_RECALLED, error);
}

static gboolean
apply_delete (FlooApply *apply, const FlooMessageOperation *op, GError **error)
{
  return apply_removal (apply, op, FLOO_SIGNAL_MESSAGE_DELETED, error);
}

/* ---- edits ---- */

gboolean
floo_apply_flush_append (FlooApply *apply, GError **error)
{
  FlooSignal signal = apply->append_to_type == FLOO_TO_GROUP ? FLOO_SIGNAL_GROUP_MESSAGE_CONTENT_APPEND
                                                             : FLOO_SIGNAL_ROSTER_MESSAGE_CONTENT_APPEND;
  gint64 id = apply->append_id, conversation = apply->append_conversation;
  GVariantDict changed;
  g_autoptr (GVariant) body = NULL;

  if (id == 0)
    return TRUE;
  apply->append_id = 0;
  g_variant_dict_init (&changed, NULL);
  if (apply->append_config != NULL)
    g_variant_dict_insert (&changed, "config", "s", apply->append_config);
  if (apply->append_ext != NULL)
    g_variant_dict_insert (&changed, "ext", "s", apply->append_ext);
  body = g_variant_ref_sink (g_variant_new ("(xxusx@a{sv})", conversation, id, apply->append_offset,
                                            apply->append_content->str, apply->append_timestamp, g_variant_dict_end (&changed)));
  g_string_truncate (apply->append_content, 0);
  g_clear_pointer (&apply->append_config, g_free);
  g_clear_pointer (&apply->append_ext, g_free);
  return floo_apply_event (apply, signal, body, error) && status_changed (apply, conversation, id, -1, "edited", error);
}

/* ext and config as they are now, for the event. */
static void
keep_merged (const FlooMessage *message, gpointer user_data)
{
  FlooApply *apply = user_data;

  g_free (apply->append_config);
  g_free (apply->append_ext);
  apply->append_config = g_strdup (message->config);
  apply->append_ext = g_strdup (message->ext);
}

static gboolean
apply_append (FlooApply *apply, const FlooMessageOperation *op, GError **error)
{
  gint64 conversation;
  FlooToType to_type;
  guint offset;
  gboolean applied;

  /* The run may contain the message as it was. */
  if ((apply->append_id != op->mid || apply->run_ids->len > 0) && !floo_apply_flush (apply, error))
    return FALSE;
  if (!floo_messages_append (apply->db, op->mid, op->content != NULL ? op->content : "", op->config, op->ext, op->edit_timestamp, &offset,
                             &applied, &conversation, &to_type, error))
    return FALSE;
  if (!applied)
    return keep_early (apply, op, error);
  if (apply->append_id == 0)
    {
      apply->append_id = op->mid;
      apply->append_conversation = conversation;
      apply->append_to_type = to_type;
      apply->append_offset = offset;
    }
  apply->append_timestamp = op->edit_timestamp;
  g_string_append (apply->append_content, op->content != NULL ? op->content : "");
  return !(has_text (op->config) || has_text (op->ext)) || floo_messages_get (apply->db, op->mid, keep_merged, apply, error);
}

static gboolean
apply_replace (FlooApply *apply, const FlooMessageOperation *op, GError **error)
{
  gint64 conversation;
  FlooToType to_type;
  gboolean applied;
  GVariant *message;

  if (!floo_apply_flush (apply, error)
      || !floo_messages_replace (apply->db, op->mid, op->content, op->config, op->ext, op->edit_timestamp, &applied, &conversation,
                                 &to_type, error))
    return FALSE;
  if (!applied)
    return keep_early (apply, op, error);
  message = floo_messages_get_variant (apply->db, op->mid, error);
  return message != NULL
         && floo_apply_event_refs (apply, to_type == FLOO_TO_GROUP ? FLOO_SIGNAL_GROUP_MESSAGE_REPLACE : FLOO_SIGNAL_ROSTER_MESSAGE_REPLACE,
                                   g_variant_new ("(@" FLOO_MESSAGE_TYPE ")", message), &op->mid, 1, error)
         && status_changed (apply, conversation, op->mid, -1, "edited", error);
}

gboolean
floo_apply_operation (FlooApply *apply, const FlooMessageOperation *operation, GError **error)
{
  static gboolean (*const table[]) (FlooApply *, const FlooMessageOperation *, GError **) = {
    [FLOO__MESSAGE_OPERATION__OP_TYPE__READ_ACK] = apply_read,
    [FLOO__MESSAGE_OPERATION__OP_TYPE__READ_ALL] = apply_read_all,
    [FLOO__MESSAGE_OPERATION__OP_TYPE__READ_CANCEL] = apply_unread,
    [FLOO__MESSAGE_OPERATION__OP_TYPE__DELIVER_ACK] = apply_delivered,
    [FLOO__MESSAGE_OPERATION__OP_TYPE__RECALL] = apply_recall,
    [FLOO__MESSAGE_OPERATION__OP_TYPE__DELETE] = apply_delete,
    [FLOO__MESSAGE_OPERATION__OP_TYPE__PLAY_ACK] = apply_played,
    [FLOO__MESSAGE_OPERATION__OP_TYPE__APPEND] = apply_append,
    [FLOO__MESSAGE_OPERATION__OP_TYPE__REPLACE] = apply_replace,
  };

  if (operation->type <= 0 || (gsize) operation->type >= G_N_ELEMENTS (table))
    {
      g_debug ("an operation of the unknown type %d was ignored", operation->type);
      return TRUE;
    }
  /* Appends are frequent, and change no counts. */
  return (operation->type == FLOO__MESSAGE_OPERATION__OP_TYPE__APPEND || floo_apply_counts (apply, error))
         && table[operation->type](apply, operation, error);
}

/* The service's notice of a client's own request may arrive before the answer to the call. */
static gboolean
is_removed_here (const FlooApply *apply, gint64 conversation)
{
  const GArray *removing = apply->result->removing;

  for (guint i = 0; i < removing->len; i++)
    if (g_array_index (removing, gint64, i) == conversation)
      return TRUE;
  return FALSE;
}

gboolean
floo_apply_delete_conversation (FlooApply *apply, gint64 conversation, FlooConversationType type, gint64 id, GError **error)
{
  GVariantDict desc;
  gboolean deleted, is_left;
  FlooChange *change;

  if (!floo_apply_flush (apply, error) || !floo_apply_counts (apply, error))
    return FALSE;
  change = floo_apply_change (apply, conversation, type, error);
  if (change == NULL || !floo_conversations_delete_up_to (apply->db, conversation, change->type, id, &deleted, &is_left, error))
    return FALSE;
  if (!deleted)
    return TRUE;
  apply->list_changed = TRUE;
  g_variant_dict_init (&desc, NULL);
  g_variant_dict_insert (&desc, "id", "x", conversation);
  g_variant_dict_insert (&desc, "source", "s", is_removed_here (apply, conversation) ? "user_operation" : "other_operation");
  if (is_left)
    g_variant_dict_insert (&desc, "up_to", "x", id);
  return floo_apply_event (apply, FLOO_SIGNAL_FLOO_NOTICE,
                           g_variant_new ("(sv)", "conversation_deleted", g_variant_dict_end (&desc)), error);
}
