/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/job/pace.h"

#define INTERVAL_MS 1000
#define RETRIES 8

void
floo_pace_init (FlooPace *self, FlooAccount *account, void (*ask) (gpointer owner), gpointer owner)
{
  *self = (FlooPace){ .account = account, .ask = ask, .owner = owner };
  self->backoff = (FlooBackoff){ .min_ms = 2000, .max_ms = 300000, .factor_percent = 200 };
}

void
floo_pace_stop (FlooPace *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  floo_backoff_reset (&self->backoff);
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
go_on_later (FlooPace *self)
{
  self->busy = FALSE;
  if (can_wait (self))
    self->timer = g_timeout_add (INTERVAL_MS, on_timer, self);
}

void
floo_pace_want (FlooPace *self)
{
  if (self->backoff.attempts > 0 && !self->busy)
    {
      floo_pace_stop (self);
      go_on_later (self);
    }
  run (self);
}

void
floo_pace_done (FlooPace *self)
{
  floo_backoff_reset (&self->backoff);
  go_on_later (self);
}

void
floo_pace_idle (FlooPace *self)
{
  self->busy = FALSE;
  if (self->again)
    go_on_later (self);
}

void
floo_pace_failed (FlooPace *self)
{
  self->busy = FALSE;
  /* What was wanted while the last try was under way has had no try of its own. */
  if (self->backoff.attempts >= RETRIES && self->again)
    floo_backoff_reset (&self->backoff);
  if (can_wait (self) && self->backoff.attempts < RETRIES)
    self->timer = g_timeout_add (floo_backoff_next (&self->backoff), on_timer, self);
}
