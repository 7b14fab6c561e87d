/* SPDX-License-Identifier: GPL-3.0-or-later */
/* messages-fixture.h: what the tests of messages and of conversations share. */
#pragma once

#include "store-fixture.h"

/* Runs @body as a write job; it sees @db and @error, and returns. */
#define WRITE(f, name) fixture_write (f, name, NULL)
#define OK(call) \
  if (!(call)) \
  return FALSE

static inline gboolean
insert_one_to_nine (FlooDb *db, gpointer data, GError **error)
{
  for (gint64 id = 1; id <= 9; id++)
    {
      FlooMessage message = fixture_message (id * 10, 7, 7, "text");

      OK (fixture_take_in (db, &message, TRUE, error));
    }
  return TRUE;
}

/* For the unread counts after each way in which a message becomes read or unread, or is removed. */
typedef struct {
  gint64 conversation;
  guint unread, total;
} Counts;

static inline gboolean
get_counts (FlooDb *db, gpointer data, GError **error)
{
  Counts *counts = data;

  return floo_conversations_get_unread (db, counts->conversation, &counts->unread, error)
         && floo_conversations_get_unread_total (db, &counts->total, error);
}

static inline void
assert_counts (Fixture *f, gint64 conversation, guint unread, guint total)
{
  Counts counts = { conversation, 0, 0 };

  fixture_read (f, get_counts, &counts);
  g_assert_cmpuint (counts.unread, ==, unread);
  g_assert_cmpuint (counts.total, ==, total);
}

static inline gboolean
delete_message (FlooDb *db, gpointer data, GError **error)
{
  gint64 id = *(int *) data;
  gboolean deleted;
  gint64 conversation;
  FlooToType to_type;

  OK (floo_messages_delete (db, id, &deleted, &conversation, &to_type, error));
  *(int *) data = deleted;
  return TRUE;
}

typedef struct {
  gint64 conversation, up_to, last;
  GArray *read;
} ReadUpTo;

static inline gboolean
read_up_to (FlooDb *db, gpointer data, GError **error)
{
  ReadUpTo *read = data;

  return floo_messages_read_up_to (db, read->conversation, read->up_to, read->read, &read->last, error);
}

typedef struct {
  gint64 id;
  GVariant *item;
} GetItem;

static inline gboolean
do_get_item (FlooDb *db, gpointer data, GError **error)
{
  GetItem *get = data;

  get->item = floo_conversations_get (db, get->id, error);
  if (get->item != NULL)
    g_variant_ref_sink (get->item);
  return get->item != NULL;
}

static inline GVariant *
get_item (Fixture *f, gint64 id)
{
  GetItem get = { id, NULL };
  g_autoptr (GError) error = fixture_try_read (f, do_get_item, &get);

  if (error != NULL)
    g_assert_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND);
  return get.item;
}
