/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sync-pages.h: pages of a conversation as the service sends them. */
#pragma once

#include "wire/frame.h"

typedef struct {
  gint64 conversation;
  gboolean is_history;
  int code;                     /* 0: no status, as with OK */
  gint64 newest;                /* the metas: @n ids down from here, without content */
  guint n;
  guint64 next_key;
} SyncPage;

/* Returns: (transfer full) */
static inline FlooFrame *
sync_page (const SyncPage *page)
{
  Floo__SyncDL dl = FLOO__SYNC_DL__INIT;
  Floo__Status status = FLOO__STATUS__INIT;
  Floo__XID xid = FLOO__XID__INIT;
  g_autofree Floo__Meta *metas = g_new (Floo__Meta, page->n);
  g_autofree Floo__Meta **pointers = g_new (Floo__Meta *, page->n);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  FlooFrame *frame;

  xid.has_uid = xid.has_devicesn = dl.has_next_key = status.has_code = TRUE;
  xid.uid = (guint64) page->conversation;
  dl.has_is_full_sync = dl.is_full_sync = page->is_history;
  dl.next_key = page->next_key;
  status.code = (Floo__Status__ErrorCode) page->code;
  for (guint i = 0; i < page->n; i++)
    {
      metas[i] = (Floo__Meta) FLOO__META__INIT;
      metas[i].has_id = metas[i].has_ns = TRUE;
      metas[i].id = (guint64) page->newest - i;
      metas[i].ns = FLOO__META__NAME_SPACE__INFO;
      pointers[i] = &metas[i];
    }
  dl.xid = &xid;
  dl.n_metas = page->n;
  dl.metas = pointers;
  if (page->code != 0 && page->code != FLOO__STATUS__ERROR_CODE__OK)
    dl.status = &status;
  bytes = floo_frame_encode (FLOO__FRAME__COMMAND__SYNC, &dl.base);
  frame = floo_frame_decode (bytes, FLOO_FROM_SERVICE, &error);
  g_assert_no_error (error);
  return frame;
}

/* @sync takes a page. */
#define SYNC_PAGE(sync, ...)                                              \
  G_STMT_START                                                            \
  {                                                                       \
    g_autoptr (FlooFrame) page_frame = sync_page (&(SyncPage) { __VA_ARGS__ }); \
    floo_sync_frame ((sync), page_frame);                                 \
  }                                                                       \
  G_STMT_END
