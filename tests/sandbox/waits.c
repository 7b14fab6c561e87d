/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "waits.h"

#include <string.h>

#include "base/json.h"
#include "trace.h"

#define DEFAULT_TIMEOUT_MS 10000

typedef gboolean (*Condition) (Sandbox *sandbox, JsonObject *body);

typedef struct {
  Sandbox *sandbox;
  SoupServerMessage *msg;
  gulong finished;
  JsonObject *body;
  Condition condition;
  guint timeout;
} Wait;

struct _SbWaits {
  GPtrArray *pending;   /* Wait */
  guint check;          /* source */
};

static void
wait_free (Wait *wait)
{
  g_clear_handle_id (&wait->timeout, g_source_remove);
  g_signal_handler_disconnect (wait->msg, wait->finished);
  g_object_unref (wait->msg);
  json_object_unref (wait->body);
  g_free (wait);
}

SbWaits *
sb_waits_new (Sandbox *sandbox)
{
  SbWaits *waits = g_new0 (SbWaits, 1);

  waits->pending = g_ptr_array_new_with_free_func ((GDestroyNotify) wait_free);
  return waits;
}

void
sb_waits_free (SbWaits *waits)
{
  g_clear_handle_id (&waits->check, g_source_remove);
  g_ptr_array_unref (waits->pending);
  g_free (waits);
}

/* ---- conditions ---- */

static SbUser *
named_user (Sandbox *sandbox, JsonObject *body)
{
  const char *name = floo_json_get_string (body, "user");
  gint64 id;

  if (floo_json_get_int (body, "user", &id))
    return sb_state_user (sandbox->state, id);
  return name == NULL ? NULL : sb_state_user_by_name (sandbox->state, name);
}

static guint
n_connected (SbUser *user)
{
  guint n = 0;

  for (guint i = 0; i < user->devices->len; i++)
    n += ((SbDevice *) user->devices->pdata[i])->connection != NULL;
  return n;
}

static gint64
number (JsonObject *body, const char *name, gint64 otherwise)
{
  gint64 value;

  return floo_json_get_int (body, name, &value) ? value : otherwise;
}

static gboolean
is_connected (Sandbox *sandbox, JsonObject *body)
{
  SbUser *user = named_user (sandbox, body);

  return user != NULL && n_connected (user) >= number (body, "count", 1);
}

static gboolean
is_disconnected (Sandbox *sandbox, JsonObject *body)
{
  SbUser *user = named_user (sandbox, body);

  return user == NULL || n_connected (user) == 0;
}

static gboolean
are_accepted (Sandbox *sandbox, JsonObject *body)
{
  SbUser *user = named_user (sandbox, body);
  gboolean operations = FALSE;

  floo_json_get_bool (body, "operations", &operations);
  return sb_trace_n_accepted (sandbox, user == NULL ? 0 : user->id, number (body, "conversation", 0), number (body, "since", 0),
                              operations)
         >= number (body, "count", 1);
}

static gboolean
are_violated (Sandbox *sandbox, JsonObject *body)
{
  return sb_trace_n_violations (sandbox) >= number (body, "count", 1);
}

static gboolean
device_has_all (SbDevice *device, SbInbox *inbox, gboolean acknowledged)
{
  SbPosition *position = sb_device_position (device, inbox->conversation);

  for (guint i = sb_messages_after (inbox->queue, acknowledged ? position->acked : position->sent); i < inbox->queue->len; i++)
    if (sb_device_wants (device, inbox->queue->pdata[i]))
      return FALSE;
  return TRUE;
}

/* Whether every connected device of the user was sent everything, or has acknowledged it, in one conversation or in all. */
static gboolean
devices_have_all (Sandbox *sandbox, JsonObject *body, gboolean acknowledged)
{
  SbUser *user = named_user (sandbox, body);
  gint64 conversation = number (body, "conversation", -1);
  GHashTableIter iter;
  gpointer value;

  if (user == NULL || n_connected (user) == 0)
    return FALSE;
  g_hash_table_iter_init (&iter, user->inboxes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      SbInbox *inbox = value;

      if (conversation >= 0 && inbox->conversation != conversation)
        continue;
      for (guint i = 0; i < user->devices->len; i++)
        {
          SbDevice *device = user->devices->pdata[i];

          if (device->connection != NULL && !device_has_all (device, inbox, acknowledged))
            return FALSE;
        }
    }
  return TRUE;
}

static gboolean
is_sent (Sandbox *sandbox, JsonObject *body)
{
  return devices_have_all (sandbox, body, FALSE);
}

static gboolean
is_delivered (Sandbox *sandbox, JsonObject *body)
{
  return devices_have_all (sandbox, body, TRUE);
}

static gboolean
is_requested (Sandbox *sandbox, JsonObject *body)
{
  const char *path = floo_json_get_string (body, "path");
  g_autoptr (JsonArray) requests = sb_trace_requests (sandbox);
  gint64 n = 0;

  for (guint i = 0; i < json_array_get_length (requests); i++)
    n += path == NULL
         || strcmp (json_object_get_string_member (json_array_get_object_element (requests, i), "path"), path) == 0;
  return n >= number (body, "count", 1);
}

static const struct {
  const char *name;
  Condition condition;
} conditions[] = {
  { "connected", is_connected }, { "disconnected", is_disconnected }, { "accepted", are_accepted },
  { "violations", are_violated }, { "delivered", is_delivered },      { "request", is_requested },
  { "sent", is_sent },
};

/* ---- waiting ---- */

static void
answer (SoupServerMessage *msg, gboolean ok)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_boolean_member (object, "ok", ok);
  if (!ok)
    json_object_set_string_member (object, "error", "timeout");
  json_node_take_object (root, object);
  sb_answer_json (msg, ok ? SOUP_STATUS_OK : SOUP_STATUS_REQUEST_TIMEOUT, root);
}

static void
end_wait (Wait *wait, gboolean ok)
{
  g_autoptr (SoupServerMessage) msg = g_object_ref (wait->msg);

  answer (msg, ok);
  g_ptr_array_remove_fast (wait->sandbox->waits->pending, wait);
  soup_server_message_unpause (msg);
}

static gboolean
on_check (gpointer user_data)
{
  Sandbox *sandbox = user_data;
  SbWaits *waits = sandbox->waits;

  waits->check = 0;
  for (guint i = waits->pending->len; i > 0; i--)
    {
      Wait *wait = waits->pending->pdata[i - 1];

      if (wait->condition (sandbox, wait->body))
        end_wait (wait, TRUE);
    }
  return G_SOURCE_REMOVE;
}

void
sb_waits_check (Sandbox *sandbox)
{
  SbWaits *waits = sandbox->waits;

  if (waits->pending->len > 0 && waits->check == 0)
    waits->check = g_idle_add (on_check, sandbox);
}

static gboolean
on_timeout (gpointer user_data)
{
  Wait *wait = user_data;

  wait->timeout = 0;
  end_wait (wait, wait->condition (wait->sandbox, wait->body));
  return G_SOURCE_REMOVE;
}

static void
on_finished (SoupServerMessage *msg, gpointer user_data)
{
  Wait *wait = user_data;

  g_ptr_array_remove_fast (wait->sandbox->waits->pending, wait);
}

gboolean
sb_waits_add (Sandbox *sandbox, SoupServerMessage *msg, JsonObject *body, GError **error)
{
  const char *name = floo_json_get_string (body, "for");
  Condition condition = NULL;
  Wait *wait;

  for (gsize i = 0; i < G_N_ELEMENTS (conditions); i++)
    if (g_strcmp0 (name, conditions[i].name) == 0)
      condition = conditions[i].condition;
  if (condition == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "for: connected, disconnected, accepted, sent, delivered, request or violations");
      return FALSE;
    }
  if (condition (sandbox, body))
    {
      answer (msg, TRUE);
      return TRUE;
    }
  wait = g_new0 (Wait, 1);
  *wait = (Wait) { sandbox, g_object_ref (msg), 0, json_object_ref (body), condition, 0 };
  wait->finished = g_signal_connect (msg, "finished", G_CALLBACK (on_finished), wait);
  wait->timeout = g_timeout_add ((guint) number (body, "timeout_ms", DEFAULT_TIMEOUT_MS), on_timeout, wait);
  g_ptr_array_add (sandbox->waits->pending, wait);
  soup_server_message_pause (msg);
  return TRUE;
}
