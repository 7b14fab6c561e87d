/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * settler.c: rows of the outbox of which nobody knows whether the service took them.
 *
 * A row in sending whose device number has become void, or a duplicate's answer without the message's number. It is looked for in the
 * history, one row at a time; only what is surely not there is sent again.
 */
#include "session/internal.h"

#include <string.h>

#include "store/journal.h"
#include "store/messages.h"
#include "store/outbox.h"

#define SLACK_MS (10 * 60 * 1000)       /* between the service's clock and ours */
#define PAGE 100
#define MAX_PAGES 20
#define RETRY_MS 30000

struct _FlooSettler {
  FlooSession *session;         /* our owner */
  gboolean online;
  gboolean busy;
  gboolean again;
  guint timer;
};

FlooSettler *
floo_settler_new (FlooSession *session)
{
  FlooSettler *self = g_new0 (FlooSettler, 1);

  self->session = session;
  return self;
}

void
floo_settler_free (FlooSettler *self)
{
  floo_settler_offline (self);
  g_free (self);
}

void
floo_settler_online (FlooSettler *self)
{
  self->online = TRUE;
  floo_settler_run (self);
}

void
floo_settler_offline (FlooSettler *self)
{
  self->online = FALSE;
  g_clear_handle_id (&self->timer, g_source_remove);
}

/* One row that is looked for in the history. */
typedef struct {
  FlooSession *session;
  gint64 client_id;             /* 0: none is left */
  gint64 conversation;
  gint64 timestamp;
  gint64 device_sn;             /* under which it went out */
  int type;
  gboolean is_message;
  gboolean is_duplicate;        /* the service has it, but did not tell by which number */
  char *content;
  guint pages;
  char *lost;                   /* why it must not be sent again where it is not found; NULL: it may be */
} Settle;

static void
settle_free (gpointer data)
{
  Settle *settle = data;

  g_free (settle->content);
  g_free (settle->lost);
  g_object_unref (settle->session);
  g_free (settle);
}

static void
set_lost (Settle *settle, const char *why)
{
  g_free (settle->lost);
  settle->lost = g_strdup (why);
}

static gboolean
find_uncertain (const FlooOutboxRow *row, gpointer user_data)
{
  Settle *settle = user_data;

  if (row->state != FLOO_SEND_UNCERTAIN)
    return TRUE;
  settle->client_id = row->client_id;
  settle->conversation = row->conversation;
  settle->timestamp = row->timestamp;
  settle->device_sn = row->device_sn;
  settle->type = row->type;
  settle->is_message = row->operation == FLOO_OUTBOX_MESSAGE;
  settle->is_duplicate = settle->is_message && row->error != NULL;
  /* All other operations may be done twice. */
  if (row->operation == FLOO__MESSAGE_OPERATION__OP_TYPE__APPEND)
    set_lost (settle, "it may have been appended before");
  settle->content = g_strdup (row->content);
  return FALSE;
}

static gboolean
run_find_uncertain (FlooDb *db, gpointer data, GError **error)
{
  return floo_outbox_foreach (db, find_uncertain, data, error);
}

static gboolean
keep_uncertain (const FlooOutboxRow *row, gpointer user_data)
{
  *(gboolean *) user_data = row->state == FLOO_SEND_UNCERTAIN;
  return FALSE;
}

/* Not found, and not to be sent again: a message stays for the user to decide, an operation is over. */
static gboolean
give_up (FlooDb *db, const Settle *settle, GError **error)
{
  g_autofree char *text = g_strconcat ("0: ", settle->lost, NULL);

  if (!settle->is_message)
    return floo_sender_journal_status (db, settle->client_id, settle->conversation, FALSE, "failed", 0, 0, settle->lost, error)
           && floo_outbox_delete (db, settle->client_id, error);
  return floo_sender_journal_dependents (db, settle->client_id, settle->conversation, "failed", 0, settle->lost, error)
         && floo_outbox_set_state (db, settle->client_id, FLOO_SEND_FAILED, FALSE, 0, 0, text, TRUE, error)
         && floo_sender_journal_status (db, settle->client_id, settle->conversation, TRUE, "failed", 0, 0, settle->lost, error);
}

/* The message in the history, if it is there. @id: (out): 0: it is not */
static gboolean
find_sent (FlooDb *db, const Settle *settle, gint64 *id, GError **error)
{
  const gint64 since = settle->timestamp - SLACK_MS;

  *id = 0;
  if (!settle->is_message)
    return TRUE;
  if (!floo_messages_find_sent (db, settle->conversation, settle->type, settle->content, since, settle->device_sn, id, error))
    return FALSE;
  /* It may have gone out under an earlier device number than the one by which it was known again. */
  return *id != 0 || !settle->is_duplicate
         || floo_messages_find_sent (db, settle->conversation, settle->type, settle->content, since, 0, id, error);
}

/* The service took it, and its history does not have it any more: as one that was recalled or deleted before we heard of its number. */
static gboolean
sent_and_gone (FlooDb *db, const Settle *settle, GError **error)
{
  gboolean was_there;

  return floo_sender_journal_dependents (db, settle->client_id, settle->conversation, "failed", 0, "the message is not there any more", error)
         && floo_outbox_acknowledge (db, settle->client_id, 0, 0, &was_there, error)
         && floo_sender_journal_status (db, settle->client_id, settle->conversation, FALSE, "sent", 0, 0, NULL, error)
         && floo_journal_append (db, FLOO_SIGNAL_RECENT_LIST_UPDATE, g_variant_new ("()"), NULL, 0, error);
}

/* With what the history gave: acknowledged if it is there; if it is surely not, sent again, or given up. */
static gboolean
run_settle (FlooDb *db, gpointer data, GError **error)
{
  const Settle *settle = data;
  gint64 id = 0;
  gboolean was_there, is_uncertain = FALSE;

  /* Cancelled or acknowledged while the history came. */
  if (!floo_outbox_get (db, settle->client_id, keep_uncertain, &is_uncertain, NULL) || !is_uncertain)
    return TRUE;
  if (!find_sent (db, settle, &id, error))
    return FALSE;
  if (id != 0)
    return floo_outbox_acknowledge (db, settle->client_id, id, 0, &was_there, error)
           && floo_sender_journal_status (db, settle->client_id, settle->conversation, TRUE, "sent", id, 0, NULL, error)
           && floo_journal_append (db, FLOO_SIGNAL_RECENT_LIST_UPDATE, g_variant_new ("()"), NULL, 0, error);
  if (settle->lost != NULL)
    return give_up (db, settle, error);
  if (settle->is_duplicate)
    return sent_and_gone (db, settle, error);
  return floo_outbox_set_state (db, settle->client_id, FLOO_SEND_QUEUED, FALSE, 0, 0, NULL, FALSE, error)
         && floo_sender_journal_status (db, settle->client_id, settle->conversation, settle->is_message, "queued", 0, 0, NULL, error);
}

static void on_settle_history (FlooSession *session, const FlooHistoryPage *page, const GError *error, gpointer user_data);

static gboolean
on_timer (gpointer user_data)
{
  FlooSettler *self = user_data;

  self->timer = 0;
  floo_settler_run (self);
  return G_SOURCE_REMOVE;
}

/* The history could not be had now. */
static void
settle_later (FlooSettler *self)
{
  self->busy = FALSE;
  if (self->online && self->timer == 0)
    self->timer = g_timeout_add (RETRY_MS, on_timer, self);
}

static void
on_settled (FlooStore *store, gpointer data, const GError *error)
{
  Settle *settle = data;
  FlooSettler *self = settle->session->settler;

  if (error != NULL || !self->online)
    {
      settle_later (self);
      return;
    }
  self->busy = FALSE;
  floo_sender_pump (self->session->sender);
  floo_settler_run (self);
}

static void
settle_with_history (Settle *settle, gint64 from)
{
  floo_sync_history (settle->session->sync, settle->conversation, from, PAGE, on_settle_history, settle);
}

static void
on_settle_history (FlooSession *session, const FlooHistoryPage *page, const GError *error, gpointer user_data)
{
  Settle *settle = user_data;

  if (g_error_matches (error, FLOO_ERROR, FLOO_ERROR_REJECTED))
    set_lost (settle, error->message);
  else if (error != NULL)
    {
      settle_later (session->settler);
      settle_free (settle);
      return;
    }
  else if (++settle->pages >= MAX_PAGES)
    set_lost (settle, "it is not in the last pages of the history, and may be in earlier ones");
  if (page == NULL || settle->pages >= MAX_PAGES || page->next == 0 || (page->n > 0 && page->oldest < settle->timestamp - SLACK_MS))
    {
      floo_session_write (session, run_settle, on_settled, settle, settle_free);
      return;
    }
  /* All pages are stored as they come; one search at the end is enough. */
  settle_with_history (settle, page->next);
}

static void
on_uncertain_found (FlooStore *store, gpointer data, const GError *error)
{
  const Settle *found = data;
  FlooSettler *self = found->session->settler;
  Settle *settle;

  if (error != NULL || found->client_id == 0 || !self->online)
    {
      self->busy = FALSE;
      if (self->again)
        floo_settler_run (self);
      return;
    }
  settle = g_memdup2 (found, sizeof *found);
  settle->content = g_strdup (found->content);
  settle->lost = g_strdup (found->lost);
  g_object_ref (settle->session);
  if (settle->is_message)
    settle_with_history (settle, 0);
  else
    floo_session_write (settle->session, run_settle, on_settled, settle, settle_free);
}

void
floo_settler_run (FlooSettler *self)
{
  Settle *settle;

  self->again = self->busy;
  if (self->busy || !self->online)
    return;
  g_clear_handle_id (&self->timer, g_source_remove);
  self->busy = TRUE;
  settle = g_new0 (Settle, 1);
  settle->session = g_object_ref (self->session);
  floo_session_write (self->session, run_find_uncertain, on_uncertain_found, settle, settle_free);
}
