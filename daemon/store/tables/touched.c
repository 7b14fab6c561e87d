/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/touched.h"

static GHashTable *
new_set (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

void
floo_touched_add (GHashTable *set, gint64 id)
{
  if (!g_hash_table_contains (set, &id))
    g_hash_table_add (set, g_memdup2 (&id, sizeof id));
}

static void
on_update (void *data, int operation, const char *database, const char *table, sqlite3_int64 rowid)
{
  FlooTouched *self = data;

  if (self->telling)
    return;
  self->unread_changed = self->unread_changed || g_str_equal (table, "conversations");
  self->outbox_changed = self->outbox_changed || g_str_equal (table, "outbox");
  /* New messages change their conversation's row, too. */
  if (g_str_equal (table, "messages") && operation == SQLITE_UPDATE)
    floo_touched_add (self->messages, rowid);
  else if (g_str_equal (table, "conversations"))
    floo_touched_add (self->conversations, rowid);
  else if (g_str_equal (table, "outbox") && operation != SQLITE_DELETE)
    floo_touched_add (self->outbox, rowid);
}

static void
free_touched (gpointer data)
{
  FlooTouched *self = data;

  g_hash_table_unref (self->conversations);
  g_hash_table_unref (self->messages);
  g_hash_table_unref (self->outbox);
  g_hash_table_unref (self->contacts);
  g_free (self);
}

void
floo_touched_watch (FlooDb *db)
{
  FlooTablesState *state = floo_state_get (db);
  FlooTouched *self = g_new0 (FlooTouched, 1);

  self->conversations = new_set ();
  self->messages = new_set ();
  self->outbox = new_set ();
  self->contacts = new_set ();
  self->unread_changed = self->outbox_changed = TRUE;
  state->touched = self;
  state->free_touched = free_touched;
  sqlite3_update_hook (db->handle, on_update, self);
}

void
floo_touched_add_contact (FlooDb *db, gint64 id)
{
  FlooTablesState *state = floo_state_get (db);

  if (state->touched == NULL)
    return;
  floo_touched_add (state->touched->contacts, id);
  state->touched->unread_changed = TRUE;
}

void
floo_touched_add_message (FlooDb *db, gint64 id)
{
  FlooTablesState *state = floo_state_get (db);

  if (state->touched != NULL)
    floo_touched_add (state->touched->messages, id);
}

void
floo_touched_add_list (FlooDb *db)
{
  FlooTablesState *state = floo_state_get (db);

  if (state->touched != NULL)
    state->touched->list = TRUE;
}

gboolean
floo_touched_any (FlooDb *db)
{
  FlooTablesState *state = floo_state_get (db);
  const FlooTouched *self = state->touched;

  return self->list || g_hash_table_size (self->conversations) > 0 || g_hash_table_size (self->messages) > 0
         || g_hash_table_size (self->outbox) > 0 || g_hash_table_size (self->contacts) > 0;
}

void
floo_touched_forget (FlooDb *db)
{
  FlooTablesState *state = floo_state_get (db);
  FlooTouched *self = state->touched;

  g_hash_table_remove_all (self->conversations);
  g_hash_table_remove_all (self->messages);
  g_hash_table_remove_all (self->outbox);
  g_hash_table_remove_all (self->contacts);
  self->list = FALSE;
}
