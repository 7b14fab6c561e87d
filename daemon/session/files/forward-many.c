/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forward-many.c: forwards several messages to several recipients, all or none.
 *
 * First the messages are read, then the service is asked for an address of each file for each of its new readers, then all copies are put
 * into the outbox in one transaction, with consecutive numbers, so that the first number is enough to keep with the caller's token.
 */
#include "session/files/parts.h"

#include <string.h>

#include "base/backoff.h"
#include "base/byte-order.h"
#include "base/json.h"
#include "base/names.h"
#include "session/apply/status.h"
#include "session/job/recipient.h"
#include "session/outbox/call.h"
#include "store/tables/conversations.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"
#include "store/tables/recipient.h"
#include "store/tables/tokens.h"

/* What every application allows; for more its configuration is requested. */
#define LEAST_MESSAGES 100
#define LEAST_TARGETS 20
/* Limits of one call: messages in all, and their bytes. */
#define MAX_COPIES 2000u
#define MAX_BYTES (32u << 20)
/* How many addresses are requested at a time, and how long all may take. */
#define MAX_REQUESTS 8
#define LIMIT_MS 20000

/* A message that is forwarded. */
typedef struct {
  int type;
  char *content;
  char *attachment;
  char *sign;                   /* (nullable): the service's id of its file; NULL: it has none, or one that anybody can fetch */
} Source;

typedef struct {
  FlooToType to_type;
  gint64 to;
} Target;

typedef struct {
  FlooOutboxCall base;
  FlooFiles *files;
  GArray *messages;             /* gint64 */
  GArray *targets;              /* Target */
  char *token, *digest;         /* (nullable) */
  char *ext, *config;
  gint64 not_before;            /* as it is stored */
  gint64 first;                 /* number of the first one; 0: not known yet */
  GPtrArray *sources;           /* Source */
  char **attachments;           /* of each copy, NULL: its source's */
  FlooStore *store;             /* (nullable): that they were read from */
  /* Asking for addresses: */
  guint next, pending;
  guint timer;
  GCancellable *cancellable, *calls;    /* of the requests; of the account's calls, which a logout ends */
  gulong handler;
  GError *error;
} Many;

typedef struct {
  Many *many;
  guint copy;
} Request;

static void
source_free (gpointer data)
{
  Source *source = data;

  g_free (source->content);
  g_free (source->attachment);
  g_free (source->sign);
  g_free (source);
}

static guint
count_copies (const Many *many)
{
  return many->messages->len * many->targets->len;
}

static void
many_free (gpointer data)
{
  Many *many = data;

  g_clear_handle_id (&many->timer, g_source_remove);
  g_cancellable_disconnect (many->calls, many->handler);
  g_object_unref (many->calls);
  g_clear_object (&many->store);
  for (guint i = 0; many->attachments != NULL && i < count_copies (many); i++)
    g_free (many->attachments[i]);
  g_free (many->attachments);
  g_array_unref (many->messages);
  g_array_unref (many->targets);
  g_ptr_array_unref (many->sources);
  g_free (many->token);
  g_free (many->digest);
  g_free (many->ext);
  g_free (many->config);
  g_object_unref (many->cancellable);
  g_clear_error (&many->error);
  floo_outbox_call_free (many);
}

/* Copies are in the order of the targets, and for each in that of the messages. */
static const Source *
source_of (const Many *many, guint copy)
{
  return g_ptr_array_index (many->sources, copy % many->messages->len);
}

static const Target *
target_of (const Many *many, guint copy)
{
  return &g_array_index (many->targets, Target, copy / many->messages->len);
}

static GVariant *
result_of (const Many *many)
{
  GVariantBuilder ids = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("ax"));

  for (guint i = 0; i < count_copies (many); i++)
    g_variant_builder_add (&ids, "x", many->first + i);
  return g_variant_new ("(ax)", &ids);
}

/* Consumes it. */
static void
fail (Many *many, const GError *error)
{
  many->base.call.reply (NULL, error, many->base.call.user_data);
  many_free (many);
}

/* ---- into the outbox ---- */

static gboolean
put_copy (FlooDb *db, const Many *many, guint copy, GError **error)
{
  const Source *source = source_of (many, copy);
  const Target *target = target_of (many, copy);
  const char *attachment = many->attachments[copy] != NULL ? many->attachments[copy] : source->attachment;
  const FlooOutboxRow row = { .client_id = many->first + copy, .conversation = target->to, .to_type = target->to_type, .to = target->to,
                              .type = source->type, .content = source->content, .attachment = attachment, .ext = many->ext,
                              .config = many->config, .timestamp = floo_now_ms (), .state = FLOO_SEND_QUEUED,
                              .not_before = many->not_before };

  return floo_outbox_insert (db, &row, error) && floo_status_journal_accepted (db, &row, error);
}

static gboolean
run_put (FlooDb *db, gpointer data, GError **error)
{
  Many *many = data;
  const guint n = count_copies (many);

  many->first = 0;
  if (many->token != NULL && !floo_tokens_find (db, many->token, many->digest, &many->first, error))
    return FALSE;
  if (many->first == 0)
    {
      if (!floo_outbox_next_client_ids (db, n, &many->first, error)
          || (many->token != NULL && !floo_tokens_add (db, many->token, many->digest, many->first, error)))
        return FALSE;
      for (guint i = 0; i < n; i++)
        if (!put_copy (db, many, i, error))
          return FALSE;
      if (!floo_conversations_list_changed (db) || !floo_outbox_call_finish (db, &many->base, many->first, error))
        return FALSE;
    }
  g_clear_pointer (&many->base.call.result, g_variant_unref);
  many->base.call.result = g_variant_ref_sink (result_of (many));
  return TRUE;
}

static void
on_put (FlooStore *store, gpointer data, const GError *error)
{
  const Many *many = data;

  floo_outbox_call_done (store, data, error);
  if (error == NULL && many->not_before != 0)
    floo_sender_look_at_schedule (many->files->sender);
}

/* ---- addresses ---- */

static void go_on (Many *many);

static void
stop_asking (Many *many, GError *error)
{
  if (many->error != NULL)
    {
      g_error_free (error);
      return;
    }
  many->error = error;
  g_cancellable_cancel (many->cancellable);
}

static gboolean
on_limit (gpointer user_data)
{
  Many *many = user_data;

  many->timer = 0;
  stop_asking (many, g_error_new (FLOO_ERROR, FLOO_ERROR_TIMEOUT, "The service did not give an address for each file within %d s: nothing is sent",
                                  LIMIT_MS / 1000));
  return G_SOURCE_REMOVE;
}

static void
on_address (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Request *request = user_data;
  Many *many = request->many;
  GError *error = NULL;
  g_autofree char *attachment = floo_forward_finish_address (source, result, source_of (many, request->copy)->attachment, &error);

  many->pending--;
  if (attachment == NULL)
    stop_asking (many, error);
  else
    many->attachments[request->copy] = g_steal_pointer (&attachment);
  go_on (many);
}

static void
ask_for_addresses (Many *many)
{
  for (; many->error == NULL && many->next < count_copies (many) && many->pending < MAX_REQUESTS; many->next++)
    {
      const Source *source = source_of (many, many->next);
      const Target *target = target_of (many, many->next);
      Request *request;

      if (source->sign == NULL)
        continue;
      request = g_new (Request, 1);
      *request = (Request){ many, many->next };
      many->pending++;
      floo_forward_ask_address (many->files, source->sign, target->to_type, target->to, many->cancellable, on_address, request);
    }
}

/* The next requests; when all are answered the rows. May consume it. */
static void
go_on (Many *many)
{
  if (!floo_account_is_current (many->files->account, many->store))
    stop_asking (many, g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The account was closed"));
  ask_for_addresses (many);
  if (many->pending > 0)
    return;
  g_clear_handle_id (&many->timer, g_source_remove);
  if (many->error != NULL)
    fail (many, many->error);
  else
    floo_job_write (many->files->account, run_put, on_put, many, many_free);
}

static gboolean
has_files (const Many *many)
{
  for (guint i = 0; i < many->sources->len; i++)
    if (((const Source *) g_ptr_array_index (many->sources, i))->sign != NULL)
      return TRUE;
  return FALSE;
}

/* Consumes it. */
static void
begin (Many *many)
{
  many->attachments = g_new0 (char *, count_copies (many));
  if (has_files (many) && !floo_call_check_online (many->files->account, many->base.call.reply, many->base.call.user_data))
    {
      many_free (many);
      return;
    }
  many->timer = g_timeout_add (LIMIT_MS, on_limit, many);
  go_on (many);
}

/* ---- the application's limits ---- */

static gboolean
check_limit (const char *what, guint n, JsonObject *config, const char *key, gint64 least, GError **error)
{
  gint64 limit = 0;

  if (config == NULL || !floo_json_get_int (config, key, &limit))
    limit = least;
  limit = MAX (limit, least);
  if (n <= limit)
    return TRUE;
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_LIMIT_REACHED, "The application lets at most %" G_GINT64_FORMAT " %s be forwarded at once, not %u", limit,
               what, n);
  return FALSE;
}

static void
on_config (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Many *many = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  JsonObject *config = answer != NULL ? floo_json_node_object (answer->data) : NULL;

  if (error != NULL
      || !check_limit ("messages", many->messages->len, config, "message_forward_max_message_num", LEAST_MESSAGES, &error)
      || !check_limit ("targets", many->targets->len, config, "message_forward_max_user_num", LEAST_TARGETS, &error))
    fail (many, error);
  else
    begin (many);
}

/* ---- reading the messages ---- */

typedef struct {
  Many *many;
  gsize bytes;
} Reading;

static void
keep_source (const FlooMessage *message, gpointer user_data)
{
  Reading *reading = user_data;
  Source *source = g_new0 (Source, 1);

  source->type = message->type;
  source->content = g_strdup (message->content);
  source->attachment = g_strdup (message->attachment);
  source->sign = floo_forward_dup_sign (message->attachment);
  reading->bytes += strlen (message->content) + (message->attachment != NULL ? strlen (message->attachment) : 0);
  g_ptr_array_add (reading->many->sources, source);
}

static gboolean
read_sources (FlooDb *db, Many *many, GError **error)
{
  Reading reading = { many, 0 };

  for (guint i = 0; i < many->messages->len; i++)
    {
      const gint64 id = g_array_index (many->messages, gint64, i);

      if (!floo_messages_get (db, id, keep_source, &reading, error)
          || !floo_forward_check_type (id, ((const Source *) g_ptr_array_index (many->sources, i))->type, error))
        return FALSE;
    }
  if (reading.bytes * many->targets->len <= MAX_BYTES)
    return TRUE;
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_TOO_LARGE, "The messages have %zu bytes in all, which is too much for %u targets: at most %u bytes in a call",
               reading.bytes, many->targets->len, MAX_BYTES);
  return FALSE;
}

static gboolean
run_read (FlooDb *db, gpointer data, GError **error)
{
  Many *many = data;

  many->first = 0;
  g_ptr_array_set_size (many->sources, 0);
  /* They were sent before, so whether they could be sent now does not matter. */
  if (many->token != NULL && !floo_tokens_find (db, many->token, many->digest, &many->first, error))
    return FALSE;
  if (many->first != 0)
    return TRUE;
  for (guint i = 0; i < many->targets->len; i++)
    {
      Target *target = &g_array_index (many->targets, Target, i);

      if (!floo_recipient_resolve (db, target->to, &target->to_type, error))
        return FALSE;
    }
  return read_sources (db, many, error);
}

static void
on_read (FlooStore *store, gpointer data, const GError *error)
{
  static const char *const query[] = { "platform", "6", NULL };
  Many *many = data;
  FlooAccount *account = many->files->account;

  g_set_object (&many->store, store);
  if (error != NULL)
    fail (many, error);
  else if (many->first != 0)
    {
      many->base.call.reply (result_of (many), NULL, many->base.call.user_data);
      many_free (many);
    }
  else if (many->messages->len <= LEAST_MESSAGES && many->targets->len <= LEAST_TARGETS)
    begin (many);
  else if (floo_call_check_online (account, many->base.call.reply, many->base.call.user_data))
    floo_rest_call_async (floo_account_get_rest (account), "GET", "/app/config", query, NULL, FLOO_REST_NO_TOKEN,
                          floo_account_get_cancellable (account), on_config, many);
  else
    many_free (many);
}

/* ---- the call ---- */

/* Of the arguments that belong to the token. */
static char *
digest_of (const FlooForwardRequest *request, const char *config)
{
  return floo_variant_digest (g_variant_new ("(s@ax@a(sx)msmsx)", "forward", request->messages, request->targets, request->options.ext, config,
                                             request->options.not_before));
}

static gboolean
take_targets (GVariant *targets, GArray *out, FlooReply reply, gpointer user_data)
{
  GVariantIter iter;
  const char *to_type;
  Target target;

  g_variant_iter_init (&iter, targets);
  while (g_variant_iter_next (&iter, "(&sx)", &to_type, &target.to))
    {
      if (!floo_recipient_check (to_type, &target.to_type, reply, user_data))
        return FALSE;
      if (target.to <= 0)
        {
          floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "targets must have ids greater than 0, not %" G_GINT64_FORMAT,
                            target.to);
          return FALSE;
        }
      g_array_append_val (out, target);
    }
  return TRUE;
}

static gboolean
check_numbers (gsize n_messages, gsize n_targets, FlooReply reply, gpointer user_data)
{
  if (n_messages > 0 && n_targets > 0 && n_messages <= MAX_COPIES && n_targets <= MAX_COPIES / n_messages)
    return TRUE;
  if (n_messages == 0 || n_targets == 0)
    floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "%s is empty", n_messages == 0 ? "messages" : "targets");
  else
    floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "messages times targets must be at most %u, not %zu times %zu", MAX_COPIES,
                      n_messages, n_targets);
  return FALSE;
}

static void
on_calls_cancelled (GCancellable *calls, gpointer requests)
{
  g_cancellable_cancel (requests);
}

void
floo_files_forward_many (FlooFiles *self, const FlooForwardRequest *request, FlooReply reply, gpointer user_data)
{
  g_autoptr (GArray) targets = g_array_new (FALSE, FALSE, sizeof (Target));
  gsize n;
  const gint64 *messages = g_variant_get_fixed_array (request->messages, &n, sizeof *messages);
  Many *many;

  if (!floo_call_check_account (self->account, reply, user_data)
      || !check_numbers (n, g_variant_n_children (request->targets), reply, user_data)
      || !take_targets (request->targets, targets, reply, user_data) || !floo_outbox_call_check_options (&request->options, reply, user_data))
    return;
  many = floo_outbox_call_new (sizeof *many, self->sender, reply, user_data);
  many->files = self;
  many->messages = g_array_sized_new (FALSE, FALSE, sizeof (gint64), (guint) n);
  g_array_append_vals (many->messages, messages, (guint) n);
  many->targets = g_steal_pointer (&targets);
  many->sources = g_ptr_array_new_with_free_func (source_free);
  many->cancellable = g_cancellable_new ();
  many->calls = g_object_ref (floo_account_get_cancellable (self->account));
  many->handler = g_cancellable_connect (many->calls, G_CALLBACK (on_calls_cancelled), many->cancellable, NULL);
  many->ext = g_strdup (request->options.ext);
  many->config = floo_outbox_call_dup_config (&request->options);
  many->token = g_strdup (request->options.token);
  many->digest = many->token != NULL ? digest_of (request, many->config) : NULL;
  many->not_before = floo_outbox_call_get_time (self->account, &request->options);
  floo_job_read (self->account, run_read, on_read, many, NULL);
}
