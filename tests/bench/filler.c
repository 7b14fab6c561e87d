/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filler.c: puts messages into the store of a daemon that is not running.
 *
 *   bench-filler FOLDER USER NUMBER
 *
 * Half of the messages are of four people, the others of sixty; every tenth is ours. The ids are below those of the sandbox.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store/open.h"
#include "store/tables/conversations.h"
#include "store/tables/messages.h"

#define FIRST_ID G_GINT64_CONSTANT (7000000000000000)
#define FIRST_TIME G_GINT64_CONSTANT (1700000000000)
#define FIRST_PEER 100000
#define BUSY 4
#define OTHERS 60
#define BATCH 1000

typedef struct {
  GMainLoop *loop;
  FlooStore *store;
  gint64 user;
  guint n, made;
} Filler;

/* Plain words for a search. */
static char *
make_text (guint i)
{
  static const char *const words[] = { "meeting", "今天", "tomorrow", "开会", "report", "我们", "thanks", "晚上", "lunch", "好的", "train", "明白" };

  return g_strdup_printf ("%s %s no. %u: %s %s", words[i % 12], words[i / 12 % 12], i, words[i / 144 % 12], words[i / 1728 % 12]);
}

static gboolean
insert_one (FlooDb *db, Filler *filler, guint i, GError **error)
{
  g_autofree char *text = make_text (i);
  gboolean ours = i % 10 == 9, is_new;
  FlooMessage message = { .id = FIRST_ID + i,
                          .conversation = FIRST_PEER + (i % 2 == 0 ? i / 2 % BUSY : BUSY + i / 2 % OTHERS),
                          .to_type = FLOO_TO_ROSTER,
                          .type = FLOO_TYPE_TEXT,
                          .content = text,
                          .timestamp = FIRST_TIME + (gint64) i * 1000,
                          .status = FLOO_STATUS_READ,
                          .flags = ours ? FLOO_MESSAGE_OUTGOING : 0 };

  message.from = ours ? filler->user : message.conversation;
  message.to = ours ? message.conversation : filler->user;
  if (!floo_messages_insert (db, &message, FALSE, &is_new, error))
    return FALSE;
  /* The list needs only the last message of each conversation. */
  return i + 2 * OTHERS < filler->n
         || floo_conversations_touch (db, message.conversation, FLOO_CONVERSATION_ROSTER, TRUE, 0, FALSE, message.id, message.timestamp, error);
}

static gboolean
insert_batch (FlooDb *db, gpointer data, GError **error)
{
  Filler *filler = data;

  for (guint i = 0; i < BATCH && filler->made < filler->n; i++, filler->made++)
    if (!insert_one (db, filler, filler->made, error))
      return FALSE;
  return TRUE;
}

static void
on_done (FlooStore *store, gpointer data, const GError *error)
{
  Filler *filler = data;

  if (error != NULL)
    g_error ("%s", error->message);
  g_main_loop_quit (filler->loop);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  Filler *filler = data;
  g_autoptr (GError) error = NULL;

  filler->store = floo_store_open_finish (result, NULL, &error);
  on_done (NULL, filler, error);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  floo_store_close_finish (FLOO_STORE (source), result);
  on_done (NULL, data, NULL);
}

int
main (int argc, char **argv)
{
  Filler filler = { 0 };

  if (argc != 4)
    {
      fprintf (stderr, "usage: %s FOLDER USER NUMBER\n", argv[0]);
      return 2;
    }
  filler.user = g_ascii_strtoll (argv[2], NULL, 10);
  filler.n = (guint) atoi (argv[3]);
  filler.loop = g_main_loop_new (NULL, FALSE);
  floo_store_open_async (argv[1], filler.user, NULL, on_opened, &filler);
  g_main_loop_run (filler.loop);
  while (filler.made < filler.n)
    {
      floo_store_write (filler.store, insert_batch, on_done, &filler, NULL);
      g_main_loop_run (filler.loop);
    }
  floo_store_catch_up (filler.store, 3600 * 1000, on_done, &filler);
  g_main_loop_run (filler.loop);
  floo_store_close_async (filler.store, on_closed, &filler);
  g_main_loop_run (filler.loop);
  g_object_unref (filler.store);
  g_main_loop_unref (filler.loop);
  return 0;
}
