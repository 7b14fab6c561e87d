/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace.h"

#include "base/message.h"
#include "waits.h"
#include "wire/frame.h"

#define MAX_REQUESTS 1000
#define MAX_VIOLATIONS 1000

struct _SbTrace {
  GQueue violations;    /* JsonObject */
  guint n_violations;   /* all of them, also those that have been dropped */
  GQueue requests;      /* JsonObject */
};

SbTrace *
sb_trace_new (void)
{
  SbTrace *trace = g_new0 (SbTrace, 1);

  g_queue_init (&trace->violations);
  g_queue_init (&trace->requests);
  return trace;
}

void
sb_trace_free (SbTrace *trace)
{
  g_queue_clear_full (&trace->violations, (GDestroyNotify) json_object_unref);
  g_queue_clear_full (&trace->requests, (GDestroyNotify) json_object_unref);
  g_free (trace);
}

static void
keep (GQueue *queue, guint max, JsonObject *entry)
{
  g_queue_push_tail (queue, entry);
  if (g_queue_get_length (queue) > max)
    json_object_unref (g_queue_pop_head (queue));
}

static JsonArray *
listed (GQueue *queue)
{
  JsonArray *array = json_array_new ();

  for (GList *l = queue->head; l != NULL; l = l->next)
    json_array_add_object_element (array, json_object_ref (l->data));
  return array;
}

void
sb_trace_violation (Sandbox *sandbox, gint64 user, const char *format, ...)
{
  SbTrace *trace = sandbox->trace;
  JsonObject *entry = json_object_new ();
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  json_object_set_int_member (entry, "time", sb_now ());
  json_object_set_int_member (entry, "user", user);
  json_object_set_string_member (entry, "what", what);
  trace->n_violations++;
  keep (&trace->violations, MAX_VIOLATIONS, entry);
  sb_trace_log (sandbox, "violation by %" G_GINT64_FORMAT ": %s", user, what);
}

guint
sb_trace_n_violations (Sandbox *sandbox)
{
  return sandbox->trace->n_violations;
}

JsonArray *
sb_trace_violations (Sandbox *sandbox)
{
  return listed (&sandbox->trace->violations);
}

void
sb_trace_clear_violations (Sandbox *sandbox)
{
  g_queue_clear_full (&sandbox->trace->violations, (GDestroyNotify) json_object_unref);
  sandbox->trace->n_violations = 0;
}

void
sb_trace_rest (Sandbox *sandbox, const char *method, const char *path, gint64 user, int code)
{
  JsonObject *entry = json_object_new ();

  json_object_set_int_member (entry, "time", sb_now ());
  json_object_set_string_member (entry, "method", method);
  json_object_set_string_member (entry, "path", path);
  json_object_set_int_member (entry, "user", user);
  json_object_set_int_member (entry, "code", code);
  keep (&sandbox->trace->requests, MAX_REQUESTS, entry);
  sb_trace_log (sandbox, "%s %s by %" G_GINT64_FORMAT ": %d", method, path, user, code);
  sb_waits_check (sandbox);
}

JsonArray *
sb_trace_requests (Sandbox *sandbox)
{
  return listed (&sandbox->trace->requests);
}

void
sb_trace_log (Sandbox *sandbox, const char *format, ...)
{
  va_list args;
  g_autofree char *line = NULL;

  if (!sandbox->verbose)
    return;
  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("sandbox: %s\n", line);
}

static gboolean
matches (const SbMessage *message, gint64 user, gint64 conversation, gboolean operations)
{
  if (message->client_mid == 0 || (!operations && !sb_message_is_message (message)))
    return FALSE;
  if (user != 0 && message->from != user && message->to != user)
    return FALSE;
  return conversation == 0 || message->to == conversation;
}

static JsonObject *
describe (const SbMessage *message)
{
  JsonObject *entry = json_object_new ();

  json_object_set_int_member (entry, "server_mid", message->id);
  json_object_set_int_member (entry, "client_mid", message->client_mid);
  json_object_set_int_member (entry, "from", message->from);
  json_object_set_int_member (entry, "device", message->from_device);
  json_object_set_int_member (entry, "to", message->to);
  json_object_set_int_member (entry, "timestamp", message->timestamp);
  json_object_set_string_member (entry, "content", message->content);
  json_object_set_string_member (entry, "type", floo_message_type_to_string (message->ctype));
  if (!sb_message_is_message (message))
    json_object_set_string_member (entry, "operation",
                                   floo_wire_enum_name (&floo__message_operation__op_type__descriptor, message->op));
  if (message->op_mid != 0)
    json_object_set_int_member (entry, "mid", message->op_mid);
  if (message->config != NULL)
    json_object_set_string_member (entry, "config", message->config);
  if (message->attachment != NULL)
    json_object_set_string_member (entry, "attachment", message->attachment);
  if (message->ext != NULL)
    json_object_set_string_member (entry, "ext", message->ext);
  json_object_set_int_member (entry, "duplicates", message->duplicates);
  json_object_set_int_member (entry, "deliveries", message->deliveries);
  return entry;
}

JsonArray *
sb_trace_accepted (Sandbox *sandbox, gint64 user, gint64 conversation, gint64 since, gboolean operations)
{
  GPtrArray *messages = sandbox->state->messages;
  JsonArray *found = json_array_new ();

  for (guint i = sb_messages_after (messages, since); i < messages->len; i++)
    if (matches (messages->pdata[i], user, conversation, operations))
      json_array_add_object_element (found, describe (messages->pdata[i]));
  return found;
}

guint
sb_trace_n_accepted (Sandbox *sandbox, gint64 user, gint64 conversation, gint64 since, gboolean operations)
{
  GPtrArray *messages = sandbox->state->messages;
  guint n = 0;

  for (guint i = sb_messages_after (messages, since); i < messages->len; i++)
    n += matches (messages->pdata[i], user, conversation, operations);
  return n;
}
