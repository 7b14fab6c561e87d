/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forward.c: forwards a message. A file is not uploaded again: the service gives its new reader an address of its own.
 */
#include "session/files/parts.h"

#include <string.h>

#include "base/json.h"
#include "session/job/recipient.h"
#include "session/outbox/call.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"
#include "store/tables/recipient.h"
#include "store/tables/tokens.h"

typedef struct {
  FlooFiles *files;
  gint64 message;
  FlooToType to_type;
  gint64 to;
  char *token;
  char *ext, *config;           /* the caller's */
  gint64 not_before;
  char *identity;
  FlooReply reply;
  gpointer user_data;
  gint64 known;                 /* the message that was sent for this token; 0: none */
  /* of the message */
  int type;
  char *content;
  char *attachment;
} Forward;

static void
forward_free (Forward *forward)
{
  floo_account_unref (forward->files->account);
  g_free (forward->token);
  g_free (forward->identity);
  g_free (forward->ext);
  g_free (forward->config);
  g_free (forward->content);
  g_free (forward->attachment);
  g_free (forward);
}

/* Consumes it. */
static void
fail (Forward *forward, const GError *error)
{
  forward->reply (NULL, error, forward->user_data);
  forward_free (forward);
}

/* Consumes it. */
static void
send_on (Forward *forward, const char *attachment)
{
  const FlooSendRequest request = { .to_type = floo_to_type_to_string (forward->to_type), .to = forward->to,
                                    .type = floo_message_type_to_string (forward->type), .content = forward->content,
                                    .attachment = attachment, .identity = forward->identity,
                                    .options = { .ext = forward->ext, .config = forward->config, .token = forward->token,
                                                 .not_before = forward->not_before } };

  floo_sender_send (forward->files->sender, &request, forward->reply, forward->user_data);
  forward_free (forward);
}

/* Consumes it. */
static void
answer_known (Forward *forward)
{
  forward->reply (g_variant_new ("(x)", forward->known), NULL, forward->user_data);
  forward_free (forward);
}

void
floo_forward_ask_address (FlooFiles *files, const char *sign, FlooToType to_type, gint64 to, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, to);
  const char *query[] = { "file_sign", sign, "to_id", id, "to_type", to_type == FLOO_TO_GROUP ? "2" : "1", NULL };

  floo_rest_call_async (floo_account_get_rest (files->account), "GET", "/file/upload/forward", query, NULL, FLOO_REST_NONE, cancellable, callback,
                        user_data);
}

char *
floo_forward_finish_address (GObject *source, GAsyncResult *result, const char *attachment, GError **error)
{
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, error);
  const char *url = answer != NULL ? floo_json_node_string (answer->data) : NULL;
  g_autoptr (JsonNode) node = floo_json_parse (attachment, strlen (attachment), NULL);

  if (answer == NULL)
    return NULL;
  if (url == NULL || *url == '\0')
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the service gave no address for the file");
      return NULL;
    }
  json_object_set_string_member (floo_json_node_object (node), "url", url);
  return floo_json_to_text (node);
}

static void
on_address (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Forward *forward = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *attachment = floo_forward_finish_address (source, result, forward->attachment, &error);

  if (attachment == NULL)
    fail (forward, error);
  else
    send_on (forward, attachment);
}

char *
floo_forward_dup_sign (const char *attachment)
{
  g_autoptr (JsonNode) node = attachment != NULL ? floo_json_parse (attachment, strlen (attachment), NULL) : NULL;
  const char *url = node != NULL ? floo_json_get_string (floo_json_node_object (node), "url") : NULL;
  g_autoptr (GUri) uri = url != NULL ? g_uri_parse (url, G_URI_FLAGS_ENCODED_QUERY, NULL) : NULL;
  const char *text = uri != NULL ? g_uri_get_query (uri) : NULL;
  g_autoptr (GHashTable) query = text != NULL ? g_uri_parse_params (text, -1, "&", G_URI_PARAMS_NONE, NULL) : NULL;
  const char *sign = query != NULL ? g_hash_table_lookup (query, "file_sign") : NULL;

  if (sign == NULL && query != NULL)
    sign = g_hash_table_lookup (query, "sign");
  return g_strdup (sign);
}

static void
on_message_found (FlooStore *store, gpointer data, const GError *error)
{
  Forward *forward = data;
  FlooAccount *account = forward->files->account;
  g_autofree char *sign = floo_forward_dup_sign (forward->attachment);

  if (error != NULL)
    fail (forward, error);
  else if (forward->known != 0)
    answer_known (forward);
  else if (sign == NULL)
    send_on (forward, forward->attachment); /* no file, or one that anybody can fetch */
  else if (floo_call_check_online (account, forward->reply, forward->user_data))
    floo_forward_ask_address (forward->files, sign, forward->to_type, forward->to, floo_account_get_cancellable (account), on_address,
                              forward);
  else
    forward_free (forward);
}

static void
keep_message (const FlooMessage *message, gpointer user_data)
{
  Forward *forward = user_data;

  forward->type = message->type;
  forward->content = g_strdup (message->content);
  forward->attachment = g_strdup (message->attachment);
}

gboolean
floo_forward_check_type (gint64 message, int type, GError **error)
{
  if (type < FLOO_N_TYPES && type != FLOO_TYPE_COMMAND && type != FLOO_TYPE_RTC)
    return TRUE;
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "Message %" G_GINT64_FORMAT " is of a type that cannot be forwarded", message);
  return FALSE;
}

static gboolean
run_find_message (FlooDb *db, gpointer data, GError **error)
{
  Forward *forward = data;
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, forward->identity, -1);

  /* It was sent before, so whether it could be sent now does not matter. */
  if (forward->token != NULL && !floo_tokens_find (db, forward->token, digest, &forward->known, error))
    return FALSE;
  if (forward->known != 0)
    return TRUE;
  if (!floo_recipient_resolve (db, forward->to, &forward->to_type, error)
      || !floo_messages_get (db, forward->message, keep_message, forward, error))
    return FALSE;
  return floo_forward_check_type (forward->message, forward->type, error);
}

/* The arguments that belong to a token. Without the address, which is another one each time. */
static char *
identity_of (const Forward *forward, const char *to_type)
{
  const char *const extras[][2] = { { "ext", forward->ext }, { "config", forward->config } };
  GString *identity = g_string_new (NULL);

  g_string_append_printf (identity, "forward %" G_GINT64_FORMAT " %s %" G_GINT64_FORMAT, forward->message, to_type, forward->to);
  for (guint i = 0; i < G_N_ELEMENTS (extras); i++)
    if (extras[i][1] != NULL)
      g_string_append_printf (identity, " %s %" G_GSIZE_FORMAT " %s", extras[i][0], strlen (extras[i][1]), extras[i][1]);
  if (forward->not_before != 0)
    g_string_append_printf (identity, " not_before %" G_GINT64_FORMAT, forward->not_before);
  return g_string_free (identity, FALSE);
}

void
floo_files_forward (FlooFiles *self, gint64 message, const char *to_type, gint64 to, const FlooSendOptions *options, FlooReply reply,
                    gpointer user_data)
{
  FlooToType kind;
  Forward *forward;

  if (!floo_call_check_account (self->account, reply, user_data) || !floo_recipient_check (to_type, &kind, reply, user_data)
      || !floo_outbox_call_check_options (options, reply, user_data))
    return;
  forward = g_new0 (Forward, 1);
  floo_account_ref (self->account);
  forward->files = self;
  forward->message = message;
  forward->to_type = kind;
  forward->to = to;
  forward->token = g_strdup (options->token);
  forward->ext = g_strdup (options->ext);
  forward->config = floo_outbox_call_dup_config (options);
  forward->not_before = options->not_before;
  forward->identity = identity_of (forward, to_type);
  forward->reply = reply;
  forward->user_data = user_data;
  floo_job_read (self->account, run_find_message, on_message_found, forward, NULL);
}
