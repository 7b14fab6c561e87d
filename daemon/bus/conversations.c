/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversations.c: im.floo.Daemon1.Conversations */
#include "base/names.h"
#include "bus/interface.h"
#include "dbus-info.h"

static const char *const conversation_types[] = { "roster", "group", "system", NULL };

static const FlooOption list_options[] = {
  { .key = "pinned_first", .type = 'b' },
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

static const FlooOption send_options[] = {
  { .key = "ext", .type = 's' },
  { .key = "config", .type = 's' },
  { .key = "attachment", .type = 's' },
  { .key = "priority", .type = 'u' },
  { .key = "token", .type = 's' },
  { NULL }
};

static const FlooOption mark_read_options[] = {
  { .key = "only", .type = 'b' },
  { NULL }
};

static const FlooBusBound bounds[] = {
  { .arg = "limit", .min = 1, .max = FLOO_MAX_LIMIT },
  { .arg = "conversation", .min = 0, .max = G_MAXINT64 },
  { .arg = "message", .min = 0, .max = G_MAXINT64 },
  { .arg = "id", .min = 1, .max = G_MAXINT64 },
  { .arg = "to", .min = 1, .max = G_MAXINT64 },
  { .arg = "user", .min = 1, .max = G_MAXINT64 },
  { NULL }
};

static void
handle_list (const FlooBusCall *call)
{
  const char *cursor;
  guint limit;

  g_variant_get (call->args, "(&su@a{sv})", &cursor, &limit, NULL);
  floo_session_list_conversations (call->session, cursor, limit, floo_options_get_boolean (call->options, "pinned_first"),
                                   floo_options_get_string (call->options, "type"), floo_bus_reply, call->invocation);
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
handle_get_message (const FlooBusCall *call)
{
  gint64 id;

  g_variant_get (call->args, "(x)", &id);
  floo_session_get_message (call->session, id, floo_bus_reply, call->invocation);
}

static void
handle_send (const FlooBusCall *call)
{
  FlooSendRequest request = {
    .ext = floo_options_get_string (call->options, "ext"),
    .config = floo_options_get_string (call->options, "config"),
    .attachment = floo_options_get_string (call->options, "attachment"),
    .priority = (guint) floo_options_get_number (call->options, "priority"),
    .token = floo_options_get_string (call->options, "token"),
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

static const FlooBusMethod methods[] = {
  { "List", handle_list, list_options },
  { "Get", handle_get },
  { "GetMessages", handle_get_messages, get_messages_options },
  { "GetMessage", handle_get_message },
  { "Send", handle_send, send_options },
  { "SendText", handle_send_text },
  { "SetTyping", handle_set_typing },
  { "MarkRead", handle_mark_read, mark_read_options },
};

const FlooBusTable floo_bus_conversations = {
  .info = &im_floo_daemon1_conversations_interface,
  .version = 1,
  .methods = methods,
  .n_methods = G_N_ELEMENTS (methods),
  .bounds = bounds,
};
