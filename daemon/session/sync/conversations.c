/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conversations.c: the operations of the interfaces Conversations and Events that read the store.
 */
#include "session/sync/parts.h"

#include "session/job/call.h"
#include "store/tables/conversations.h"
#include "store/tables/journal.h"
#include "store/tables/messages.h"
#include "store/tables/receipts.h"

static gboolean
last_serial (FlooDb *db, guint64 *last, GError **error)
{
  guint64 first;

  return floo_journal_get_position (db, &first, last, error);
}

/* ---- the list ---- */

typedef struct {
  FlooCall call;
  char *cursor;
  guint limit;
  gboolean pinned_first, unread;
  char *type;
} ConversationsQuery;

static void
conversations_query_free (gpointer data)
{
  ConversationsQuery *query = data;

  g_free (query->cursor);
  g_free (query->type);
  floo_call_free (query);
}

static gboolean
run_list (FlooDb *db, gpointer data, GError **error)
{
  ConversationsQuery *query = data;
  g_autofree char *next = NULL;
  guint64 serial;
  GVariant *items;

  if (!last_serial (db, &serial, error))
    return FALSE;
  items = floo_conversations_list (db, query->cursor, query->limit, query->pinned_first, query->unread, query->type, &next, error);
  if (items == NULL)
    return FALSE;
  query->call.result = g_variant_ref_sink (g_variant_new ("(@aa{sv}st)", items, next, serial));
  return TRUE;
}

void
floo_sync_list_conversations (FlooSync *self, const char *cursor, guint limit, gboolean pinned_first, gboolean unread, const char *type,
                              FlooReply reply, gpointer user_data)
{
  ConversationsQuery *query;

  if (!floo_call_check_account (self->account, reply, user_data))
    return;
  query = floo_call_new (sizeof *query, self->account, reply, user_data);
  query->cursor = g_strdup (cursor);
  query->limit = limit;
  query->pinned_first = pinned_first;
  query->unread = unread;
  query->type = g_strdup (type);
  floo_call_read (query, FLOO_READ_DEFAULT, run_list, conversations_query_free);
}

/* ---- one conversation, one message ---- */

typedef struct {
  FlooCall call;
  gint64 id;
} IdQuery;

static gboolean
run_get_conversation (FlooDb *db, gpointer data, GError **error)
{
  IdQuery *query = data;
  GVariant *item = floo_conversations_get (db, query->id, error);

  if (item == NULL)
    return FALSE;
  query->call.result = g_variant_ref_sink (g_variant_new ("(@a{sv})", item));
  return TRUE;
}

static gboolean
run_get_message (FlooDb *db, gpointer data, GError **error)
{
  IdQuery *query = data;
  GVariant *message = floo_messages_get_variant (db, query->id, error);

  if (message == NULL)
    return FALSE;
  query->call.result = g_variant_ref_sink (g_variant_new ("(@" FLOO_MESSAGE_TYPE ")", message));
  return TRUE;
}

static IdQuery *
id_query_new (FlooAccount *account, gint64 id, const char *what, gint64 least, FlooReply reply, gpointer user_data)
{
  IdQuery *query;

  if (!floo_call_check_account (account, reply, user_data))
    return NULL;
  if (id < least)
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "%s must not be %" G_GINT64_FORMAT, what, id);
      return NULL;
    }
  query = floo_call_new (sizeof *query, account, reply, user_data);
  query->id = id;
  return query;
}

void
floo_sync_get_conversation (FlooSync *self, gint64 id, FlooReply reply, gpointer user_data)
{
  IdQuery *query = id_query_new (self->account, id, "conversation", 0, reply, user_data);

  if (query != NULL)
    floo_call_read (query, FLOO_READ_DEFAULT, run_get_conversation, floo_call_free);
}

void
floo_sync_get_message (FlooSync *self, gint64 id, FlooReply reply, gpointer user_data)
{
  IdQuery *query = id_query_new (self->account, id, "id", 1, reply, user_data);

  if (query != NULL)
    floo_call_read (query, FLOO_READ_DEFAULT, run_get_message, floo_call_free);
}

static gboolean
run_get_readers (FlooDb *db, gpointer data, GError **error)
{
  IdQuery *query = data;
  GVariant *readers = floo_receipts_list (db, query->id, error);

  if (readers == NULL)
    return FALSE;
  query->call.result = g_variant_ref_sink (readers);
  return TRUE;
}

void
floo_sync_get_readers (FlooSync *self, gint64 message, FlooReply reply, gpointer user_data)
{
  IdQuery *query = id_query_new (self->account, message, "message", 1, reply, user_data);

  if (query != NULL)
    floo_call_read (query, FLOO_READ_DEFAULT, run_get_readers, floo_call_free);
}

/* ---- Events ---- */

typedef struct {
  FlooCall call;
  guint64 since;
  guint limit;
} ReplayQuery;

static gboolean
run_get_position (FlooDb *db, gpointer data, GError **error)
{
  ReplayQuery *query = data;
  guint64 first, last;

  if (!floo_journal_get_position (db, &first, &last, error))
    return FALSE;
  query->call.result = g_variant_ref_sink (g_variant_new ("(stt)", query->call.text, first, last));
  return TRUE;
}

static gboolean
run_replay (FlooDb *db, gpointer data, GError **error)
{
  ReplayQuery *query = data;
  guint64 next, last;
  GVariant *events = floo_journal_replay (db, query->since, query->limit, &next, &last, error);

  if (events == NULL)
    return FALSE;
  query->call.result = g_variant_ref_sink (g_variant_new ("(@a(txsv)tt)", events, next, last));
  return TRUE;
}

void
floo_sync_get_position (FlooSync *self, FlooReply reply, gpointer user_data)
{
  ReplayQuery *query;

  if (!floo_call_check_account (self->account, reply, user_data))
    return;
  query = floo_call_new (sizeof *query, self->account, reply, user_data);
  query->call.text = g_strdup (floo_store_get_journal_id (floo_account_get_store (self->account)));
  floo_call_read (query, FLOO_READ_DEFAULT, run_get_position, floo_call_free);
}

void
floo_sync_replay (FlooSync *self, const char *journal, guint64 since, guint limit, FlooReply reply, gpointer user_data)
{
  ReplayQuery *query;

  if (!floo_call_check_account (self->account, reply, user_data))
    return;
  if (!g_str_equal (journal, floo_store_get_journal_id (floo_account_get_store (self->account))))
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_JOURNAL_CHANGED,
                        "The journal is now %s: reload the messages shown and continue from its position",
                        floo_store_get_journal_id (floo_account_get_store (self->account)));
      return;
    }
  query = floo_call_new (sizeof *query, self->account, reply, user_data);
  query->since = since;
  query->limit = limit;
  floo_call_read (query, FLOO_READ_BULK, run_replay, floo_call_free);
}
