/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * edit-order.c: our appends and replacements take effect in the order in which the service accepted them. Store thread.
 *
 * Answers may arrive in another order: late, or after a lost connection, when frames are repeated that were accepted before. So an accepted
 * edit waits in the outbox while another edit of the same message, which may have been accepted before it, has no answer.
 */
#include "session/apply/answers.h"

/* An edit that was sent and has not taken effect. */
typedef struct {
  gint64 client_id;
  gint64 client_mid;
  gint64 accepted;              /* 0: it has no answer */
  gint64 edited;
  guint attempts;
} Edit;

static gboolean
add_edit (const FlooOutboxRow *row, gpointer user_data)
{
  const Edit edit = { row->client_id, row->frame != 0 ? row->frame : row->client_id, row->accepted, row->edited, row->attempts };

  g_array_append_val (user_data, edit);
  return TRUE;
}

/* Whether another edit may have been accepted before it: one that precedes it in the conversation's order, or was sent before. */
static gboolean
must_wait (const GArray *edits, gint64 client_mid, gint64 client_id)
{
  for (guint i = 0; i < edits->len; i++)
    {
      const Edit *other = &g_array_index (edits, Edit, i);

      if (other->client_mid != client_mid && other->accepted == 0 && (other->client_id < client_id || other->attempts > 1))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_accepted (const GArray *edits, gint64 client_mid)
{
  for (guint i = 0; i < edits->len; i++)
    if (g_array_index (edits, Edit, i).client_mid != client_mid && g_array_index (edits, Edit, i).accepted != 0)
      return TRUE;
  return FALSE;
}

gboolean
floo_apply_accepted_edit (FlooApply *apply, GPtrArray *rows, gint64 id, gint64 edit_timestamp, GError **error)
{
  const FlooOutboxRow *row = g_ptr_array_index (rows, 0);
  gint64 client_mid = row->frame != 0 ? row->frame : row->client_id;
  g_autoptr (GArray) edits = g_array_new (FALSE, FALSE, sizeof (Edit));

  if (!floo_outbox_foreach_edit (apply->db, row->target, add_edit, edits, error))
    return FALSE;
  if (id == 0 || (!is_accepted (edits, client_mid) && !must_wait (edits, client_mid, row->client_id)))
    return floo_apply_accepted_operation (apply, rows, id, edit_timestamp, error);
  for (guint i = 0; i < rows->len; i++)
    if (!floo_outbox_set_accepted (apply->db, ((const FlooOutboxRow *) g_ptr_array_index (rows, i))->client_id, id, edit_timestamp, error))
      return FALSE;
  return TRUE;
}

static int
compare_accepted (gconstpointer a, gconstpointer b)
{
  const Edit *left = a, *right = b;

  if (left->accepted != right->accepted)
    return left->accepted < right->accepted ? -1 : 1;
  return left->client_id < right->client_id ? -1 : left->client_id > right->client_id;
}

/* Applies the edits of one message, as far as no other may have been accepted before them. */
static gboolean
apply_in_turn (FlooApply *apply, gint64 message, GError **error)
{
  g_autoptr (GArray) edits = g_array_new (FALSE, FALSE, sizeof (Edit));
  gint64 last = 0;

  if (!floo_outbox_foreach_edit (apply->db, message, add_edit, edits, error))
    return FALSE;
  g_array_sort (edits, compare_accepted);
  for (guint i = 0; i < edits->len; i++)
    {
      const Edit *edit = &g_array_index (edits, Edit, i);
      g_autoptr (GPtrArray) rows = NULL;

      if (edit->accepted == 0 || edit->client_mid == last)
        continue;
      if (must_wait (edits, edit->client_mid, edit->client_id))
        return TRUE;
      last = edit->client_mid;
      rows = floo_answers_get_rows (apply->db, edit->client_mid, error);
      if (rows == NULL || (rows->len > 0 && !floo_apply_accepted_operation (apply, rows, edit->accepted, edit->edited, error)))
        return FALSE;
    }
  return TRUE;
}

gboolean
floo_apply_waiting_edits (FlooApply *apply, GError **error)
{
  g_autoptr (GArray) messages = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (!floo_outbox_get_accepted_targets (apply->db, messages, error))
    return FALSE;
  for (guint i = 0; i < messages->len; i++)
    if (!apply_in_turn (apply, g_array_index (messages, gint64, i), error))
      return FALSE;
  return TRUE;
}
