/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/mailbox.h"

/* So many items a turn of the main loop: others have their turn, too. */
#define ITEMS_A_TURN 32

struct _FlooMailbox {
  GSource source;
  GMutex lock;
  GQueue items;
  FlooMailboxFunc func;
  GDestroyNotify free_item;
  gpointer user_data;
};

static gpointer
take (FlooMailbox *mailbox)
{
  gpointer item;

  g_mutex_lock (&mailbox->lock);
  item = g_queue_pop_head (&mailbox->items);
  if (item == NULL)
    g_source_set_ready_time (&mailbox->source, -1);
  g_mutex_unlock (&mailbox->lock);
  return item;
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  FlooMailbox *mailbox = (FlooMailbox *) source;
  gpointer item;

  for (guint i = 0; i < ITEMS_A_TURN && !g_source_is_destroyed (source); i++)
    {
      item = take (mailbox);
      if (item == NULL)
        break;
      mailbox->func (item, mailbox->user_data);
    }
  return G_SOURCE_CONTINUE;
}

static void
finalize (GSource *source)
{
  FlooMailbox *mailbox = (FlooMailbox *) source;

  g_queue_clear_full (&mailbox->items, mailbox->free_item);
  g_mutex_clear (&mailbox->lock);
}

static GSourceFuncs funcs = { .dispatch = dispatch, .finalize = finalize };

FlooMailbox *
floo_mailbox_new (GMainContext *context, FlooMailboxFunc func, GDestroyNotify free_item, gpointer user_data)
{
  FlooMailbox *mailbox = (FlooMailbox *) g_source_new (&funcs, sizeof (FlooMailbox));

  g_mutex_init (&mailbox->lock);
  g_queue_init (&mailbox->items);
  mailbox->func = func;
  mailbox->free_item = free_item;
  mailbox->user_data = user_data;
  g_source_set_static_name (&mailbox->source, "[flooimd] store");
  g_source_attach (&mailbox->source, context);
  return mailbox;
}

void
floo_mailbox_free (FlooMailbox *mailbox)
{
  g_source_destroy (&mailbox->source);
  g_source_unref (&mailbox->source);
}

void
floo_mailbox_post (FlooMailbox *mailbox, gpointer item)
{
  g_mutex_lock (&mailbox->lock);
  g_queue_push_tail (&mailbox->items, item);
  g_source_set_ready_time (&mailbox->source, 0);
  g_mutex_unlock (&mailbox->lock);
}
