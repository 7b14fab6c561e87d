/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * receipts.c: applies group members' acknowledgements of reading or playing our messages. Store thread.
 *
 * Thousands of members may acknowledge one message, in any order: a batch makes one event for each message.
 */
#include "session/apply/batch.h"

#include "base/error.h"
#include "store/tables/journal.h"
#include "store/tables/messages.h"

/* The receipts of a batch for one message. */
typedef struct {
  gint64 message;
  gint64 conversation;
  guint audience;
  GArray *read, *played;        /* gint64: users */
} Receipts;

static void
receipts_free (gpointer data)
{
  Receipts *receipts = data;

  g_array_unref (receipts->read);
  g_array_unref (receipts->played);
  g_free (receipts);
}

void
floo_apply_receipts_init (FlooApply *apply)
{
  apply->receipts = g_ptr_array_new_with_free_func (receipts_free);
  apply->receipts_of = g_hash_table_new (g_int64_hash, g_int64_equal);
}

void
floo_apply_receipts_clear (FlooApply *apply)
{
  g_hash_table_unref (apply->receipts_of);
  g_ptr_array_unref (apply->receipts);
}

void
floo_apply_receipts_drop (FlooApply *apply)
{
  g_hash_table_remove_all (apply->receipts_of);
  g_ptr_array_set_size (apply->receipts, 0);
}

static GVariant *
users_to_variant (GArray *users)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, users->data, users->len, sizeof (gint64));
}

static gboolean
journal_receipts (FlooApply *apply, const Receipts *receipts, GError **error)
{
  GVariantDict details;
  guint n;

  if (!floo_receipts_count_read (apply->db, receipts->message, &n, error))
    return FALSE;
  g_variant_dict_init (&details, NULL);
  if (receipts->read->len > 0)
    {
      g_variant_dict_insert (&details, "status", "i", FLOO_STATUS_READ);
      g_variant_dict_insert_value (&details, "read_by", users_to_variant (receipts->read));
    }
  if (receipts->played->len > 0)
    {
      g_variant_dict_insert (&details, "played", "b", TRUE);
      g_variant_dict_insert_value (&details, "played_by", users_to_variant (receipts->played));
    }
  g_variant_dict_insert (&details, "read_count", "u", n);
  g_variant_dict_insert (&details, "audience", "u", receipts->audience);
  return floo_journal_append (apply->db, FLOO_SIGNAL_MESSAGE_STATUS_CHANGED,
                              g_variant_new ("(xx@a{sv})", receipts->conversation, receipts->message, g_variant_dict_end (&details)), NULL, 0,
                              error);
}

gboolean
floo_apply_flush_receipts (FlooApply *apply, GError **error)
{
  gboolean ok = TRUE;

  for (guint i = 0; ok && i < apply->receipts->len; i++)
    ok = journal_receipts (apply, apply->receipts->pdata[i], error);
  floo_apply_receipts_drop (apply);
  return ok;
}

static void
collect (FlooApply *apply, const FlooMessageOperation *op, const FlooReceiptMessage *message, FlooReceipt receipt)
{
  Receipts *receipts = g_hash_table_lookup (apply->receipts_of, &op->mid);

  if (receipts == NULL)
    {
      receipts = g_new0 (Receipts, 1);
      receipts->message = op->mid;
      receipts->conversation = message->conversation;
      receipts->audience = (guint) message->audience;
      receipts->read = g_array_new (FALSE, FALSE, sizeof (gint64));
      receipts->played = g_array_new (FALSE, FALSE, sizeof (gint64));
      g_hash_table_insert (apply->receipts_of, &receipts->message, receipts);
      g_ptr_array_add (apply->receipts, receipts);
    }
  g_array_append_val (receipt == FLOO_RECEIPT_READ ? receipts->read : receipts->played, op->from);
}

gboolean
floo_apply_receipt (FlooApply *apply, const FlooMessageOperation *op, FlooReceipt receipt, gboolean *taken, GError **error)
{
  FlooReceiptMessage message;
  gboolean known, is_new, changed = FALSE;

  *taken = FALSE;
  if (op->ours || op->from == 0)
    return TRUE;
  if (!floo_receipts_find_message (apply->db, op->mid, &known, &message, error))
    return FALSE;
  *taken = known && message.audience > 0;
  if (!*taken)
    return TRUE;
  /* The collected run may contain the message as it was. */
  if ((apply->run_ids->len > 0 || apply->append_id != 0) && !floo_apply_flush (apply, error))
    return FALSE;
  if (!floo_receipts_add (apply->db, op->mid, op->from, receipt, &is_new, error))
    return FALSE;
  if (!is_new)
    return TRUE;
  if (receipt == FLOO_RECEIPT_READ && message.status != FLOO_STATUS_READ
      && !floo_messages_set_status (apply->db, op->mid, FLOO_STATUS_READ, &changed, NULL, error))
    return FALSE;
  if (receipt == FLOO_RECEIPT_PLAYED && (message.flags & FLOO_MESSAGE_IS_PLAYED) == 0
      && !floo_messages_set_played (apply->db, op->mid, &changed, NULL, error))
    return FALSE;
  collect (apply, op, &message, receipt);
  return TRUE;
}
