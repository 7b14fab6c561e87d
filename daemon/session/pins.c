/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pins.c: conversations that are kept at the top; the service knows them, so that all of a user's devices do.
 */
#include "base/json.h"
#include "session/operations.h"
#include "store/conversations.h"
#include "store/journal.h"

static gboolean
list_event (FlooDb *db, gboolean changed, GError **error)
{
  return !changed || floo_journal_append (db, FLOO_SIGNAL_RECENT_LIST_UPDATE, g_variant_new ("()"), NULL, 0, error);
}

static gboolean
pin (FlooDb *db, FlooOperationCall *call, gboolean pinned, GError **error)
{
  gboolean changed;
  gint64 conversation;

  g_variant_get_child (call->args, 0, "x", &conversation);
  return floo_conversations_pin (db, conversation, pinned, &changed, error) && list_event (db, changed, error);
}

gboolean
floo_effect_pin (FlooDb *db, FlooOperationCall *call, GError **error)
{
  return pin (db, call, TRUE, error);
}

gboolean
floo_effect_unpin (FlooDb *db, FlooOperationCall *call, GError **error)
{
  return pin (db, call, FALSE, error);
}

/* ---- what other devices pinned ---- */

static gboolean
run_take_pins (FlooDb *db, gpointer data, GError **error)
{
  const GArray *ids = data;
  gboolean changed;

  return floo_conversations_set_pinned (db, (const gint64 *) (void *) ids->data, ids->len, &changed, error)
         && list_event (db, changed, error);
}

static void
on_pins (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooSession) session = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  JsonArray *list = answer != NULL ? floo_json_get_array (floo_json_node_object (answer->data), "conversation_ids") : NULL;
  GArray *ids;

  if (answer == NULL)
    {
      if (!floo_error_is_cancelled (error))
        g_message ("the pinned conversations could not be fetched: %s", error->message);
      return;
    }
  ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
    {
      gint64 id;

      if (floo_json_node_int (json_array_get_element (list, i), &id) && id >= 0)
        g_array_append_val (ids, id);
    }
  floo_session_write (session, run_take_pins, NULL, ids, (GDestroyNotify) g_array_unref);
}

void
floo_pins_load (FlooSession *session)
{
  floo_rest_call_async (session->rest, "GET", "/user/conversation/pin_list", NULL, NULL, FLOO_REST_NONE, session->cancellable, on_pins,
                        g_object_ref (session));
}
