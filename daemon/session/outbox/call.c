/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/outbox/call.h"

#include <string.h>

#include "base/backoff.h"
#include "base/json.h"
#include "base/names.h"
#include "session/job/job.h"
#include "session/outbox/parts.h"

gpointer
floo_outbox_call_new (gsize size, FlooSender *sender, FlooReply reply, gpointer user_data)
{
  FlooOutboxCall *call = floo_call_new (size, sender->account, reply, user_data);

  call->sender = sender;
  call->taken = floo_sender_taken_new ();
  return call;
}

void
floo_outbox_call_free (gpointer data)
{
  FlooOutboxCall *call = data;

  g_ptr_array_unref (call->taken);
  floo_call_free (call);
}

void
floo_outbox_call_done (FlooStore *store, gpointer data, const GError *error)
{
  FlooOutboxCall *call = data;

  if (error != NULL)
    floo_sender_untake (call->sender, call->taken);
  floo_call_done (store, call, error);
  if (error == NULL)
    floo_sender_send_taken (call->sender, call->taken);
}

void
floo_outbox_call_run (gpointer data, FlooStoreFunc func, GDestroyNotify destroy)
{
  floo_job_write (((FlooOutboxCall *) data)->call.account, func, floo_outbox_call_done, data, destroy);
}

gboolean
floo_outbox_call_finish (FlooDb *db, FlooOutboxCall *call, gint64 client_id, GError **error)
{
  call->call.result = g_variant_ref_sink (g_variant_new ("(x)", client_id));
  return floo_sender_take_due (call->sender, db, call->taken, error);
}

gboolean
floo_outbox_call_queue (FlooDb *db, int operation, gint64 conversation, FlooToType to_type, gint64 to, gint64 target,
                        const FlooOperationTexts *texts, gint64 *client_id, GError **error)
{
  FlooOutboxRow row = { .conversation = conversation, .to_type = to_type, .to = to, .operation = operation, .target = target,
                        .content = "", .timestamp = floo_now_ms (), .state = FLOO_SEND_QUEUED };

  if (texts != NULL)
    {
      row.content = texts->content != NULL ? texts->content : "";
      row.config = texts->config;
      row.ext = texts->ext;
    }
  if (!floo_outbox_next_client_id (db, &row.client_id, error))
    return FALSE;
  *client_id = row.client_id;
  return floo_outbox_insert (db, &row, error);
}

gboolean
floo_outbox_call_check_text (const char *name, const char *text, gsize max, FlooReply reply, gpointer user_data)
{
  gsize len = text != NULL ? strlen (text) : 0;

  if (len <= max)
    return TRUE;
  floo_reply_error (reply, user_data, FLOO_ERROR_TOO_LARGE, "%s has %" G_GSIZE_FORMAT " bytes, at most %" G_GSIZE_FORMAT " are taken",
                    name, len, max);
  return FALSE;
}

gboolean
floo_outbox_call_check_json (const char *name, const char *text, FlooReply reply, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = NULL;

  if (text == NULL || *text == '\0')
    return TRUE;
  node = floo_json_parse (text, strlen (text), &error);
  if (node != NULL && floo_json_node_object (node) != NULL)
    return TRUE;
  floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "%s is not a JSON object%s%s", name, error != NULL ? ": " : "",
                    error != NULL ? error->message : "");
  return FALSE;
}

gboolean
floo_outbox_call_check_options (const FlooSendOptions *options, FlooReply reply, gpointer user_data)
{
  if (options->token != NULL && *options->token == '\0')
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "token is empty");
      return FALSE;
    }
  return floo_outbox_call_check_text ("ext", options->ext, FLOO_MAX_EXTRA, reply, user_data)
         && floo_outbox_call_check_text ("config", options->config, FLOO_MAX_EXTRA, reply, user_data)
         && floo_outbox_call_check_text ("push_text", options->push_text, FLOO_MAX_ARGUMENT, reply, user_data)
         && floo_outbox_call_check_text ("token", options->token, FLOO_MAX_TOKEN, reply, user_data)
         && floo_outbox_call_check_json ("config", options->config, reply, user_data);
}

gint64
floo_outbox_call_get_time (const FlooAccount *account, const FlooSendOptions *options)
{
  return options->not_before > floo_account_get_service_time (account) ? options->not_before : 0;
}

char *
floo_outbox_call_dup_config (const FlooSendOptions *options)
{
  const char *config = options->config != NULL && *options->config != '\0' ? options->config : "{}";
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object;

  if (options->push_text == NULL && !options->silent)
    return g_strdup (options->config);
  node = floo_json_parse (config, strlen (config), NULL);
  object = node != NULL ? floo_json_node_object (node) : NULL;
  if (object == NULL)
    return g_strdup (options->config);
  if (options->push_text != NULL)
    json_object_set_string_member (object, "pushMessage", options->push_text);
  if (options->silent)
    {
      json_object_set_boolean_member (object, "silence", TRUE);
      json_object_set_boolean_member (object, "noPush", TRUE);
    }
  return floo_json_to_text (node);
}
