/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * accept.c: calls that put rows into the outbox: messages and read acknowledgements; and typing, which is sent directly.
 *
 * A call is answered when its rows are on the disk. Rows that may be sent at once are marked so in the same transaction, and their frames follow the reply.
 */
#include "session/outbox/call.h"

#include <string.h>

#include "base/backoff.h"
#include "base/byte-order.h"
#include "base/json.h"
#include "base/names.h"
#include "session/job/recipient.h"
#include "session/job/job.h"
#include "session/outbox/parts.h"
#include "session/apply/status.h"
#include "store/tables/contacts.h"
#include "store/tables/conversations.h"
#include "store/tables/journal.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"
#include "store/tables/recipient.h"
#include "store/tables/tokens.h"

/* Limits of a notification's text. */
#define MAX_NAMES 5u
#define PREVIEW_CHARS 200u

/* ---- Send ---- */

typedef struct {
  FlooOutboxCall base;
  FlooOutboxRow row;
  char *content, *ext, *config, *attachment;
  char *token;
  char *digest;
  char *sender;                 /* (nullable): our user name, where the message says who sends it */
} SendQuery;

static void
send_query_free (gpointer data)
{
  SendQuery *query = data;

  g_free (query->content);
  g_free (query->ext);
  g_free (query->config);
  g_free (query->attachment);
  g_free (query->token);
  g_free (query->digest);
  g_free (query->sender);
  floo_outbox_call_free (query);
}

/* The nickname; without one the user name, @fallback where the details do not have it. Returns: (transfer full) */
static char *
get_name (FlooDb *db, gint64 user, const char *fallback, GError **error)
{
  static const char *const fields[] = { "nick_name", "username" };
  g_autoptr (GVariant) details = NULL;
  const char *name;

  if (!floo_contacts_get_one (db, FLOO_CONTACT_USER, &floo_record_roster_item, user, &details, error))
    return NULL;
  for (gsize i = 0; details != NULL && i < G_N_ELEMENTS (fields); i++)
    if (g_variant_lookup (details, fields[i], "&s", &name) && *name != '\0')
      return g_strdup (name);
  return g_strdup (fallback);
}

/* " @Bob @Carol", at most MAX_NAMES. Returns: (transfer full) */
static char *
get_mentioned_names (FlooDb *db, JsonObject *config, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);
  JsonArray *users = floo_json_get_array (config, "mentionList");
  guint n = users != NULL ? json_array_get_length (users) : 0;
  gboolean all;

  if (floo_json_get_bool (config, "mentionAll", &all) && all)
    g_string_append (names, " @all");
  for (guint i = 0; i < MIN (n, MAX_NAMES); i++)
    {
      gint64 user = json_array_get_int_element (users, i);
      g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, user);
      g_autofree char *name = get_name (db, user, id, error);

      if (name == NULL)
        return NULL;
      g_string_append_printf (names, " @%s", name);
    }
  return g_string_free (g_steal_pointer (&names), FALSE);
}

/* The beginning of the text. Returns: (transfer full) */
static char *
preview (const char *text)
{
  const char *end = text;
  guint n = 0;

  while (*end != '\0' && n++ < PREVIEW_CHARS)
    end = g_utf8_next_char (end);
  return *end == '\0' ? g_strdup (text) : g_strdup_printf ("%.*s...", (int) (end - text), text);
}

/* Returns: (transfer full): @config, an object, with the sender's name and the notifications' texts that it does not have */
static char *
complete_mention (FlooDb *db, const char *config, const char *content, const char *username, GError **error)
{
  g_autofree char *name = get_name (db, floo_db_get_user_id (db), username, error);
  g_autoptr (JsonNode) node = name != NULL ? floo_json_parse (config, strlen (config), error) : NULL;
  JsonObject *object = node != NULL ? floo_json_node_object (node) : NULL;
  g_autofree char *names = object != NULL ? get_mentioned_names (db, object, error) : NULL;
  g_autofree char *text = preview (content);
  g_autofree char *mentioned = NULL;
  g_autofree char *push = NULL;

  if (names == NULL)
    return NULL;
  mentioned = g_strdup_printf ("%s%s: %s", name, names, text);
  push = g_strdup_printf ("%s: %s", name, text);
  json_object_set_string_member (object, "senderNickname", name);
  if (!json_object_has_member (object, "mentionedMessage"))
    json_object_set_string_member (object, "mentionedMessage", mentioned);
  if (!json_object_has_member (object, "pushMessage"))
    json_object_set_string_member (object, "pushMessage", push);
  return floo_json_to_text (node);
}

static gboolean
run_send (FlooDb *db, gpointer data, GError **error)
{
  SendQuery *query = data;
  FlooOutboxRow *row = &query->row;
  g_autofree char *with_sender = NULL;
  gint64 known = 0;

  row->config = query->config;

  if (query->token != NULL && !floo_tokens_find (db, query->token, query->digest, &known, error))
    return FALSE;
  if (known != 0)
    {
      query->base.call.result = g_variant_ref_sink (g_variant_new ("(x)", known));
      return TRUE;
    }
  if (!floo_recipient_resolve (db, row->to, &row->to_type, error))
    return FALSE;
  if (query->sender != NULL)
    {
      with_sender = complete_mention (db, row->config, row->content, query->sender, error);
      if (with_sender == NULL)
        return FALSE;
      row->config = with_sender;
    }
  if (!floo_outbox_next_client_id (db, &row->client_id, error))
    return FALSE;
  row->timestamp = floo_now_ms ();
  row->state = FLOO_SEND_QUEUED;
  if ((query->token != NULL && !floo_tokens_add (db, query->token, query->digest, row->client_id, error))
      || !floo_outbox_insert (db, row, error)
      || !floo_status_journal_accepted (db, row, error)
      || !floo_conversations_list_changed (db))
    return FALSE;
  return floo_outbox_call_finish (db, &query->base, row->client_id, error);
}

static void
on_sent (FlooStore *store, gpointer data, const GError *error)
{
  const SendQuery *query = data;

  floo_outbox_call_done (store, data, error);
  if (error == NULL && query->row.not_before != 0)
    floo_sender_look_at_schedule (query->base.sender);
}

static gboolean
check_send (const FlooSendRequest *request, FlooToType *to_type, int *type, FlooReply reply, gpointer user_data)
{
  if (!floo_recipient_check (request->to_type, to_type, reply, user_data))
    return FALSE;
  if (request->to <= 0)
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "to must be an id greater than 0, not %" G_GINT64_FORMAT,
                        request->to);
      return FALSE;
    }
  if (!floo_message_type_from_string (request->type, type))
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "\"%s\" is not a message type", request->type);
      return FALSE;
    }
  if (*type == FLOO_TYPE_TEXT && *request->content == '\0')
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "The text is empty");
      return FALSE;
    }
  return floo_outbox_call_check_text ("content", request->content, FLOO_MAX_CONTENT, reply, user_data)
         && floo_outbox_call_check_options (&request->options, reply, user_data)
         && floo_outbox_call_check_text ("attachment", request->attachment, FLOO_MAX_EXTRA, reply, user_data)
         && floo_outbox_call_check_json ("attachment", request->attachment, reply, user_data);
}

/* Of all properties of the message; a missing text differs from an empty one. */
static char *
digest_of (const FlooSendRequest *request, const char *config)
{
  if (request->identity != NULL)
    return g_compute_checksum_for_string (G_CHECKSUM_SHA256, request->identity, -1);
  return floo_variant_digest (g_variant_new ("(sxssmsmsmsux)", request->to_type, request->to, request->type, request->content,
                                             request->options.ext, config, request->attachment, request->priority,
                                             request->options.not_before));
}

void
floo_sender_send (FlooSender *self, const FlooSendRequest *request, FlooReply reply, gpointer user_data)
{
  FlooToType to_type;
  int type;
  SendQuery *query;

  if (!floo_call_check_account (self->account, reply, user_data) || !check_send (request, &to_type, &type, reply, user_data))
    return;
  query = floo_outbox_call_new (sizeof *query, self, reply, user_data);
  query->row.conversation = query->row.to = request->to;
  query->row.to_type = to_type;
  query->row.type = type;
  query->row.content = query->content = g_strdup (request->content);
  query->row.ext = query->ext = g_strdup (request->options.ext);
  query->row.config = query->config = floo_outbox_call_dup_config (&request->options);
  query->row.attachment = query->attachment = g_strdup (request->attachment);
  query->row.priority = request->priority;
  query->row.not_before = floo_outbox_call_get_time (self->account, &request->options);
  query->token = g_strdup (request->options.token);
  query->digest = query->token != NULL ? digest_of (request, query->config) : NULL;
  query->sender = request->is_mention ? g_strdup (floo_account_get_username (self->account)) : NULL;
  floo_job_write (self->account, run_send, on_sent, query, send_query_free);
}

/* ---- SendMention, SendLocation ---- */

/* Sends @request with @node as its @member (config or attachment). */
static void
send_with_json (FlooSender *self, FlooSendRequest *request, const char **member, JsonNode *node, FlooReply reply, gpointer user_data)
{
  g_autofree char *text = floo_json_to_text (node);

  *member = text;
  floo_sender_send (self, request, reply, user_data);
}

void
floo_sender_send_mention (FlooSender *self, const FlooMentionRequest *request, FlooReply reply, gpointer user_data)
{
  FlooSendRequest message = { .to_type = "group", .to = request->group, .type = "text", .content = request->content,
                              .options = request->options, .is_mention = TRUE };
  const char *given = request->options.config;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *config;

  if (request->n_users == 0 && !request->all)
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "Nobody is mentioned: users is empty and all is false");
      return;
    }
  if (!floo_outbox_call_check_options (&request->options, reply, user_data))
    return;
  node = floo_json_parse (given != NULL && *given != '\0' ? given : "{}", given != NULL && *given != '\0' ? strlen (given) : 2, NULL);
  config = floo_json_node_object (node);
  json_object_set_boolean_member (config, "mentionAll", request->all);
  json_object_set_array_member (config, "mentionList", floo_json_array_from_ints (request->users, request->n_users));
  if (request->mentioned_message != NULL)
    json_object_set_string_member (config, "mentionedMessage", request->mentioned_message);
  send_with_json (self, &message, &message.options.config, node, reply, user_data);
}

void
floo_sender_send_location (FlooSender *self, const char *to_type, gint64 to, double latitude, double longitude, const char *address,
                           const FlooSendOptions *options, FlooReply reply, gpointer user_data)
{
  FlooSendRequest request = { .to_type = to_type, .to = to, .type = "location", .content = "", .options = *options };
  JsonObject *attachment = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), attachment);

  json_object_unref (attachment);
  /* NaN must fail, too. */
  if (!(latitude >= -90 && latitude <= 90) || !(longitude >= -180 && longitude <= 180))
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS,
                        "latitude is -90 to 90 and longitude -180 to 180 degrees, not %g and %g", latitude, longitude);
      return;
    }
  json_object_set_double_member (attachment, "lat", latitude);
  json_object_set_double_member (attachment, "lon", longitude);
  json_object_set_string_member (attachment, "addr", address);
  send_with_json (self, &request, &request.attachment, node, reply, user_data);
}

/* ---- SetTyping ---- */

typedef struct {
  FlooCall call;
  FlooSender *sender;
  gint64 user;
  gboolean typing;
  gint64 client_id;
} TypingQuery;

static gboolean
run_typing (FlooDb *db, gpointer data, GError **error)
{
  return floo_outbox_next_client_id (db, &((TypingQuery *) data)->client_id, error);
}

static void
on_typing_done (FlooStore *store, gpointer data, const GError *error)
{
  TypingQuery *query = data;
  FlooAccount *account = query->call.account;

  if (error == NULL && !floo_account_is_online (account))
    {
      floo_call_check_online (account, query->call.reply, query->call.user_data);
      return;
    }
  if (error == NULL)
    floo_sender_send_typing (query->sender, query->client_id, query->user, query->typing);
  floo_call_done (store, query, error);
}

void
floo_sender_set_typing (FlooSender *self, gint64 user, gboolean typing, FlooReply reply, gpointer user_data)
{
  TypingQuery *query;

  if (!floo_call_check_online (self->account, reply, user_data))
    return;
  if (user <= 0)
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "user must be an id greater than 0, not %" G_GINT64_FORMAT, user);
      return;
    }
  query = floo_call_new (sizeof *query, self->account, reply, user_data);
  query->sender = self;
  query->user = user;
  query->typing = typing;
  floo_job_write (self->account, run_typing, on_typing_done, query, floo_call_free);
}

/* ---- MarkRead ---- */

typedef struct {
  FlooOutboxCall base;
  gint64 conversation;
  gint64 message;
  gboolean only;
} ReadQuery;

/* Acknowledges reading to each sender who requested it, then to our other devices. */
static gboolean
queue_read (FlooDb *db, const ReadQuery *query, FlooToType to_type, const GArray *read, gint64 last, gint64 *client_id, GError **error)
{
  for (guint i = 0; i < read->len; i++)
    {
      const FlooUnreadMessage *unread = &g_array_index (read, FlooUnreadMessage, i);

      if (unread->wants_ack
          && !floo_outbox_call_queue (db, FLOO_OPERATION_READ_ACK, query->conversation, to_type, unread->from,
                                      unread->id, NULL, client_id, error))
        return FALSE;
    }
  return query->only
         || floo_outbox_call_queue (db, FLOO_OPERATION_READ_ALL, query->conversation, to_type, floo_db_get_user_id (db),
                                    last, NULL, client_id, error);
}

typedef struct {
  gint64 conversation;
  FlooUnreadMessage unread;
  gboolean is_unread;
} OneMessage;

static void
keep_one (const FlooMessage *message, gpointer user_data)
{
  OneMessage *one = user_data;

  one->conversation = message->conversation;
  one->unread.id = message->id;
  one->unread.from = message->from;
  one->unread.wants_ack = message->to_type == FLOO_TO_ROSTER
                          || floo_json_text_has_member (message->config, "groupMemberList");
  one->is_unread = (message->flags & FLOO_MESSAGE_OUTGOING) == 0 && message->status < FLOO_STATUS_READ;
}

/* Marks messages of the conversation as read in the store. */
static gboolean
mark_read (FlooDb *db, const ReadQuery *query, GArray *read, gint64 *last, GError **error)
{
  OneMessage one = { 0 };
  gboolean changed;
  gint64 conversation;

  if (!query->only && query->message == 0)
    return floo_messages_read_up_to (db, query->conversation, 0, read, last, error);
  if (!floo_messages_get (db, query->message, keep_one, &one, error))
    return FALSE;
  if (one.conversation != query->conversation)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "Message %" G_GINT64_FORMAT " is not in conversation %" G_GINT64_FORMAT,
                   query->message, query->conversation);
      return FALSE;
    }
  if (!query->only)
    return floo_messages_read_up_to (db, query->conversation, query->message, read, last, error);
  *last = query->message;
  if (!one.is_unread)
    return TRUE;
  g_array_append_val (read, one.unread);
  return floo_messages_set_status (db, query->message, FLOO_STATUS_READ, &changed, &conversation, error);
}

static gboolean
run_mark_read (FlooDb *db, gpointer data, GError **error)
{
  ReadQuery *query = data;
  g_autoptr (GArray) read = g_array_new (FALSE, FALSE, sizeof (FlooUnreadMessage));
  FlooConversationType type;
  gint64 last = 0, client_id = 0;
  guint unread;

  if (!floo_conversations_get_type (db, query->conversation, &type, error) || !mark_read (db, query, read, &last, error))
    return FALSE;
  if (read->len > 0
      && (!queue_read (db, query, floo_conversation_to_type (type), read, last, &client_id, error)
          || !floo_conversations_get_unread (db, query->conversation, &unread, error)
          || !floo_journal_append (db, FLOO_SIGNAL_UNREAD_CHANGE, g_variant_new ("(xu)", query->conversation, unread), NULL, 0, error)
          || !floo_journal_append (db, FLOO_SIGNAL_MESSAGE_STATUS_CHANGED,
                                   g_variant_new ("(xx@a{sv})", query->conversation, last,
                                                  floo_message_status_details (FLOO_STATUS_READ, query->only ? NULL : "up_to")),
                                   NULL, 0, error)))
    return FALSE;
  return floo_outbox_call_finish (db, &query->base, client_id, error);
}

void
floo_sender_mark_read (FlooSender *self, gint64 conversation, gint64 message, gboolean only, FlooReply reply, gpointer user_data)
{
  ReadQuery *query;

  if (!floo_call_check_account (self->account, reply, user_data))
    return;
  if (conversation < 0 || message < 0 || (only && message == 0))
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS,
                        only && message == 0 ? "The option only needs a message" : "conversation and message must not be negative");
      return;
    }
  query = floo_outbox_call_new (sizeof *query, self, reply, user_data);
  query->conversation = conversation;
  query->message = message;
  query->only = only;
  floo_outbox_call_run (query, run_mark_read, floo_outbox_call_free);
}
