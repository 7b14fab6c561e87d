/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/job/pace.h"

void
floo_pace_init (FlooPace *self, FlooAccount *account, void (*ask) (gpointer owner), gpointer owner)
{
  *self = (FlooPace){ .account = account, .ask = ask, .owner = owner, .interval_ms = 1000, .max_retries = 8 };
  self->backoff = (FlooBackoff){ .min_ms = 2000, .max_ms = 300000, .factor_percent = 200 };
}

void
floo_pace_stop (FlooPace *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  floo_backoff_reset (&self->backoff);
  self->at_once = FALSE;
}

static void
run (FlooPace *self)
{
  self->again = self->busy;
  if (self->busy || self->timer != 0 || !floo_account_is_online (self->account))
    return;
  self->busy = TRUE;
  self->ask (self->owner);
}

static gboolean
on_timer (gpointer user_data)
{
  FlooPace *self = user_data;

  self->timer = 0;
  run (self);
  return G_SOURCE_REMOVE;
}

static gboolean
can_wait (FlooPace *self)
{
  return self->timer == 0 && floo_account_is_online (self->account);
}

static void
go_on (FlooPace *self)
{
  const guint interval_ms = self->at_once ? 0 : self->interval_ms;

  self->busy = self->at_once = FALSE;
  if (interval_ms == 0)
    run (self);
  else if (can_wait (self))
    self->timer = g_timeout_add (interval_ms, on_timer, self);
}

void
floo_pace_want (FlooPace *self)
{
  if (self->backoff.attempts > 0 && !self->busy)
    {
      floo_pace_stop (self);
      go_on (self);
    }
  run (self);
}

void
floo_pace_want_now (FlooPace *self)
{
  if (self->busy)
    {
      self->again = self->at_once = TRUE;
      return;
    }
  floo_pace_stop (self);
  run (self);
}

void
floo_pace_done (FlooPace *self)
{
  floo_backoff_reset (&self->backoff);
  go_on (self);
}

void
floo_pace_idle (FlooPace *self)
{
  floo_pace_idle_for (self, 0);
}

void
floo_pace_idle_for (FlooPace *self, guint ms)
{
  self->busy = FALSE;
  if (self->again)
    go_on (self);
  else if (ms > 0 && can_wait (self))
    self->timer = g_timeout_add (ms, on_timer, self);
}

void
floo_pace_failed (FlooPace *self)
{
  self->busy = self->at_once = FALSE;
  /* A request that came while the last one was under way was not tried yet. */
  if (self->backoff.attempts >= self->max_retries && self->again)
    floo_backoff_reset (&self->backoff);
  if (can_wait (self) && self->backoff.attempts < self->max_retries)
    self->timer = g_timeout_add (floo_backoff_next (&self->backoff), on_timer, self);
}
