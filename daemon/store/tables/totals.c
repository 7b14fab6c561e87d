/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/totals.h"

#include "store/tables/conversations.h"
#include "store/tables/outbox.h"
#include "store/tables/touched.h"

gboolean
floo_totals_get (FlooDb *db, FlooTotals *totals, GError **error)
{
  FlooTouched *touched = floo_state_get (db)->touched;

  if (touched->unread_changed && !floo_conversations_get_unread_total (db, &touched->unread, error))
    return FALSE;
  touched->unread_changed = FALSE;
  if (touched->outbox_changed && !floo_outbox_count (db, &touched->queued, &touched->failed, error))
    return FALSE;
  touched->outbox_changed = FALSE;
  *totals = (FlooTotals){ touched->unread, touched->queued, touched->failed };
  return TRUE;
}

void
floo_totals_forget (FlooDb *db)
{
  FlooTouched *touched = floo_state_get (db)->touched;

  touched->unread_changed = touched->outbox_changed = TRUE;
}
