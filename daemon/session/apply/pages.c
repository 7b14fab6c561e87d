/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pages.c: applies pages of new messages and of history, and updates the gaps. Store thread.
 *
 * Messages from the history are old, except missed ones: these were sent since the store exists, but were lost on their way. Clients do not know
 * them yet, so they are signalled like new ones.
 */
#include "session/apply/batch.h"

#include "store/tables/contacts.h"
#include "store/tables/gaps.h"

/* Whether the store has no message of a group up to @up_to: then we probably just joined it, and earlier messages were not for us. */
static gboolean
is_new_group (FlooApply *apply, gint64 conversation, gint64 up_to, gboolean *is_new, GError **error)
{
  gint64 known;

  *is_new = FALSE;
  return floo_gaps_find_last (apply->db, conversation, up_to, &known, error)
         && (known != 0 || floo_contacts_is_listed (apply->db, FLOO_CONTACT_GROUP, conversation, is_new, error));
}

/*
 * Whether the message that the service has before a page was received, and with it all messages before that.
 *
 * A page that was received before was joined then. But an unsolicited page may have been lost with an earlier connection; that the page's first
 * message is stored then proves nothing, and before it only received messages count: our own ones are known by their acknowledgement.
 */
static gboolean
is_joined (FlooApply *apply, const FlooInboundItem *item, gboolean *joined, GError **error)
{
  const Floo__SyncDL *page = item->frame->sync_dl;
  gint64 before = (gint64) page->prev_mid;
  gboolean pushes;

  if (!floo_gaps_is_known (apply->db, item->conversation, before, joined, error))
    return FALSE;
  if (*joined && !item->first)
    return TRUE;
  if (!floo_gaps_has_pushes (apply->db, &pushes, error))
    return FALSE;
  if (*joined)
    return !pushes || floo_gaps_is_received (apply->db, before, joined, error);
  return pushes || floo_gaps_is_known (apply->db, item->conversation, (gint64) page->metas[0]->id, joined, error);
}

/* prev_mid is the message before this page: if it was never received the store has a gap. */
static gboolean
note_gap (FlooApply *apply, const FlooInboundItem *item, GError **error)
{
  const Floo__SyncDL *page = item->frame->sync_dl;
  gint64 conversation = item->conversation, first, created;
  gboolean joined, is_new, missed;

  if (page->prev_mid == 0 || page->n_metas == 0 || conversation <= 0)
    return TRUE;
  first = (gint64) page->metas[0]->id;
  if (!is_joined (apply, item, &joined, error))
    return FALSE;
  if (joined)
    return TRUE;
  if (!floo_gaps_get_created (apply->db, &created, error) || !is_new_group (apply, conversation, first - 1, &is_new, error))
    return FALSE;
  missed = (gint64) page->metas[0]->timestamp >= created && !is_new;
  apply->result->missed |= missed;
  return floo_gaps_add (apply->db, conversation, first, missed, error);
}

/* An entry before @meta was ignored: notes a gap, so that it is fetched again when a client reads there. If @meta is not a message, the next one is used. */
static gboolean
note_hole (FlooApply *apply, const FlooInboundItem *item, const Floo__Meta *meta, GError **error)
{
  const gint64 id = (gint64) meta->id;

  apply->hole = meta->ns != FLOO__META__NAME_SPACE__MESSAGE || id < 1 || id == G_MAXINT64;
  return apply->hole || floo_gaps_add (apply->db, item->conversation, id, FALSE, error);
}

/* If the page before this one ended with an ignored entry, there is a gap before the next message. */
static gboolean
take_open_hole (FlooApply *apply, gint64 conversation, GError **error)
{
  gint64 open;

  if (!floo_gaps_find (apply->db, conversation, FLOO_GAP_AT_END - 1, FLOO_GAP_AT_END, &open, error))
    return FALSE;
  apply->hole = open != 0;
  return open == 0 || floo_gaps_cover (apply->db, conversation, FLOO_GAP_AT_END - 1, FLOO_GAP_AT_END, error);
}

/* Whether there was a malformed entry before entry @i of the remaining ones; for @i beyond the last one: at the end. */
static gboolean
is_left_out_before (const FlooFrame *frame, gsize i)
{
  return frame->left_out > 0 && i >= frame->left_out_from && i <= frame->left_out_to;
}

static gboolean
apply_metas (FlooApply *apply, const FlooInboundItem *item, GError **error)
{
  const Floo__SyncDL *page = item->frame->sync_dl;

  apply->hole = FALSE;
  if (item->conversation > 0 && !take_open_hole (apply, item->conversation, error))
    return FALSE;
  for (gsize i = 0; i < page->n_metas; i++)
    {
      const gboolean hole = apply->hole || is_left_out_before (item->frame, i);

      apply->hole = FALSE;
      if (!floo_apply_meta (apply, item->frame, page->metas[i], FALSE, error)
          || (hole && !apply->hole && item->conversation > 0 && !note_hole (apply, item, page->metas[i], error)))
        return FALSE;
    }
  apply->hole |= is_left_out_before (item->frame, page->n_metas);
  return !apply->hole || item->conversation <= 0 || floo_gaps_add (apply->db, item->conversation, FLOO_GAP_AT_END, FALSE, error);
}

gboolean
floo_apply_page (FlooApply *apply, const FlooInboundItem *item, GError **error)
{
  guint stored = apply->stored;

  if (!note_gap (apply, item, error) || !apply_metas (apply, item, error))
    return FALSE;
  /* Typing is always unsolicited, but cannot be missed. */
  if (!item->pushed || apply->stored == stored)
    return TRUE;
  apply->result->pushes = TRUE;
  return floo_gaps_note_pushes (apply->db, error);
}

/* ---- history ---- */

/* The properties of a page of history before it is applied. */
typedef struct {
  gint64 lowest;                /* of its ids; G_MAXINT64: it is empty */
  gint64 oldest;                /* of its timestamps, ms */
  gboolean lowest_known;
  gint64 created;               /* of the store */
  gint64 newest;                /* received message of the conversation */
  gint64 gap;                   /* messages were missed below it; 0: there is none here */
} Place;

static gboolean
find_place (FlooApply *apply, const FlooInboundItem *item, Place *place, GError **error)
{
  const Floo__SyncDL *page = item->frame->sync_dl;
  gboolean is_new;

  *place = (Place) { .lowest = G_MAXINT64, .oldest = G_MAXINT64, .gap = item->gap };
  for (gsize i = 0; i < page->n_metas; i++)
    {
      place->lowest = MIN (place->lowest, (gint64) page->metas[i]->id);
      if (page->metas[i]->timestamp != 0)
        place->oldest = MIN (place->oldest, (gint64) page->metas[i]->timestamp);
    }
  /* It has only entries that are too large: it is known down to there. */
  if (page->n_metas == 0 && item->frame->cut)
    place->lowest = (gint64) page->next_key;
  if (place->lowest == G_MAXINT64)
    return TRUE;
  if (!floo_gaps_is_known (apply->db, item->conversation, place->lowest, &place->lowest_known, error)
      || !floo_gaps_get_created (apply->db, &place->created, error)
      || !floo_gaps_find_received (apply->db, item->conversation, G_MAXINT64, &place->newest, error)
      || !is_new_group (apply, item->conversation, G_MAXINT64, &is_new, error))
    return FALSE;
  if (is_new)
    place->created = G_MAXINT64;
  if (item->gap != 0 || item->from < 0)
    return TRUE;
  if (!floo_gaps_find_missed (apply->db, item->conversation, place->lowest, item->from != 0 ? item->from : G_MAXINT64, &place->gap, error))
    return FALSE;
  /* Missed messages may be on both sides of a message of ours, which is known only by its acknowledgement. */
  return place->gap == 0 || !place->lowest_known || floo_gaps_is_received (apply->db, place->lowest, &place->lowest_known, error);
}

static gboolean
is_missed (const Place *place, const Floo__Meta *meta)
{
  return (gint64) meta->timestamp >= place->created && ((gint64) meta->id < place->gap || (gint64) meta->id > place->newest);
}

/*
 * A page of the background filling: entries older than the gap are ignored, since they were not requested.
 * The gap is filled from the message below it on; if there is none, the rest of it is an ordinary gap.
 */
static gboolean
apply_fill (FlooApply *apply, const FlooInboundItem *item, const Place *place, GError **error)
{
  const Floo__SyncDL *page = item->frame->sync_dl;
  gint64 lowest = item->gap;
  gboolean whole = TRUE;

  for (gsize i = page->n_metas; i-- > 0;)
    {
      const Floo__Meta *meta = page->metas[i];

      if ((gint64) meta->id <= item->below || !is_missed (place, meta))
        {
          whole = FALSE;
          continue;
        }
      lowest = MIN (lowest, (gint64) meta->id);
      if (!floo_apply_meta (apply, item->frame, meta, FALSE, error))
        return FALSE;
    }
  if (item->from < 0)
    return TRUE;
  if (item->below != 0 && place->lowest <= item->below)
    return floo_gaps_cover (apply->db, item->conversation, item->below, item->gap, error);
  if (!floo_gaps_cover (apply->db, item->conversation, lowest - 1, item->gap, error))
    return FALSE;
  if (whole && page->next_key == 0)
    return floo_gaps_set_complete (apply->db, item->conversation, error);
  return lowest == G_MAXINT64 || floo_gaps_add (apply->db, item->conversation, lowest, FALSE, error);
}

/* A history page has everything from the message it goes back from down to its last entry. */
static gboolean
cover_gap (FlooApply *apply, const FlooInboundItem *item, const Place *place, GError **error)
{
  const Floo__SyncDL *page = item->frame->sync_dl;
  gboolean last = page->next_key == 0, missed;

  if (!floo_gaps_cover (apply->db, item->conversation, last ? G_MININT64 : place->lowest, item->from != 0 ? item->from : G_MAXINT64, error))
    return FALSE;
  if (last)
    return floo_gaps_set_complete (apply->db, item->conversation, error);
  /* The rest of the missed messages is still to be fetched: this page came before the gap was filled, or before the page that reveals it. */
  missed = place->gap != 0 || (place->lowest > place->newest && place->oldest >= place->created);
  return place->lowest_known || floo_gaps_add (apply->db, item->conversation, place->lowest, missed, error);
}

/* Received newest first, signalled oldest first. */
gboolean
floo_apply_history (FlooApply *apply, const FlooInboundItem *item, GError **error)
{
  const Floo__SyncDL *page = item->frame->sync_dl;
  Place place;

  if (!find_place (apply, item, &place, error))
    return FALSE;
  if (item->gap != 0)
    return apply_fill (apply, item, &place, error);
  for (gsize i = page->n_metas; i-- > 0;)
    if (!floo_apply_meta (apply, item->frame, page->metas[i], !is_missed (&place, page->metas[i]), error))
      return FALSE;
  /* An empty page that is not the last one has no information. */
  if (item->from >= 0 && (page->n_metas > 0 || page->next_key == 0 || item->frame->cut) && !cover_gap (apply, item, &place, error))
    return FALSE;
  return floo_apply_event (apply, FLOO_SIGNAL_RECEIVE_HISTORY_MSG,
                           g_variant_new ("(xx)", MAX (item->conversation, 0), (gint64) page->next_key), error);
}
