/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/socket/channel.h"

enum { SIGNAL_TEXT, SIGNAL_BINARY, SIGNAL_CLOSED, N_SIGNALS };

static guint signals[N_SIGNALS];

typedef struct {
  gboolean closed; /* "closed" was emitted: nothing follows it */
} FlooChannelPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (FlooChannel, floo_channel, G_TYPE_OBJECT)

static void
floo_channel_class_init (FlooChannelClass *class)
{
  signals[SIGNAL_TEXT] = g_signal_new ("text", FLOO_TYPE_CHANNEL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                       G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE, G_TYPE_UINT64);
  signals[SIGNAL_BINARY] = g_signal_new ("binary", FLOO_TYPE_CHANNEL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                         G_TYPE_BYTES | G_SIGNAL_TYPE_STATIC_SCOPE);
  signals[SIGNAL_CLOSED] = g_signal_new ("closed", FLOO_TYPE_CHANNEL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                         G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static void
floo_channel_init (FlooChannel *self)
{
}

static gboolean
is_closed (FlooChannel *self)
{
  FlooChannelPrivate *priv = floo_channel_get_instance_private (self);

  return priv->closed;
}

void
floo_channel_send_text (FlooChannel *self, const char *text)
{
  g_return_if_fail (FLOO_IS_CHANNEL (self));
  g_return_if_fail (text != NULL);

  if (!is_closed (self))
    FLOO_CHANNEL_GET_CLASS (self)->send_text (self, text);
}

void
floo_channel_send_binary (FlooChannel *self, GBytes *message)
{
  g_return_if_fail (FLOO_IS_CHANNEL (self));
  g_return_if_fail (message != NULL);

  if (!is_closed (self))
    FLOO_CHANNEL_GET_CLASS (self)->send_binary (self, message);
}

void
floo_channel_close (FlooChannel *self)
{
  g_return_if_fail (FLOO_IS_CHANNEL (self));

  if (!is_closed (self))
    FLOO_CHANNEL_GET_CLASS (self)->close (self);
}

void
floo_channel_emit_text (FlooChannel *self, const char *text, gsize len)
{
  g_return_if_fail (FLOO_IS_CHANNEL (self));

  if (!is_closed (self))
    g_signal_emit (self, signals[SIGNAL_TEXT], 0, text, (guint64) len);
}

void
floo_channel_emit_binary (FlooChannel *self, GBytes *message)
{
  g_return_if_fail (FLOO_IS_CHANNEL (self));

  if (!is_closed (self))
    g_signal_emit (self, signals[SIGNAL_BINARY], 0, message);
}

void
floo_channel_emit_closed (FlooChannel *self, const GError *error)
{
  FlooChannelPrivate *priv;

  g_return_if_fail (FLOO_IS_CHANNEL (self));

  priv = floo_channel_get_instance_private (self);
  if (priv->closed)
    return;
  priv->closed = TRUE;
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0, error);
}
