/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * batch.c: applies received frames. All of it runs on the store's writer thread, inside one transaction a batch; session/apply/batch.h has the parts.
 */
#include "session/apply/batch.h"

#include "store/tables/contacts.h"
#include "store/tables/early.h"

/* ---- results ---- */

static void
status_clear (gpointer data)
{
  g_free (((FlooInboundStatus *) data)->reason);
}

static void
image_clear (gpointer data)
{
  g_free (((FlooInboundImage *) data)->attachment);
}

FlooInboundResult *
floo_inbound_result_new (void)
{
  FlooInboundResult *result = g_new0 (FlooInboundResult, 1);

  result->answered = g_array_new (FALSE, FALSE, sizeof (FlooAnswer));
  result->user_notices = g_array_new (FALSE, FALSE, sizeof (FlooUserNotice));
  result->statuses = g_array_new (FALSE, FALSE, sizeof (FlooInboundStatus));
  g_array_set_clear_func (result->statuses, status_clear);
  result->removing = g_array_new (FALSE, FALSE, sizeof (gint64));
  result->keeping = g_array_new (FALSE, FALSE, sizeof (gint64));
  result->conversations = g_array_new (FALSE, FALSE, sizeof (gint64));
  result->images = g_array_new (FALSE, FALSE, sizeof (FlooInboundImage));
  g_array_set_clear_func (result->images, image_clear);
  result->typing = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  return result;
}

void
floo_inbound_result_free (FlooInboundResult *result)
{
  g_array_unref (result->answered);
  g_array_unref (result->user_notices);
  g_array_unref (result->statuses);
  g_array_unref (result->removing);
  g_array_unref (result->keeping);
  g_array_unref (result->conversations);
  g_array_unref (result->images);
  g_ptr_array_unref (result->typing);
  g_free (result);
}

/* ---- frames ---- */

static gboolean
apply_unread_entry (FlooApply *apply, gpointer data, GError **error)
{
  const Floo__ConversationUnread *entry = data;
  gint64 id = floo_inbound_uid (entry->xid);
  FlooConversationType type = FLOO_CONVERSATION_ROSTER;
  gboolean is_group = FALSE, is_deleted = FALSE;
  g_autoptr (GError) local = NULL;

  if (entry->xid == NULL || floo_conversations_get_type (apply->db, id, &type, &local))
    return TRUE;
  if (!floo_error_only_missing (&local, error))
    return FALSE;
  if (entry->type == FLOO__CONVERSATION_UNREAD__CONV_TYPE__UNKNOWN
      && !floo_contacts_is_listed (apply->db, FLOO_CONTACT_GROUP, id, &is_group, error))
    return FALSE;
  if (id == 0)
    type = FLOO_CONVERSATION_SYSTEM;
  else if (entry->type == FLOO__CONVERSATION_UNREAD__CONV_TYPE__GROUPCHAT || is_group)
    type = FLOO_CONVERSATION_GROUP;
  /* The service may not know that it was deleted in this store. */
  if (entry->n == 0 && !floo_conversations_is_deleted (apply->db, id, &is_deleted, error))
    return FALSE;
  if (is_deleted)
    return TRUE;
  if (!floo_conversations_touch (apply->db, id, type, TRUE, 0, FALSE, 0, 0, error))
    return FALSE;
  apply->list_changed = TRUE;
  if (entry->n == 0 && type == FLOO_CONVERSATION_ROSTER)
    g_array_append_val (apply->result->conversations, id);
  return TRUE;
}

/* Conversations without anything new enter the list, too. */
static gboolean
apply_unread (FlooApply *apply, FlooFrame *frame, GError **error)
{
  const Floo__UnreadDL *unread = frame->unread_dl;

  for (gsize i = 0; i < unread->n_unread; i++)
    if (!floo_apply_one (apply, apply_unread_entry, unread->unread[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
apply_frame (FlooApply *apply, const FlooInboundItem *item, GError **error)
{
  FlooFrame *frame = item->frame;

  if (frame->left_out > 0)
    {
      floo_apply_leave_out (apply, FLOO_LEFT_OUT_MALFORMED, "%u entries of a frame: %s", frame->left_out, frame->why);
      apply->result->left_out[FLOO_LEFT_OUT_MALFORMED] += frame->left_out - 1;
    }
  if (frame->cut)
    floo_apply_leave_out (apply, FLOO_LEFT_OUT_TOO_LARGE, "the rest of a page: %s", frame->why);
  if (frame->unread_dl != NULL)
    return apply_unread (apply, frame, error);
  if (frame->sync_dl->client_mid != 0)
    return floo_apply_answer (apply, frame, error);
  if (frame->sync_dl->has_is_full_sync && frame->sync_dl->is_full_sync)
    return floo_apply_history (apply, item, error);
  return floo_apply_page (apply, item, error);
}

static gboolean
apply_item (FlooApply *apply, FlooInboundItem *item, GError **error)
{
  guint news = apply->news;
  gboolean ok;

  apply->catch_up = item->catch_up;
  ok = apply_frame (apply, item, error);
  item->news = apply->news != news;
  return ok;
}

gboolean
floo_inbound_apply (FlooDb *db, GArray *items, gboolean carefully, FlooInboundResult *result, GError **error)
{
  FlooApply apply = { .db = db, .self_id = floo_db_get_user_id (db), .result = result, .carefully = carefully };
  gboolean ok;

  apply.changes = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  apply.order = g_array_new (FALSE, FALSE, sizeof (gint64));
  apply.run_ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  apply.append_content = g_string_new (NULL);
  floo_apply_receipts_init (&apply);
  g_variant_builder_init (&apply.run, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));
  ok = floo_early_any (db, &apply.any_early, error);
  for (guint i = 0; ok && i < items->len; i++)
    ok = apply_item (&apply, &g_array_index (items, FlooInboundItem, i), error);
  ok = ok && (result->answered->len == 0 || carefully || floo_apply_waiting_edits (&apply, error)) && floo_apply_finish (&apply, error);
  g_variant_builder_clear (&apply.run);
  g_string_free (apply.append_content, TRUE);
  g_free (apply.append_config);
  g_free (apply.append_ext);
  floo_apply_receipts_clear (&apply);
  g_array_unref (apply.run_ids);
  g_array_unref (apply.order);
  g_hash_table_unref (apply.changes);
  g_clear_pointer (&apply.senders, g_hash_table_unref);
  return ok;
}
