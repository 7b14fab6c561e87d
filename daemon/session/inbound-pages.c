/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inbound-pages.c: pages of new messages and of history, and what they tell of the store's gaps. Store thread.
 */
#include "session/apply.h"

#include "store/gaps.h"

/* prev_mid is what the service has before this page: where it never came here the store has a gap. */
static gboolean
note_gap (FlooApply *apply, const Floo__SyncDL *page, gint64 conversation, GError **error)
{
  gboolean known;

  if (page->prev_mid == 0 || page->n_metas == 0 || conversation <= 0)
    return TRUE;
  if (!floo_gaps_is_known (apply->db, conversation, (gint64) page->prev_mid, &known, error))
    return FALSE;
  if (!known && !floo_gaps_is_known (apply->db, conversation, (gint64) page->metas[0]->id, &known, error))
    return FALSE;
  return known || floo_gaps_add (apply->db, conversation, (gint64) page->metas[0]->id, error);
}

gboolean
floo_apply_page (FlooApply *apply, FlooFrame *frame, gint64 conversation, GError **error)
{
  const Floo__SyncDL *page = frame->sync_dl;

  if (!note_gap (apply, page, conversation, error))
    return FALSE;
  for (gsize i = 0; i < page->n_metas; i++)
    if (!floo_apply_meta (apply, frame, page->metas[i], FALSE, error))
      return FALSE;
  return TRUE;
}

/* A history page has everything from the message it goes back from down to its last entry. */
static gboolean
cover_gap (FlooApply *apply, const Floo__SyncDL *page, gint64 conversation, gint64 from, gint64 lowest, gboolean lowest_known, GError **error)
{
  if (!floo_gaps_cover (apply->db, conversation, page->next_key != 0 ? lowest : G_MININT64, from != 0 ? from : G_MAXINT64, error))
    return FALSE;
  if (page->next_key == 0)
    return floo_gaps_set_complete (apply->db, conversation, error);
  return lowest_known || floo_gaps_add (apply->db, conversation, lowest, error);
}

/* Newest first as it comes, oldest first as it goes out. */
gboolean
floo_apply_history (FlooApply *apply, FlooFrame *frame, const FlooInboundItem *item, GError **error)
{
  const Floo__SyncDL *page = frame->sync_dl;
  gint64 lowest = G_MAXINT64;
  gboolean known = FALSE;

  for (gsize i = 0; i < page->n_metas; i++)
    lowest = MIN (lowest, (gint64) page->metas[i]->id);
  if (page->n_metas > 0 && !floo_gaps_is_known (apply->db, item->conversation, lowest, &known, error))
    return FALSE;
  for (gsize i = page->n_metas; i-- > 0;)
    if (!floo_apply_meta (apply, frame, page->metas[i], TRUE, error))
      return FALSE;
  /* An empty page that is not the last one says nothing. */
  if (item->from >= 0 && (page->n_metas > 0 || page->next_key == 0)
      && !cover_gap (apply, page, item->conversation, item->from, lowest, known, error))
    return FALSE;
  return floo_apply_event (apply, FLOO_SIGNAL_RECEIVE_HISTORY_MSG,
                           g_variant_new ("(xx)", MAX (item->conversation, 0), (gint64) page->next_key), error);
}
