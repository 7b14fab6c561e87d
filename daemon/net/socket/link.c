/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/socket/link-private.h"

#include "base/error.h"
#include "base/names.h"
#include "net/socket/channel-ws.h"
#include "net/http/mover.h"

#define MIN_DELAY_MS 1000
#define MAX_DELAY_MS 10000
#define MAX_TIMEOUT_STEPS 5
/* While bytes of transfers move, connecting may take this long altogether. */
#define MAX_CONNECT (40 * G_TIME_SPAN_SECOND)
#define MOVING (5 * G_TIME_SPAN_SECOND)

guint floo_link_signals[FLOO_LINK_N_SIGNALS];

G_DEFINE_FINAL_TYPE (FlooLink, floo_link, G_TYPE_OBJECT)

static void try_connect (FlooLink *self);

static void
destroy_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static void
set_timer (FlooLink *self, GSource **timer, guint ms, const char *name, GSourceFunc func)
{
  g_clear_pointer (timer, destroy_source);
  *timer = g_timeout_source_new (ms);
  g_source_set_static_name (*timer, name);
  g_source_set_callback (*timer, func, self, NULL);
  g_source_attach (*timer, g_main_context_get_thread_default ());
}

static void
set_state (FlooLink *self, FlooLinkState state)
{
  if (self->state == state)
    return;
  self->state = state;
  g_signal_emit (self, floo_link_signals[FLOO_LINK_SIGNAL_STATE_CHANGED], 0);
}

void
floo_link_lost_with (FlooLink *self, FlooError code, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list args;

  va_start (args, format);
  error = g_error_new_valist (FLOO_ERROR, code, format, args);
  va_end (args);
  floo_link_lost (self, error);
}

/* Releases the present try, whatever its state. */
static void
clear_try (FlooLink *self)
{
  g_clear_pointer (&self->deadline, destroy_source);
  g_clear_pointer (&self->heart, floo_heart_free);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->channel != NULL)
    {
      g_autoptr (FlooChannel) channel = g_steal_pointer (&self->channel);

      g_signal_handlers_disconnect_by_data (channel, self);
      floo_channel_close (channel);
    }
  g_clear_pointer (&self->decoder, floo_sio_decoder_free);
  self->accepted = FALSE;
}

static gboolean
on_retry (gpointer user_data)
{
  FlooLink *self = user_data;

  try_connect (self);
  return G_SOURCE_REMOVE;
}

static void
clear_retry (FlooLink *self)
{
  g_clear_pointer (&self->retry, destroy_source);
  self->next_retry = 0;
}

static void
wait_for_next_try (FlooLink *self)
{
  if (self->local || floo_netwatch_is_available (self->netwatch))
    {
      guint delay = floo_backoff_next (&self->backoff);

      self->next_retry = floo_now_ms () + delay;
      set_timer (self, &self->retry, delay, "flooimd socket retry", on_retry);
    }
  set_state (self, FLOO_LINK_WAITING);
}

/* Whether the next try follows at once, at another URL. */
static gboolean
count_failure (FlooLink *self)
{
  if (self->accepted)
    return FALSE;
  if (self->failed_func != NULL && self->failed_func (self, self->channel == NULL, self->user_data))
    return TRUE;
  if (self->attempts < G_MAXUINT)
    self->attempts++;
  return FALSE;
}

void
floo_link_lost (FlooLink *self, const GError *error)
{
  g_autoptr (GError) reason = NULL;
  gboolean at_once;

  if (self->state != FLOO_LINK_CONNECTING && self->state != FLOO_LINK_UP)
    return;
  reason = error != NULL ? g_error_copy (error)
                         : g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, "the service closed the connection");
  g_message ("The socket is lost: %s", reason->message);
  g_clear_error (&self->error);
  self->error = g_steal_pointer (&reason);
  at_once = count_failure (self);
  clear_try (self);
  if (!at_once)
    {
      wait_for_next_try (self);
      return;
    }
  self->state = FLOO_LINK_WAITING;
  try_connect (self);
}

/* -- connecting -- */

void
floo_link_connected (FlooLink *self)
{
  g_clear_pointer (&self->deadline, destroy_source);
  set_state (self, FLOO_LINK_UP);
}

typedef struct {
  FlooLink *self;
  GCancellable *cancellable;
} Try;

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Try *attempt = user_data;
  g_autoptr (FlooLink) self = attempt->self;
  g_autoptr (GCancellable) cancellable = attempt->cancellable;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooChannel) channel = self->finish (result, &error);

  g_free (attempt);
  if (self->cancellable != cancellable)
    {
      /* Cancelled meanwhile. */
      if (channel != NULL)
        floo_channel_close (channel);
      return;
    }
  g_clear_object (&self->cancellable);
  if (channel == NULL)
    {
      floo_link_lost (self, error);
      return;
    }
  self->channel = g_steal_pointer (&channel);
  self->decoder = floo_sio_decoder_new ();
  floo_link_hear (self);
}

static gboolean
on_deadline (gpointer user_data)
{
  FlooLink *self = user_data;
  gint64 now = g_get_monotonic_time ();

  /* On a slow connection the answer may be queued behind the data of transfers. */
  if (now - floo_movers_get_moved () < MOVING && now - self->tried_at < MAX_CONNECT)
    return G_SOURCE_CONTINUE;
  floo_link_lost_with (self, FLOO_ERROR_TIMEOUT, "the service did not accept the connection in time");
  return G_SOURCE_REMOVE;
}

/* Whether @url is on this machine, where the state of the network does not matter. */
static gboolean
is_local (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;
  g_autoptr (GInetAddress) address = host != NULL ? g_inet_address_new_from_string (host) : NULL;

  return address != NULL ? g_inet_address_get_is_loopback (address) : g_strcmp0 (host, "localhost") == 0;
}

static void
open_channel (FlooLink *self, const char *url)
{
  guint timeout = self->timeout_ms + self->timeout_step_ms * MIN (self->attempts, MAX_TIMEOUT_STEPS);
  Try *attempt = g_new0 (Try, 1);

  self->local = is_local (url);
  self->cancellable = g_cancellable_new ();
  attempt->self = g_object_ref (self);
  attempt->cancellable = g_object_ref (self->cancellable);
  set_timer (self, &self->deadline, timeout, "flooimd socket deadline", on_deadline);
  self->tried_at = g_get_monotonic_time ();
  /* The attempt ends by the deadline timer, which may be extended. */
  self->open (url, timeout + MAX_CONNECT / 1000, self->cancellable, opened_cb, attempt);
}

static void
try_connect (FlooLink *link)
{
  g_autoptr (FlooLink) self = g_object_ref (link);
  g_autofree char *url = NULL;

  clear_retry (self);
  url = self->url_func (self, self->attempts, self->user_data);
  if (!self->wanted || (self->state != FLOO_LINK_DOWN && self->state != FLOO_LINK_WAITING))
    return; /* the owner stopped it, or began another try itself */
  if (url == NULL)
    {
      set_state (self, FLOO_LINK_WAITING);
      return;
    }
  self->state = FLOO_LINK_CONNECTING;
  open_channel (self, url);
  g_signal_emit (self, floo_link_signals[FLOO_LINK_SIGNAL_STATE_CHANGED], 0);
}

/* -- the network and sleep -- */

/* Tries again at once: the attempt under way began on another network, or before a suspend. */
static void
try_anew (FlooLink *self)
{
  if (self->state == FLOO_LINK_CONNECTING)
    {
      clear_try (self);
      set_state (self, FLOO_LINK_WAITING);
    }
  if (self->state == FLOO_LINK_WAITING)
    try_connect (self);
}

static void
on_came (FlooNetwatch *netwatch, gpointer user_data)
{
  g_autoptr (FlooLink) self = g_object_ref (user_data);

  if (self->state != FLOO_LINK_CONNECTING || !self->local)
    try_anew (self);
}

/* The connection may be dead without notice: pings at once. */
static void
on_changed (FlooNetwatch *netwatch, FlooLink *self)
{
  if (self->state == FLOO_LINK_UP)
    floo_heart_beat (self->heart);
}

/* The service has dropped every connection from before the suspend. */
static void
on_woke (FlooNetwatch *netwatch, gpointer user_data)
{
  g_autoptr (FlooLink) self = g_object_ref (user_data);

  if (self->state == FLOO_LINK_UP)
    floo_link_lost_with (self, FLOO_ERROR_OFFLINE, "the machine was suspended");
  try_anew (self);
}

static void
watch (FlooLink *self)
{
  g_signal_connect_object (self->netwatch, "came", G_CALLBACK (on_came), self, 0);
  g_signal_connect_object (self->netwatch, "changed", G_CALLBACK (on_changed), self, 0);
  g_signal_connect_object (self->netwatch, "woke", G_CALLBACK (on_woke), self, 0);
}

/* -- the object -- */

static void
floo_link_dispose (GObject *object)
{
  FlooLink *self = FLOO_LINK (object);

  clear_retry (self);
  clear_try (self);
  if (self->netwatch != NULL)
    g_signal_handlers_disconnect_by_data (self->netwatch, self);
  g_clear_object (&self->netwatch);
  G_OBJECT_CLASS (floo_link_parent_class)->dispose (object);
}

static void
floo_link_finalize (GObject *object)
{
  FlooLink *self = FLOO_LINK (object);

  g_clear_error (&self->error);
  G_OBJECT_CLASS (floo_link_parent_class)->finalize (object);
}

static void
floo_link_class_init (FlooLinkClass *class)
{
  G_OBJECT_CLASS (class)->dispose = floo_link_dispose;
  G_OBJECT_CLASS (class)->finalize = floo_link_finalize;
  floo_link_signals[FLOO_LINK_SIGNAL_STATE_CHANGED]
      = g_signal_new ("state-changed", FLOO_TYPE_LINK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  floo_link_signals[FLOO_LINK_SIGNAL_FRAME] = g_signal_new ("frame", FLOO_TYPE_LINK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                                            G_TYPE_BYTES | G_SIGNAL_TYPE_STATIC_SCOPE);
  floo_link_signals[FLOO_LINK_SIGNAL_HEARD] = g_signal_new ("heard", FLOO_TYPE_LINK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                                            0);
}

static void
floo_link_init (FlooLink *self)
{
  self->open = floo_channel_ws_open_async;
  self->finish = floo_channel_ws_open_finish;
  self->timeout_ms = FLOO_CONNECT_TIMEOUT_MS;
  self->timeout_step_ms = FLOO_CONNECT_TIMEOUT_STEP_MS;
  floo_link_set_delays (self, MIN_DELAY_MS, MAX_DELAY_MS);
}

FlooLink *
floo_link_new (FlooLinkUrlFunc url_func, gpointer user_data)
{
  FlooLink *self;

  g_return_val_if_fail (url_func != NULL, NULL);

  self = g_object_new (FLOO_TYPE_LINK, NULL);
  self->url_func = url_func;
  self->user_data = user_data;
  return self;
}

void
floo_link_set_opener (FlooLink *self, FlooChannelOpenAsync open, FlooChannelOpenFinish finish)
{
  g_return_if_fail (FLOO_IS_LINK (self));
  self->open = open;
  self->finish = finish;
}

void
floo_link_set_failed_func (FlooLink *self, FlooLinkFailedFunc func)
{
  g_return_if_fail (FLOO_IS_LINK (self));
  self->failed_func = func;
}

void
floo_link_set_delays (FlooLink *self, guint min_ms, guint max_ms)
{
  g_return_if_fail (FLOO_IS_LINK (self));
  /* Constant, not growing: clients that lost the same service at once shall reconnect spread over the whole interval. */
  self->backoff = (FlooBackoff){ .min_ms = min_ms, .max_ms = max_ms, .factor_percent = 100 };
}

void
floo_link_set_connect_timeout (FlooLink *self, guint first_ms, guint step_ms)
{
  g_return_if_fail (FLOO_IS_LINK (self));
  self->timeout_ms = first_ms;
  self->timeout_step_ms = step_ms;
}

void
floo_link_set_netwatch (FlooLink *self, FlooNetwatch *netwatch)
{
  g_return_if_fail (FLOO_IS_LINK (self) && self->netwatch == NULL);
  self->netwatch = g_object_ref (netwatch);
  watch (self);
}

void
floo_link_start (FlooLink *self)
{
  g_return_if_fail (FLOO_IS_LINK (self));

  self->wanted = TRUE;
  if (self->netwatch == NULL)
    {
      self->netwatch = floo_netwatch_new ();
      watch (self);
    }
  if (self->state == FLOO_LINK_DOWN || self->state == FLOO_LINK_WAITING)
    try_connect (self);
}

void
floo_link_stop (FlooLink *self)
{
  g_return_if_fail (FLOO_IS_LINK (self));

  self->wanted = FALSE;
  clear_retry (self);
  if (self->state == FLOO_LINK_UP)
    floo_channel_send_text (self->channel, FLOO_SIO_TEXT_DISCONNECT);
  clear_try (self);
  set_state (self, FLOO_LINK_DOWN);
}

void
floo_link_drop (FlooLink *self, const GError *error)
{
  g_return_if_fail (FLOO_IS_LINK (self));
  floo_link_lost (self, error);
}

void
floo_link_send (FlooLink *self, GBytes *frame)
{
  g_autoptr (GBytes) message = NULL;

  g_return_if_fail (FLOO_IS_LINK (self));
  g_return_if_fail (frame != NULL);

  if (self->state != FLOO_LINK_UP)
    return;
  message = floo_sio_encode_binary (frame);
  self->active_at = g_get_monotonic_time ();
  floo_channel_send_text (self->channel, FLOO_SIO_TEXT_FRAME);
  floo_channel_send_binary (self->channel, message);
}

FlooLinkState
floo_link_get_state (FlooLink *self)
{
  g_return_val_if_fail (FLOO_IS_LINK (self), FLOO_LINK_DOWN);
  return self->state;
}

guint
floo_link_get_attempts (FlooLink *self)
{
  g_return_val_if_fail (FLOO_IS_LINK (self), 0);
  return self->attempts;
}

void
floo_link_reset_attempts (FlooLink *self)
{
  g_return_if_fail (FLOO_IS_LINK (self));
  self->attempts = 0;
  self->accepted = self->state == FLOO_LINK_UP;
  floo_backoff_reset (&self->backoff);
}

gint64
floo_link_get_next_retry (FlooLink *self)
{
  g_return_val_if_fail (FLOO_IS_LINK (self), 0);
  return self->next_retry;
}

const GError *
floo_link_get_error (FlooLink *self)
{
  g_return_val_if_fail (FLOO_IS_LINK (self), NULL);
  return self->error;
}
