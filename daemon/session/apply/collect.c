/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collect.c: gathers the results of a batch: messages in runs, events in order, counts once per conversation. Store thread.
 */
#include "session/apply/batch.h"

#include "base/names.h"
#include "store/tables/conversations.h"
#include "store/tables/journal.h"

gint64
floo_inbound_uid (const Floo__XID *xid)
{
  return xid != NULL ? (gint64) xid->uid : 0;
}

static gboolean
flush_run (FlooApply *apply, GError **error)
{
  FlooSignal signal = apply->run_to_type == FLOO_TO_GROUP ? FLOO_SIGNAL_GROUP_MESSAGES : FLOO_SIGNAL_ROSTER_MESSAGES;
  gboolean ok;

  if (apply->run_ids->len == 0)
    return TRUE;
  ok = floo_journal_append_sized (apply->db, signal, g_variant_new ("(" FLOO_MESSAGES_TYPE ")", &apply->run), apply->run_bytes,
                                  apply->run_stored ? (const gint64 *) (void *) apply->run_ids->data : NULL,
                                  apply->run_stored ? apply->run_ids->len : 0, error);
  g_variant_builder_init (&apply->run, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));
  g_array_set_size (apply->run_ids, 0);
  apply->run_bytes = 0;
  return ok;
}

gboolean
floo_apply_flush (FlooApply *apply, GError **error)
{
  return flush_run (apply, error) && floo_apply_flush_append (apply, error) && floo_apply_flush_receipts (apply, error);
}

gboolean
floo_apply_message (FlooApply *apply, gint64 conversation, FlooToType to_type, gint64 id, gboolean stored, GVariant *message,
                    gsize bytes, GError **error)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (message);

  if (!floo_apply_flush_append (apply, error) || !floo_apply_flush_receipts (apply, error))
    return FALSE;
  if (apply->run_ids->len > 0
      && (apply->run_conversation != conversation || apply->run_to_type != to_type || apply->run_stored != stored
          || apply->run_ids->len >= FLOO_SIGNAL_MESSAGES || apply->run_bytes + bytes > FLOO_SIGNAL_BYTES)
      && !flush_run (apply, error))
    return FALSE;
  apply->run_conversation = conversation;
  apply->run_to_type = to_type;
  apply->run_stored = stored;
  apply->run_bytes += bytes;
  g_variant_builder_add_value (&apply->run, owned);
  g_array_append_val (apply->run_ids, id);
  return TRUE;
}

gboolean
floo_apply_event_refs (FlooApply *apply, FlooSignal signal, GVariant *body, const gint64 *refs, guint n, GError **error)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (body);

  return floo_apply_flush (apply, error) && floo_journal_append (apply->db, signal, owned, refs, n, error);
}

gboolean
floo_apply_event (FlooApply *apply, FlooSignal signal, GVariant *body, GError **error)
{
  return floo_apply_event_refs (apply, signal, body, NULL, 0, error);
}

FlooChange *
floo_apply_change (FlooApply *apply, gint64 conversation, FlooConversationType type, GError **error)
{
  FlooChange *change = g_hash_table_lookup (apply->changes, &conversation);
  guint before;

  if (change != NULL)
    return change;
  if (!floo_conversations_get_unread (apply->db, conversation, &before, error))
    return NULL;
  change = g_new0 (FlooChange, 1);
  change->id = conversation;
  change->type = type;
  change->before = before;
  g_hash_table_insert (apply->changes, &change->id, change);
  g_array_append_val (apply->order, conversation);
  return change;
}

void
floo_apply_change_clear (FlooChange *change)
{
  change->touched = change->listed = change->mentioned = FALSE;
  change->unread = 0;
  change->last_id = change->last_timestamp = 0;
}

gboolean
floo_apply_counts (FlooApply *apply, GError **error)
{
  for (guint i = 0; i < apply->order->len; i++)
    {
      FlooChange *change = g_hash_table_lookup (apply->changes, &g_array_index (apply->order, gint64, i));

      if (!change->touched)
        continue;
      if (!floo_conversations_touch (apply->db, change->id, change->type, change->listed, change->unread, change->mentioned,
                                     change->last_id, change->last_timestamp, error))
        return FALSE;
      apply->list_changed |= change->listed;
      floo_apply_change_clear (change);
    }
  return TRUE;
}

gboolean
floo_apply_finish (FlooApply *apply, GError **error)
{
  if (!floo_apply_flush (apply, error) || !floo_apply_counts (apply, error))
    return FALSE;
  for (guint i = 0; i < apply->order->len; i++)
    {
      const FlooChange *change = g_hash_table_lookup (apply->changes, &g_array_index (apply->order, gint64, i));
      guint unread;

      if (!floo_conversations_get_unread (apply->db, change->id, &unread, error))
        return FALSE;
      if (unread != change->before
          && !floo_journal_append (apply->db, FLOO_SIGNAL_UNREAD_CHANGE, g_variant_new ("(xu)", change->id, unread), NULL, 0, error))
        return FALSE;
    }
  return !apply->list_changed || floo_conversations_list_changed (apply->db);
}
