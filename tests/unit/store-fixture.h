/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store-fixture.h: a store in a folder of its own, and jobs, each of which waits for its end.
 */
#pragma once

#include <glib/gstdio.h>

#include "base/error.h"
#include "run-until.h"
#include "store/tables/contacts.h"
#include "store/tables/conversations.h"
#include "store/tables/journal.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"
#include "store/open.h"

#define FIXTURE_SELF 1000

typedef struct {
  char *root;
  char *folder;         /* root/1000 */
  FlooStore *store;
  FlooStoreOutcome outcome;
  GString *log;         /* what was delivered on the main loop, in order */
  GPtrArray *events;    /* FlooEvent args, with serial */
} Fixture;

/* Runs the main loop until *@flag. */
static inline void
fixture_wait (const gboolean *flag)
{
  run_until (*flag);
}

typedef struct {
  gboolean ended;
  GAsyncResult *result;
} FixtureResult;

static inline void
fixture_on_result (GObject *source, GAsyncResult *result, gpointer data)
{
  FixtureResult *wait = data;

  wait->result = g_object_ref (result);
  wait->ended = TRUE;
}

static inline void
fixture_on_event (const FlooEvent *event, gpointer data)
{
  Fixture *f = data;

  g_string_append_printf (f->log, "%s%" G_GUINT64_FORMAT " ", event->name, event->serial);
  g_ptr_array_add (f->events, g_variant_ref (event->args));
}

static inline FlooStore *
fixture_open_at (const char *folder, FlooStoreOutcome *outcome, GError **error)
{
  FixtureResult wait = { FALSE, NULL };
  FlooStore *store;

  floo_store_open_async (folder, FIXTURE_SELF, NULL, fixture_on_result, &wait);
  fixture_wait (&wait.ended);
  store = floo_store_open_finish (wait.result, outcome, error);
  g_object_unref (wait.result);
  return store;
}

static inline void
fixture_open (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  f->store = fixture_open_at (f->folder, &f->outcome, &error);
  g_assert_no_error (error);
  g_assert_nonnull (f->store);
  floo_store_set_event_func (f->store, fixture_on_event, f);
}

static inline void
fixture_close (Fixture *f)
{
  FixtureResult wait = { FALSE, NULL };

  if (f->store == NULL)
    return;
  floo_store_close_async (f->store, fixture_on_result, &wait);
  fixture_wait (&wait.ended);
  floo_store_close_finish (f->store, wait.result);
  g_object_unref (wait.result);
  g_object_add_weak_pointer (G_OBJECT (f->store), (gpointer *) &f->store);
  g_object_unref (f->store);
  g_assert_null (f->store);
}

static inline void
fixture_reopen (Fixture *f)
{
  fixture_close (f);
  fixture_open (f);
}

static inline void
fixture_remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      fixture_remove_tree (child);
    }
  g_remove (path);
}

/* All but the store itself. */
static inline void
fixture_prepare (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  f->root = g_dir_make_tmp ("floo-store-XXXXXX", &error);
  g_assert_no_error (error);
  f->folder = g_build_filename (f->root, "1000", NULL);
  f->log = g_string_new (NULL);
  f->events = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
}

static inline void
fixture_set_up (Fixture *f, gconstpointer data)
{
  fixture_prepare (f, data);
  fixture_open (f);
}

static inline void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  fixture_close (f);
  fixture_remove_tree (f->root);
  g_string_free (f->log, TRUE);
  g_ptr_array_unref (f->events);
  g_free (f->folder);
  g_free (f->root);
}

static inline char *
fixture_path (Fixture *f, const char *name)
{
  return g_build_filename (f->folder, name, NULL);
}

/* Jobs, each of which waits for its end. */
typedef struct {
  FlooStoreFunc func;
  gpointer data;
  gboolean ended;
  GError *error;
} FixtureJob;

static inline gboolean
fixture_run_job (FlooDb *db, gpointer data, GError **error)
{
  FixtureJob *job = data;

  return job->func (db, job->data, error);
}

static inline void
fixture_job_done (FlooStore *store, gpointer data, const GError *error)
{
  FixtureJob *job = data;

  job->error = error != NULL ? g_error_copy (error) : NULL;
  job->ended = TRUE;
}

static inline GError *
fixture_try_write (Fixture *f, FlooStoreFunc func, gpointer data)
{
  FixtureJob job = { func, data, FALSE, NULL };

  floo_store_write (f->store, fixture_run_job, fixture_job_done, &job, NULL);
  fixture_wait (&job.ended);
  return job.error;
}

static inline void
fixture_write (Fixture *f, FlooStoreFunc func, gpointer data)
{
  g_autoptr (GError) error = fixture_try_write (f, func, data);

  g_assert_no_error (error);
}

static inline GError *
fixture_try_read (Fixture *f, FlooStoreFunc func, gpointer data)
{
  FixtureJob job = { func, data, FALSE, NULL };

  floo_store_read (f->store, fixture_run_job, fixture_job_done, &job, NULL);
  fixture_wait (&job.ended);
  return job.error;
}

static inline void
fixture_read (Fixture *f, FlooStoreFunc func, gpointer data)
{
  g_autoptr (GError) error = fixture_try_read (f, func, data);

  g_assert_no_error (error);
}

/* A message of @from in the conversation with 7, or of group 50 and above. */
static inline FlooMessage
fixture_message (gint64 id, gint64 conversation, gint64 from, const char *content)
{
  FlooMessage message = {
    .id = id,
    .conversation = conversation,
    .from = from,
    .to_type = conversation >= 50 ? FLOO_TO_GROUP : FLOO_TO_ROSTER,
    .type = FLOO_TYPE_TEXT,
    .content = content,
    .timestamp = 1700000000000 + id,
    .flags = from == FIXTURE_SELF ? FLOO_MESSAGE_OUTGOING : 0,
  };

  return message;
}

/* Inserts the message and counts it in the conversation, as the intake does. */
static inline gboolean
fixture_take_in (FlooDb *db, const FlooMessage *message, gboolean counts, GError **error)
{
  FlooConversationType type = message->to_type == FLOO_TO_GROUP ? FLOO_CONVERSATION_GROUP : FLOO_CONVERSATION_ROSTER;
  gboolean is_new;

  if (!floo_messages_insert (db, message, counts, &is_new, error))
    return FALSE;
  return !is_new
         || floo_conversations_touch (db, message->conversation, type, TRUE, counts ? 1 : 0, FALSE, message->id, message->timestamp, error);
}

/* The reply's ids (or others' first column) as text: "1 2 3 " */
static inline char *
fixture_ids (GVariant *messages)
{
  GString *text = g_string_new (NULL);
  GVariantIter iter;
  GVariant *message;

  g_variant_iter_init (&iter, messages);
  while ((message = g_variant_iter_next_value (&iter)) != NULL)
    {
      gint64 id;

      g_variant_get_child (message, 0, "x", &id);
      g_string_append_printf (text, "%" G_GINT64_FORMAT " ", id);
      g_variant_unref (message);
    }
  return g_string_free (text, FALSE);
}
