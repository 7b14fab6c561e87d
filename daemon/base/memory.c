/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"

#include <gio/gio.h>
#include <malloc.h>

/* From this many bytes on the heaps are trimmed. */
#define WORTH_BYTES (4u << 20)
/* Trimming waits for a second in which fewer than CALM_BYTES were noted, but for MAX_WAITS seconds at most. */
#define CALM_BYTES (1u << 20)
#define CALM_MS 1000
#define MAX_WAITS 10
/* Slow threads may free memory after the heaps were trimmed, so they are trimmed once more after this time. */
#define FOLLOW_MS 5000
#define MMAP_THRESHOLD (256 << 10)

static gsize noted;             /* atomic: bytes since the last trimming */
static gint scheduled;          /* atomic: a trimming is scheduled */
static gsize seen;              /* main loop: noted, a second ago */
static guint waits;
static gboolean followed;       /* main loop: the next trimming is the second one */

void
floo_memory_init (void)
{
#ifdef __GLIBC__
  /* Setting it keeps the library from raising it to the size of whatever was freed last. */
  mallopt (M_MMAP_THRESHOLD, MMAP_THRESHOLD);
  /* Small blocks are merged with free neighbours at once. Otherwise they can end up at the top of a thread's heap, which is not trimmed. */
  mallopt (M_MXFAST, 0);
#endif
}

static void
trim_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
#ifdef __GLIBC__
  malloc_trim (0);
#endif
  g_task_return_boolean (task, TRUE);
}

static gboolean on_timer (gpointer user_data);

static void
on_trimmed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  followed = !followed;
  if (followed)
    {
      g_timeout_add (FOLLOW_MS, on_timer, NULL);
      return;
    }
  g_atomic_int_set (&scheduled, 0);
  floo_memory_note (0); /* what came meanwhile */
}

static gboolean
on_timer (gpointer user_data)
{
  gsize now = g_atomic_pointer_get (&noted);
  g_autoptr (GTask) task = NULL;

  if (now - seen > CALM_BYTES && ++waits < MAX_WAITS)
    {
      seen = now;
      return G_SOURCE_CONTINUE;
    }
  if (now >= WORTH_BYTES)
    followed = FALSE; /* so much since the first trimming: it is not followed by this one, there is a new first */
  seen = waits = 0;
  g_atomic_pointer_set (&noted, 0);
  task = g_task_new (NULL, NULL, on_trimmed, NULL);
  g_task_set_source_tag (task, on_timer);
  g_task_run_in_thread (task, trim_thread);
  return G_SOURCE_REMOVE;
}

void
floo_memory_note (gsize bytes)
{
  gsize before = (gsize) g_atomic_pointer_add (&noted, (gssize) bytes);

  if (before + bytes >= WORTH_BYTES && g_atomic_int_compare_and_exchange (&scheduled, 0, 1))
    g_timeout_add (CALM_MS, on_timer, NULL);
}
