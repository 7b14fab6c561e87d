/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link-packets.c: what comes in on a link's channel, and its heart.
 */
#include "net/socket/link-private.h"

#include "base/error.h"
#include "base/log.h"
#include "net/http/mover.h"

/* The interval of our pings, of the idle time after which connections were closed. */
#define BEAT_PERCENT 60
#define MIN_BEAT_MS 1000u
/* Two connections whose idle times differ by no more than this were closed for the same reason. */
#define SAME_PERCENT 20

/* -- the heart -- */

static void
on_beat (gpointer user_data)
{
  FlooLink *self = user_data;

  self->active_at = g_get_monotonic_time ();
  floo_channel_send_text (self->channel, FLOO_SIO_TEXT_PING);
}

/* On a slow connection the answer is queued behind the data of transfers: they are paused for it. */
static void
on_late (gboolean late, gpointer user_data)
{
  floo_movers_hold (late);
}

/* A proxy may close connections that are idle for less than the service's interval. One loss may have any cause, two that are alike have
 * this one. */
static void
learn (FlooLink *self)
{
  guint quiet_ms = (guint) ((g_get_monotonic_time () - self->active_at) / 1000);
  guint before = self->quiet_ms;
  guint beat_ms = MAX (quiet_ms / 100 * BEAT_PERCENT, MIN_BEAT_MS);

  self->quiet_ms = 0;
  if (self->state != FLOO_LINK_UP || quiet_ms < MIN_BEAT_MS || quiet_ms >= self->interval_ms)
    return;
  self->quiet_ms = quiet_ms;
  if (before == 0 || MAX (before, quiet_ms) - MIN (before, quiet_ms) > quiet_ms / 100 * SAME_PERCENT
      || (self->beat_ms != 0 && beat_ms >= self->beat_ms))
    return;
  self->beat_ms = beat_ms;
  g_message ("Connections are closed after %u ms without traffic: pinging every %u ms", quiet_ms, beat_ms);
}

static void
on_dead (gpointer user_data)
{
  floo_link_lost_with (user_data, FLOO_ERROR_TIMEOUT, "the service did not answer the heartbeat");
}

/* -- what comes in: a function per kind of packet -- */

static void
handle_open (FlooLink *self, const FlooSioPacket *packet)
{
  if (self->heart != NULL)
    {
      floo_link_lost_with (self, FLOO_ERROR_PROTOCOL, "the service opened the session twice");
      return;
    }
  self->interval_ms = packet->ping_interval;
  self->heart = floo_heart_new (self->beat_ms != 0 ? MIN (self->beat_ms, packet->ping_interval) : packet->ping_interval,
                                packet->ping_timeout, on_beat, on_dead, self);
  floo_heart_set_late (self->heart, on_late);
}

static void
handle_close (FlooLink *self, const FlooSioPacket *packet)
{
  floo_link_lost_with (self, FLOO_ERROR_OFFLINE, "the service closed the session");
}

static void
handle_ping (FlooLink *self, const FlooSioPacket *packet)
{
  g_autofree char *pong = g_strconcat (FLOO_SIO_TEXT_PONG, packet->text, NULL);

  floo_channel_send_text (self->channel, pong);
}

static void
handle_pong (FlooLink *self, const FlooSioPacket *packet)
{
  if (self->heart != NULL)
    floo_heart_answered (self->heart);
}

static void
handle_connect (FlooLink *self, const FlooSioPacket *packet)
{
  if (self->heart == NULL)
    {
      floo_link_lost_with (self, FLOO_ERROR_PROTOCOL, "the service connected before it opened");
      return;
    }
  floo_link_connected (self);
}

static void
handle_error (FlooLink *self, const FlooSioPacket *packet)
{
  floo_link_lost_with (self, FLOO_ERROR_PROTOCOL, "the service refused the socket: %s", floo_redact (packet->text));
}

static void
handle_frame (FlooLink *self, const FlooSioPacket *packet)
{
  if (self->state != FLOO_LINK_UP)
    floo_link_lost_with (self, FLOO_ERROR_PROTOCOL, "a frame came before the session was connected");
  else
    g_signal_emit (self, floo_link_signals[FLOO_LINK_SIGNAL_FRAME], 0, packet->frame);
}

static void
handle_packet (FlooLink *self, const FlooSioPacket *packet)
{
  static void (*const handlers[]) (FlooLink *self, const FlooSioPacket *packet) = {
    [FLOO_SIO_NONE] = NULL,
    [FLOO_SIO_OPEN] = handle_open,
    [FLOO_SIO_CLOSE] = handle_close,
    [FLOO_SIO_PING] = handle_ping,
    [FLOO_SIO_PONG] = handle_pong,
    [FLOO_SIO_CONNECT] = handle_connect,
    [FLOO_SIO_DISCONNECT] = handle_close,
    [FLOO_SIO_ERROR] = handle_error,
    [FLOO_SIO_FRAME] = handle_frame,
  };

  if (handlers[packet->kind] != NULL)
    handlers[packet->kind](self, packet);
}

/* Reports that the service is alive. FALSE: a handler ended this connection. */
static gboolean
heard (FlooLink *self, FlooChannel *channel)
{
  self->active_at = g_get_monotonic_time ();
  if (self->heart != NULL)
    floo_heart_heard (self->heart);
  g_signal_emit (self, floo_link_signals[FLOO_LINK_SIGNAL_HEARD], 0);
  return self->channel == channel;
}

static void
on_text (FlooChannel *channel, const char *text, guint64 len, gpointer user_data)
{
  g_autoptr (FlooLink) self = g_object_ref (user_data);
  g_auto (FlooSioPacket) packet = { 0 };
  g_autoptr (GError) error = NULL;

  if (!heard (self, channel))
    return;
  if (floo_sio_decode_text (self->decoder, text, len, &packet, &error))
    handle_packet (self, &packet);
  else
    floo_link_lost (self, error);
}

static void
on_binary (FlooChannel *channel, GBytes *message, gpointer user_data)
{
  g_autoptr (FlooLink) self = g_object_ref (user_data);
  g_auto (FlooSioPacket) packet = { 0 };
  g_autoptr (GError) error = NULL;

  if (!heard (self, channel))
    return;
  if (floo_sio_decode_binary (self->decoder, message, &packet, &error))
    handle_packet (self, &packet);
  else
    floo_link_lost (self, error);
}

static void
on_closed (FlooChannel *channel, const GError *error, gpointer user_data)
{
  g_autoptr (FlooLink) self = g_object_ref (user_data);

  learn (self);
  floo_link_lost (self, error);
}

void
floo_link_hear (FlooLink *self)
{
  g_signal_connect (self->channel, "text", G_CALLBACK (on_text), self);
  g_signal_connect (self->channel, "binary", G_CALLBACK (on_binary), self);
  g_signal_connect (self->channel, "closed", G_CALLBACK (on_closed), self);
}
