/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/apply/status.h"

#include "base/error.h"
#include "base/refusal.h"
#include "store/tables/conversations.h"
#include "store/tables/journal.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"

static void
keep_variant (const FlooMessage *message, gpointer user_data)
{
  *(GVariant **) user_data = g_variant_ref_sink (floo_message_to_variant (message));
}

gboolean
floo_status_journal (FlooDb *db, gint64 client_id, gint64 conversation, gboolean is_message, const char *status,
                     gint64 server_id, int error_code, const char *reason, GError **error)
{
  g_autoptr (GVariant) message = NULL;
  GVariantDict details;
  gint64 ref = client_id;

  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "uid", "x", conversation);
  if (is_message && !floo_messages_get (db, client_id, keep_variant, &message, error))
    {
      g_variant_dict_clear (&details);
      return FALSE;
    }
  if (message != NULL)
    g_variant_dict_insert_value (&details, "message", message);
  if (server_id != 0)
    g_variant_dict_insert (&details, "server_mid", "x", server_id);
  if (reason != NULL)
    {
      g_variant_dict_insert (&details, "error", "s", floo_error_get_dbus_name (floo_refusal_get_error (error_code, reason)));
      g_variant_dict_insert (&details, "error_code", "i", error_code);
      g_variant_dict_insert (&details, "error_reason", "s", reason);
    }
  return floo_journal_append (db, FLOO_SIGNAL_SENDING_MESSAGE_STATUS_CHANGED,
                              g_variant_new ("(xs@a{sv})", client_id, status, g_variant_dict_end (&details)),
                              message != NULL ? &ref : NULL, message != NULL ? 1 : 0, error);
}

gboolean
floo_status_journal_accepted (FlooDb *db, const FlooOutboxRow *row, GError **error)
{
  return floo_status_journal (db, row->client_id, row->conversation, TRUE,
                              floo_send_state_to_string (row->not_before != 0 ? FLOO_SEND_SCHEDULED : FLOO_SEND_QUEUED), 0, 0, NULL, error);
}

gboolean
floo_status_journal_dependents (FlooDb *db, gint64 client_id, gint64 conversation, const char *status, int error_code, const char *reason,
                                GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (!floo_outbox_get_dependents (db, client_id, ids, error))
    return FALSE;
  for (guint i = 0; i < ids->len; i++)
    {
      gint64 id = g_array_index (ids, gint64, i);

      if (!floo_status_journal (db, id, conversation, FALSE, status, 0, error_code, reason, error)
          || !floo_outbox_delete (db, id, error))
        return FALSE;
    }
  return TRUE;
}

static GVariant *
conversation_notice (const char *category, gint64 conversation)
{
  GVariantDict desc;

  g_variant_dict_init (&desc, NULL);
  g_variant_dict_insert (&desc, "id", "x", conversation);
  g_variant_dict_insert (&desc, "source", "s", "user_operation");
  return g_variant_new ("(sv)", category, g_variant_dict_end (&desc));
}

gboolean
floo_status_delete_conversation (FlooDb *db, gint64 conversation, GError **error)
{
  gboolean deleted;
  guint unread;

  return floo_conversations_get_unread (db, conversation, &unread, error)
         && floo_conversations_delete (db, conversation, &deleted, error)
         && (!deleted
             || (floo_journal_append (db, FLOO_SIGNAL_FLOO_NOTICE, conversation_notice ("conversation_deleted", conversation), NULL, 0, error)
                 && (unread == 0
                     || floo_journal_append (db, FLOO_SIGNAL_UNREAD_CHANGE, g_variant_new ("(xu)", conversation, 0u), NULL, 0, error))
                 && floo_conversations_list_changed (db)));
}

static gboolean
unread_changed (FlooDb *db, gint64 conversation, guint before, GError **error)
{
  guint unread;

  return floo_conversations_get_unread (db, conversation, &unread, error)
         && (unread == before
             || floo_journal_append (db, FLOO_SIGNAL_UNREAD_CHANGE, g_variant_new ("(xu)", conversation, unread), NULL, 0, error));
}

gboolean
floo_status_clear_conversation (FlooDb *db, gint64 conversation, GError **error)
{
  gint64 up_to;
  guint unread;

  return floo_conversations_get_unread (db, conversation, &unread, error) && floo_conversations_clear (db, conversation, &up_to, error)
         && floo_journal_append (db, FLOO_SIGNAL_FLOO_NOTICE, conversation_notice ("conversation_cleared", conversation), NULL, 0, error)
         && unread_changed (db, conversation, unread, error) && floo_conversations_list_changed (db);
}

static void
keep_message (const FlooMessage *message, gpointer user_data)
{
  FlooMessage *kept = user_data;

  kept->id = message->id;
  kept->conversation = message->conversation;
  kept->client_id = message->client_id;
}

gboolean
floo_status_delete_message (FlooDb *db, gint64 id, GError **error)
{
  FlooMessage message = { 0 };
  FlooToType to_type;
  gboolean deleted;
  gint64 conversation;
  guint unread;

  if (!floo_messages_get (db, id, keep_message, &message, error))
    return FALSE;
  if (message.id == message.client_id)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "The message waits in the outbox: CancelSend takes it out");
      return FALSE;
    }
  return floo_conversations_get_unread (db, message.conversation, &unread, error)
         && floo_messages_delete (db, message.id, &deleted, &conversation, &to_type, error)
         && floo_journal_append (db, FLOO_SIGNAL_MESSAGE_DELETED, g_variant_new ("(xx)", conversation, message.id), NULL, 0, error)
         && floo_journal_append (db, FLOO_SIGNAL_MESSAGE_STATUS_CHANGED,
                                 g_variant_new ("(xx@a{sv})", conversation, message.id, floo_message_status_details (-1, "deleted")), NULL, 0,
                                 error)
         && unread_changed (db, conversation, unread, error) && floo_conversations_list_changed (db);
}
