/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversations.c: im.floo.Daemon1.Conversations */
#include "base/names.h"
#include "bus/interface.h"
#include "dbus-info.h"

static const char *const conversation_types[] = { "roster", "group", "system", NULL };

static const FlooOption list_options[] = {
  { .key = "pinned_first", .type = 'b' },
  { .key = "unread", .type = 'b' },
  { .key = "type", .type = 's', .choices = conversation_types },
  { NULL }
};

static const FlooOption get_messages_options[] = {
  { .key = "before", .type = 'x', .min = 1, .max = G_MAXINT64 },
  { .key = "after", .type = 'x', .min = 1, .max = G_MAXINT64 },
  { .key = "around", .type = 'x', .min = 1, .max = G_MAXINT64 },
  { .key = "limit", .type = 'u', .min = 1, .max = FLOO_MAX_LIMIT, .fallback = 50 },
  { .key = "local", .type = 'b' },
  { NULL }
};

/* Bounds of a future time in ms: a lower number is probably in seconds. */
#define MIN_TIME G_GINT64_CONSTANT (1000000000000)
#define MAX_TIME G_GINT64_CONSTANT (4102444800000)

/* Options of all methods that send. */
#define SEND_OPTIONS                                                                                                                       \
  { .key = "ext", .type = 's' }, { .key = "config", .type = 's' }, { .key = "silent", .type = 'b' },                                       \
      { .key = "push_text", .type = 's', .max = FLOO_MAX_ARGUMENT }, \
      { .key = "not_before", .type = 'x', .min = MIN_TIME, .max = MAX_TIME }, \
  { \
    .key = "token", .type = 's' \
  }

static const FlooOption send_options[] = {
  SEND_OPTIONS,
  { .key = "attachment", .type = 's' },
  { .key = "priority", .type = 'u' },
  { NULL }
};

static const FlooOption send_mention_options[] = {
  SEND_OPTIONS,
  { .key = "mentioned_message", .type = 's', .max = FLOO_MAX_ARGUMENT },
  { NULL }
};

static const FlooOption send_file_options[] = {
  SEND_OPTIONS,
  { .key = "width", .type = 'u', .min = 1, .max = 1 << 20 },
  { .key = "height", .type = 'u', .min = 1, .max = 1 << 20 },
  { .key = "duration", .type = 'u', .max = G_MAXINT32 },
  { NULL }
};

static const FlooOption plain_send_options[] = { SEND_OPTIONS, { NULL } };

static const FlooOption append_options[] = {
  { .key = "ext", .type = 's' },
  { .key = "finish", .type = 'b' },
  { NULL }
};

static const FlooOption replace_options[] = {
  { .key = "config", .type = 's' },
  { .key = "ext", .type = 's' },
  { NULL }
};

static const FlooOption local_options[] = {
  { .key = "local", .type = 'b' },
  { NULL }
};

static const FlooOption mark_read_options[] = {
  { .key = "only", .type = 'b' },
  { NULL }
};

static const char *const message_types[]
    = { "text", "image", "audio", "video", "file", "location", "command", "forward", "rtc", NULL };

static const FlooOption search_options[] = {
  { .key = "conversation", .type = 'x', .min = 0, .max = G_MAXINT64, .fallback = -1 },
  { .key = "type", .type = 's', .choices = message_types },
  { .key = "from", .type = 'x', .min = 0, .max = G_MAXINT64, .fallback = -1 },
  { .key = "since", .type = 'x', .min = 0, .max = G_MAXINT64 },
  { .key = "until", .type = 'x', .min = 0, .max = G_MAXINT64, .fallback = G_MAXINT64 },
  { .key = "limit", .type = 'u', .min = 1, .max = FLOO_MAX_LIMIT, .fallback = 50 },
  { .key = "before", .type = 'x', .min = 1, .max = G_MAXINT64 },
  { NULL }
};

static const FlooBusBound bounds[] = {
  { .arg = "limit", .min = 1, .max = FLOO_MAX_LIMIT },
  { .arg = "conversation", .min = 0, .max = G_MAXINT64 },
  { .arg = "message", .min = 0, .max = G_MAXINT64 },
  { .arg = "from", .min = 0, .max = G_MAXINT64 },
  { .arg = "id", .min = 1, .max = G_MAXINT64 },
  { .arg = "to", .min = 1, .max = G_MAXINT64 },
  { .arg = "user", .min = 1, .max = G_MAXINT64 },
  { .arg = "group", .min = 1, .max = G_MAXINT64 },
  { .arg = "users", .min = 1, .max = G_MAXINT64, .max_n = 1000 },
  { .arg = "messages", .min = 1, .max = G_MAXINT64, .max_n = 1000 },
  { .arg = "client_id", .min = 1, .max = G_MAXINT64 },
  { NULL }
};

static void
handle_list (const FlooBusCall *call)
{
  const char *cursor;
  guint limit;

  g_variant_get (call->args, "(&su@a{sv})", &cursor, &limit, NULL);
  floo_session_list_conversations (call->session, cursor, limit, floo_options_get_boolean (call->options, "pinned_first"),
                                   floo_options_get_boolean (call->options, "unread"), floo_options_get_string (call->options, "type"), floo_bus_reply, call->invocation);
}

static void
handle_get (const FlooBusCall *call)
{
  gint64 id;

  g_variant_get (call->args, "(x)", &id);
  floo_session_get_conversation (call->session, id, floo_bus_reply, call->invocation);
}

static void
handle_get_messages (const FlooBusCall *call)
{
  static const struct {
    const char *key;
    FlooMessagesKind kind;
  } anchors[] = { { "before", FLOO_MESSAGES_BEFORE }, { "after", FLOO_MESSAGES_AFTER }, { "around", FLOO_MESSAGES_AROUND } };
  FlooMessagesKind kind = FLOO_MESSAGES_NEWEST;
  gint64 conversation, anchor = 0;

  for (guint i = 0; i < G_N_ELEMENTS (anchors); i++)
    if (floo_options_is_given (call->options, anchors[i].key))
      {
        if (kind != FLOO_MESSAGES_NEWEST)
          {
            floo_reply_error (floo_bus_reply, call->invocation, FLOO_ERROR_INVALID_ARGUMENTS,
                              "Only one of the options before, after and around may be given");
            return;
          }
        kind = anchors[i].kind;
        anchor = floo_options_get_number (call->options, anchors[i].key);
      }
  g_variant_get (call->args, "(x@a{sv})", &conversation, NULL);
  floo_session_get_messages (call->session, conversation, kind, anchor, (guint) floo_options_get_number (call->options, "limit"),
                             floo_options_get_boolean (call->options, "local"), floo_bus_reply, call->invocation);
}

static void
handle_fetch_history (const FlooBusCall *call)
{
  gint64 conversation, from;
  guint limit;

  g_variant_get (call->args, "(xxu)", &conversation, &from, &limit);
  floo_session_fetch_history (call->session, conversation, from, limit, floo_bus_reply, call->invocation);
}

static void
handle_get_message (const FlooBusCall *call)
{
  gint64 id;

  g_variant_get (call->args, "(x)", &id);
  floo_session_get_message (call->session, id, floo_bus_reply, call->invocation);
}

static void
handle_get_readers (const FlooBusCall *call)
{
  gint64 message;

  g_variant_get (call->args, "(x)", &message);
  floo_session_get_readers (call->session, message, floo_bus_reply, call->invocation);
}

/* Converts SEND_OPTIONS to the session's struct. */
static FlooSendOptions
send_options_of (const FlooBusCall *call)
{
  return (FlooSendOptions){
    .ext = floo_options_get_string (call->options, "ext"),
    .config = floo_options_get_string (call->options, "config"),
    .push_text = floo_options_get_string (call->options, "push_text"),
    .silent = floo_options_get_boolean (call->options, "silent"),
    .token = floo_options_get_string (call->options, "token"),
    .not_before = floo_options_get_number (call->options, "not_before"),
  };
}

static void
handle_send (const FlooBusCall *call)
{
  FlooSendRequest request = {
    .options = send_options_of (call),
    .attachment = floo_options_get_string (call->options, "attachment"),
    .priority = (guint) floo_options_get_number (call->options, "priority"),
  };

  g_variant_get (call->args, "(&sx&s&s@a{sv})", &request.to_type, &request.to, &request.type, &request.content, NULL);
  floo_session_send (call->session, &request, floo_bus_reply, call->invocation);
}

static void
handle_send_text (const FlooBusCall *call)
{
  FlooSendRequest request = { .type = "text" };

  g_variant_get (call->args, "(&sx&s)", &request.to_type, &request.to, &request.content);
  floo_session_send (call->session, &request, floo_bus_reply, call->invocation);
}

static void
handle_send_mention (const FlooBusCall *call)
{
  g_autoptr (GVariant) users = NULL;
  FlooMentionRequest request = {
    .options = send_options_of (call),
    .mentioned_message = floo_options_get_string (call->options, "mentioned_message"),
  };
  gsize n;

  g_variant_get (call->args, "(x&s@axb@a{sv})", &request.group, &request.content, &users, &request.all, NULL);
  request.users = g_variant_get_fixed_array (users, &n, sizeof *request.users);
  request.n_users = (guint) n;
  floo_session_send_mention (call->session, &request, floo_bus_reply, call->invocation);
}

static void
handle_send_location (const FlooBusCall *call)
{
  const FlooSendOptions options = send_options_of (call);
  const char *to_type, *address;
  gint64 to;
  double latitude, longitude;

  g_variant_get (call->args, "(&sxdd&s@a{sv})", &to_type, &to, &latitude, &longitude, &address, NULL);
  floo_session_send_location (call->session, to_type, to, latitude, longitude, address, &options, floo_bus_reply, call->invocation);
}

static void
handle_send_file (const FlooBusCall *call)
{
  FlooSendFileRequest request = {
    .fd = floo_bus_call_take_fd (call, 3),
    .width = (guint) floo_options_get_number (call->options, "width"),
    .height = (guint) floo_options_get_number (call->options, "height"),
    .duration = (guint) floo_options_get_number (call->options, "duration"),
    .options = send_options_of (call),
  };

  if (request.fd < 0)
    return;
  g_variant_get (call->args, "(&sx&sh&s@a{sv})", &request.to_type, &request.to, &request.type, NULL, &request.name, NULL);
  floo_session_send_file (call->session, &request, floo_bus_reply, call->invocation);
}

static void
handle_forward (const FlooBusCall *call)
{
  const FlooSendOptions options = send_options_of (call);
  const char *to_type;
  gint64 message, to;

  g_variant_get (call->args, "(x&sx@a{sv})", &message, &to_type, &to, NULL);
  floo_session_forward (call->session, message, to_type, to, &options, floo_bus_reply, call->invocation);
}

static gboolean
check_targets (GVariant *targets, GError **error)
{
  GVariantIter iter;
  const char *to_type;

  g_variant_iter_init (&iter, targets);
  while (g_variant_iter_next (&iter, "(&sx)", &to_type, NULL))
    if (!floo_text_check_size (to_type, "to_type in targets", FLOO_MAX_ARGUMENT, error))
      return FALSE;
  return TRUE;
}

static void
handle_forward_many (const FlooBusCall *call)
{
  g_autoptr (GVariant) messages = NULL;
  g_autoptr (GVariant) targets = NULL;
  g_autoptr (GError) error = NULL;
  FlooForwardRequest request = { .options = send_options_of (call) };

  g_variant_get (call->args, "(@ax@a(sx)@a{sv})", &messages, &targets, NULL);
  if (!check_targets (targets, &error))
    {
      floo_bus_reply (NULL, error, call->invocation);
      return;
    }
  request.messages = messages;
  request.targets = targets;
  floo_session_forward_many (call->session, &request, floo_bus_reply, call->invocation);
}

static void
handle_set_typing (const FlooBusCall *call)
{
  gint64 user;
  gboolean typing;

  g_variant_get (call->args, "(xb)", &user, &typing);
  floo_session_set_typing (call->session, user, typing, floo_bus_reply, call->invocation);
}

static void
handle_mark_read (const FlooBusCall *call)
{
  gint64 conversation, message;

  g_variant_get (call->args, "(xx@a{sv})", &conversation, &message, NULL);
  floo_session_mark_read (call->session, conversation, message, floo_options_get_boolean (call->options, "only"), floo_bus_reply,
                          call->invocation);
}

/* Recall, MarkUnread and MarkPlayed have only a message as argument. */
static void
operate (const FlooBusCall *call, FlooOperation operation)
{
  gint64 message;

  g_variant_get (call->args, "(x)", &message);
  floo_session_operate (call->session, operation, message, NULL, floo_bus_reply, call->invocation);
}

static void
handle_mark_unread (const FlooBusCall *call)
{
  operate (call, FLOO_OPERATION_READ_CANCEL);
}

static void
handle_mark_played (const FlooBusCall *call)
{
  operate (call, FLOO_OPERATION_PLAY_ACK);
}

static void
handle_recall (const FlooBusCall *call)
{
  operate (call, FLOO_OPERATION_RECALL);
}

static void
handle_delete_message (const FlooBusCall *call)
{
  gint64 message;

  g_variant_get (call->args, "(x@a{sv})", &message, NULL);
  if (floo_options_get_boolean (call->options, "local"))
    floo_session_delete_message_here (call->session, message, floo_bus_reply, call->invocation);
  else
    floo_session_operate (call->session, FLOO_OPERATION_DELETE, message, NULL, floo_bus_reply, call->invocation);
}

static void
handle_append (const FlooBusCall *call)
{
  FlooEdit edit = { .ext = floo_options_get_string (call->options, "ext"), .finish = floo_options_get_boolean (call->options, "finish") };
  gint64 message;

  g_variant_get (call->args, "(x&s@a{sv})", &message, &edit.content, NULL);
  floo_session_operate (call->session, FLOO_OPERATION_APPEND, message, &edit, floo_bus_reply, call->invocation);
}

static void
handle_replace (const FlooBusCall *call)
{
  FlooEdit edit = { .config = floo_options_get_string (call->options, "config"), .ext = floo_options_get_string (call->options, "ext") };
  gint64 message;

  g_variant_get (call->args, "(x&s@a{sv})", &message, &edit.content, NULL);
  floo_session_operate (call->session, FLOO_OPERATION_REPLACE, message, &edit, floo_bus_reply, call->invocation);
}

static void
handle_delete (const FlooBusCall *call)
{
  gboolean other_devices, local = floo_options_get_boolean (call->options, "local");
  gint64 conversation;

  g_variant_get (call->args, "(xb@a{sv})", &conversation, &other_devices, NULL);
  if (other_devices && local)
    {
      floo_reply_error (floo_bus_reply, call->invocation, FLOO_ERROR_INVALID_ARGUMENTS, "other_devices and the option local exclude each other");
      return;
    }
  floo_session_delete_conversation (call->session, conversation,
                                    local ? FLOO_DELETE_LOCAL : other_devices ? FLOO_DELETE_EVERYWHERE : FLOO_DELETE_HERE, floo_bus_reply,
                                    call->invocation);
}

static void
handle_clear (const FlooBusCall *call)
{
  gint64 conversation;

  g_variant_get (call->args, "(x)", &conversation);
  floo_session_delete_conversation (call->session, conversation, FLOO_DELETE_CLEAR, floo_bus_reply, call->invocation);
}

static void
handle_set_draft (const FlooBusCall *call)
{
  const char *to_type, *text;
  gint64 conversation;

  g_variant_get (call->args, "(x&s&s)", &conversation, &to_type, &text);
  floo_session_set_draft (call->session, conversation, to_type, text, floo_bus_reply, call->invocation);
}

static void
handle_search (const FlooBusCall *call)
{
  FlooSearchRequest request = {
    .conversation = floo_options_get_number (call->options, "conversation"),
    .from = floo_options_get_number (call->options, "from"),
    .type = floo_options_get_string (call->options, "type"),
    .since = floo_options_get_number (call->options, "since"),
    .until = floo_options_get_number (call->options, "until"),
    .limit = (guint) floo_options_get_number (call->options, "limit"),
    .before = floo_options_get_number (call->options, "before"),
  };

  g_variant_get (call->args, "(&s@a{sv})", &request.text, NULL);
  floo_session_search (call->session, &request, floo_bus_reply, call->invocation);
}

static void
handle_list_outbox (const FlooBusCall *call)
{
  const char *cursor;
  guint limit;

  g_variant_get (call->args, "(&su)", &cursor, &limit);
  floo_session_list_outbox (call->session, cursor, limit, floo_bus_reply, call->invocation);
}

static void
handle_resend (const FlooBusCall *call)
{
  gint64 client_id;

  g_variant_get (call->args, "(x)", &client_id);
  floo_session_resend (call->session, client_id, floo_bus_reply, call->invocation);
}

static void
handle_cancel_send (const FlooBusCall *call)
{
  gint64 client_id;

  g_variant_get (call->args, "(x)", &client_id);
  floo_session_cancel_send (call->session, client_id, floo_bus_reply, call->invocation);
}

static void
handle_find (const FlooBusCall *call)
{
  const char *text;
  guint limit;

  g_variant_get (call->args, "(&su)", &text, &limit);
  floo_session_find (call->session, text, limit, floo_bus_reply, call->invocation);
}

static const FlooBusMethod methods[] = {
  { "Find", handle_find },
  { "List", handle_list, list_options },
  { "Get", handle_get },
  { "GetMessages", handle_get_messages, get_messages_options },
  { "FetchHistory", handle_fetch_history },
  { "GetMessage", handle_get_message },
  { "GetReaders", handle_get_readers },
  { "Send", handle_send, send_options },
  { "SendText", handle_send_text },
  { "SendMention", handle_send_mention, send_mention_options },
  { "SendLocation", handle_send_location, plain_send_options },
  { "SendFile", handle_send_file, send_file_options },
  { "Forward", handle_forward, plain_send_options },
  { "ForwardMany", handle_forward_many, plain_send_options },
  { "SetTyping", handle_set_typing },
  { "MarkRead", handle_mark_read, mark_read_options },
  { "MarkUnread", handle_mark_unread },
  { "MarkPlayed", handle_mark_played },
  { "Recall", handle_recall },
  { "DeleteMessage", handle_delete_message, local_options },
  { "Append", handle_append, append_options },
  { "Replace", handle_replace, replace_options },
  { "Delete", handle_delete, local_options },
  { "Clear", handle_clear },
  { "SetDraft", handle_set_draft },
  { "Search", handle_search, search_options },
  { "ListOutbox", handle_list_outbox },
  { "Resend", handle_resend },
  { "CancelSend", handle_cancel_send },
};

const FlooBusTable floo_bus_conversations = {
  .info = &im_floo_daemon1_conversations_interface,
  .version = 1,
  .methods = methods,
  .n_methods = G_N_ELEMENTS (methods),
  .bounds = bounds,
};
