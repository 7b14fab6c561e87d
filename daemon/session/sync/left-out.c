/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * left-out.c: counts received items that had to be ignored, and reports them once per cause.
 */
#include "session/sync/parts.h"

static const struct {
  const char *category;         /* of FlooError */
  const char *desc;
} causes[] = {
  [FLOO_LEFT_OUT_MALFORMED] = { "INVALID_DATA", "The service sent an entry that cannot be read; it was ignored" },
  [FLOO_LEFT_OUT_ID] = { "INVALID_DATA", "The service sent a message without an id; it was ignored" },
  [FLOO_LEFT_OUT_REFUSED] = { "INVALID_DATA", "The service sent an entry that cannot be stored; it was ignored" },
  [FLOO_LEFT_OUT_ANSWER] = { "INVALID_DATA", "The service gave a sent message an id that belongs to another one; its history is fetched instead" },
  [FLOO_LEFT_OUT_TOO_LARGE] = { "DATA_TOO_LARGE", "The service sent more at once than the limits allow; the rest is fetched in smaller pieces" },
  [FLOO_LEFT_OUT_FRAME] = { "INVALID_DATA", "The service sent a frame that cannot be read; it was ignored" },
};

static void
count (FlooSync *self, FlooLeftOut cause, guint n)
{
  self->left_out = n > G_MAXUINT - self->left_out ? G_MAXUINT : self->left_out + n;
  self->left_out_cause = cause;
  if (self->left_out_told[cause])
    return;
  self->left_out_told[cause] = TRUE;
  floo_job_error (self->account, causes[cause].category, causes[cause].desc);
}

void
floo_sync_tell_left_out (FlooSync *self, const guint *n)
{
  for (guint i = 0; i < FLOO_N_LEFT_OUT; i++)
    if (n[i] > 0)
      count (self, (FlooLeftOut) i, n[i]);
}

void
floo_sync_describe (FlooSync *self, GVariantDict *status)
{
  g_variant_dict_insert (status, "left_out", "u", self->left_out);
  g_variant_dict_insert (status, "left_out_reason", "s", self->left_out > 0 ? causes[self->left_out_cause].desc : "");
}

/* The frame may be the answer to the oldest request, which therefore times out soon if no other answer comes. */
void
floo_sync_unreadable (FlooSync *self, const GError *error)
{
  FlooPull *pull;
  FlooHistory *history;

  g_message ("a frame of the service cannot be read and was ignored: %s", error->message);
  count (self, FLOO_LEFT_OUT_FRAME, 1);
  pull = floo_pull_oldest (self);
  history = floo_history_find (self, FLOO_UNKNOWN_CONVERSATION);
  if (pull != NULL)
    pull->unreadable = TRUE;
  if (history != NULL)
    history->unreadable = TRUE;
}
