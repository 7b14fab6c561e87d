/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/mailbox.h"

/* The most items in one iteration of the main loop, so that other sources are served, too. */
#define ITEMS_A_TURN 32
/* A turn ends after this time. If it had a patient item, a pause of the same length follows: a large reply keeps GDBus's connection locked while it
 * is serialised, and one after another would keep calls from coming in. */
#define TURN_US (5 * 1000)

struct _FlooMailbox {
  GSource source;
  GMutex lock;
  GQueue items;
  GQueue patient;       /* after items, but at least in every second turn */
  gboolean is_due;      /* a patient item comes first */
  gboolean was_patient; /* this turn had one */
  gint64 resume_at;     /* monotonic time in us */
  FlooMailboxFunc func;
  GDestroyNotify free_item;
  gpointer user_data;
};

static gpointer
take (FlooMailbox *mailbox)
{
  gpointer item;

  g_mutex_lock (&mailbox->lock);
  item = mailbox->is_due ? NULL : g_queue_pop_head (&mailbox->items);
  if (item == NULL)
    {
      item = g_queue_pop_head (&mailbox->patient);
      mailbox->was_patient |= item != NULL;
      mailbox->is_due = FALSE;
    }
  if (item == NULL)
    g_source_set_ready_time (&mailbox->source, -1);
  g_mutex_unlock (&mailbox->lock);
  return item;
}

static void
end_turn (FlooMailbox *mailbox, gint64 took)
{
  g_mutex_lock (&mailbox->lock);
  mailbox->resume_at = mailbox->was_patient && took >= TURN_US ? g_get_monotonic_time () + took : 0;
  mailbox->is_due = !mailbox->was_patient && mailbox->patient.length > 0;
  mailbox->was_patient = FALSE;
  if (mailbox->items.length + mailbox->patient.length > 0 && !g_source_is_destroyed (&mailbox->source))
    g_source_set_ready_time (&mailbox->source, mailbox->resume_at);
  g_mutex_unlock (&mailbox->lock);
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  FlooMailbox *mailbox = (FlooMailbox *) source;
  gint64 began = g_get_monotonic_time (), took = 0;
  gpointer item;

  for (guint i = 0; i < ITEMS_A_TURN && took < TURN_US && !g_source_is_destroyed (source); i++)
    {
      item = take (mailbox);
      if (item == NULL)
        break;
      mailbox->func (item, mailbox->user_data);
      took = g_get_monotonic_time () - began;
    }
  end_turn (mailbox, took);
  return G_SOURCE_CONTINUE;
}

static void
finalize (GSource *source)
{
  FlooMailbox *mailbox = (FlooMailbox *) source;

  g_queue_clear_full (&mailbox->items, mailbox->free_item);
  g_queue_clear_full (&mailbox->patient, mailbox->free_item);
  g_mutex_clear (&mailbox->lock);
}

static GSourceFuncs funcs = { .dispatch = dispatch, .finalize = finalize };

FlooMailbox *
floo_mailbox_new (GMainContext *context, FlooMailboxFunc func, GDestroyNotify free_item, gpointer user_data)
{
  FlooMailbox *mailbox = (FlooMailbox *) g_source_new (&funcs, sizeof (FlooMailbox));

  g_mutex_init (&mailbox->lock);
  g_queue_init (&mailbox->items);
  g_queue_init (&mailbox->patient);
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

static void
post (FlooMailbox *mailbox, GQueue *queue, gpointer item)
{
  g_mutex_lock (&mailbox->lock);
  g_queue_push_tail (queue, item);
  g_source_set_ready_time (&mailbox->source, mailbox->resume_at);
  g_mutex_unlock (&mailbox->lock);
}

void
floo_mailbox_post (FlooMailbox *mailbox, gpointer item)
{
  post (mailbox, &mailbox->items, item);
}

void
floo_mailbox_post_patient (FlooMailbox *mailbox, gpointer item)
{
  post (mailbox, &mailbox->patient, item);
}
