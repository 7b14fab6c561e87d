/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * careful.c: keeps a bad entry from failing others. Store thread.
 *
 * A batch is applied as a whole. If that fails it is retried frame by frame (sync/batches.c), and a frame that fails is retried entry by entry.
 */
#include "session/apply/batch.h"

#include <string.h>

#include "store/tables/early.h"
#include "store/tables/messages.h"

void
floo_apply_leave_out (FlooApply *apply, FlooLeftOut cause, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  /* Only the first one of a batch is logged at the default level. */
  if (apply->result->left_out[cause]++ == 0)
    g_message ("left out: %s", text);
  else
    g_debug ("left out: %s", text);
}

/* ---- by itself ---- */

typedef struct {
  FlooApply *apply;
  FlooApplyFunc func;
  gpointer data;
} One;

static gboolean
run_one (FlooDb *db, gpointer data, GError **error)
{
  const One *one = data;

  return one->func (one->apply, one->data, error) && floo_apply_flush (one->apply, error) && floo_apply_counts (one->apply, error);
}

/* Drops the collected messages of a failed entry; those before it are written already. */
static void
drop_collected (FlooApply *apply)
{
  GHashTableIter iter;
  gpointer value;

  g_variant_builder_clear (&apply->run);
  g_variant_builder_init (&apply->run, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));
  g_array_set_size (apply->run_ids, 0);
  apply->run_bytes = 0;
  apply->append_id = 0;
  g_string_truncate (apply->append_content, 0);
  g_clear_pointer (&apply->append_config, g_free);
  g_clear_pointer (&apply->append_ext, g_free);
  floo_apply_receipts_drop (apply);
  g_hash_table_iter_init (&iter, apply->changes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    floo_apply_change_clear (value);
}

gboolean
floo_apply_one (FlooApply *apply, FlooApplyFunc func, gpointer data, GError **error)
{
  One one = { apply, func, data };
  FlooInboundResult *result = apply->result;
  g_autoptr (GError) refused = NULL;
  guint answered = result->answered->len, notices = result->user_notices->len, statuses = result->statuses->len,
        conversations = result->conversations->len, images = result->images->len, typing = result->typing->len, stored = apply->stored;

  if (!apply->carefully)
    return func (apply, data, error);
  if (!floo_apply_flush (apply, error) || !floo_apply_counts (apply, error)
      || !floo_db_try (apply->db, run_one, &one, &refused, error))
    return FALSE;
  if (refused == NULL)
    return TRUE;
  drop_collected (apply);
  g_array_set_size (result->answered, answered);
  g_array_set_size (result->user_notices, notices);
  g_array_set_size (result->statuses, statuses);
  g_array_set_size (result->conversations, conversations);
  g_array_set_size (result->images, images);
  g_ptr_array_set_size (result->typing, (int) typing);
  apply->stored = stored;
  apply->hole = TRUE;
  floo_apply_leave_out (apply, FLOO_LEFT_OUT_REFUSED, "what cannot be stored: %s", refused->message);
  return TRUE;
}

/* ---- once ---- */

/* A number below all ids that identifies a content, the same on every machine. */
static gint64
number_of_content (const Floo__Meta *meta)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  const gint64 numbers[] = { GINT64_TO_LE ((gint64) meta->timestamp), GINT64_TO_LE ((gint64) meta->ns),
                             GINT64_TO_LE (floo_inbound_uid (meta->from)), GINT64_TO_LE (floo_inbound_uid (meta->to)) };
  guint8 digest[32];
  gsize len = sizeof digest;
  gint64 number;

  g_checksum_update (checksum, (const guchar *) numbers, sizeof numbers);
  g_checksum_update (checksum, meta->payload.data, (gssize) meta->payload.len);
  g_checksum_get_digest (checksum, digest, &len);
  memcpy (&number, digest, sizeof number);
  return -1 - (GINT64_FROM_LE (number) & G_MAXINT64);
}

gboolean
floo_apply_is_new (FlooApply *apply, const Floo__Meta *meta, gboolean *is_new, GError **error)
{
  if (!floo_applied_add (apply->db, meta->id != 0 ? (gint64) meta->id : number_of_content (meta), is_new, error))
    return FALSE;
  apply->news += *is_new;
  return TRUE;
}
