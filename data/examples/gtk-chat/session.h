/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the window shows, kept true by signals: loaded once with List and GetMessages; from then on each event is applied as it comes, or as
 * Replay has it after the daemon was away. Applying an event twice does no harm. There is one, as long as the program.
 *
 * Signals: "status": account, current conversation or paging changed. "failed" (s): a call failed, a text for the user. "jumped": messages
 * around the one that was asked for are here. "group-changed": members or announcements of the current conversation.
 */
#pragma once

#include "floo-api.h"
#include "items.h"

#define CHAT_TYPE_SESSION session_get_type ()
G_DECLARE_FINAL_TYPE (Session, session, CHAT, SESSION, GObject)

struct _Session {
  GObject parent;
  FlooAccount *account;              /* NULL until the bus answered */
  FlooConversations *api;
  FlooEvents *events;
  FlooFiles *files;
  FlooGroups *groups;
  FlooRoster *roster;

  GListStore *conversations;         /* of Conversation */
  GListStore *messages;              /* of Message: those of the current conversation that are loaded, without gaps */
  GListStore *results;               /* of Message: what a search found */
  Conversation *current;             /* NULL: none is open */
  gint64 jump;                       /* message to show; 0: the newest */
  gboolean more_before, more_after;  /* there are more messages than those that are loaded */

  char *journal;                     /* NULL: nothing is loaded */
  guint64 last;                      /* serial up to which all is applied */
  guint64 seen;                      /* the highest serial heard of */
  guint64 rewind;                    /* apply from here again, to a page that is older than last; 0: no need */
  gboolean catching_up, loading_page;
  GHashTable *listed;                /* ids of the pages of List so far, while it is read */
  GCancellable *page;                /* of the page that is being loaded */
  GCancellable *search;
};

Session *session_new (void);

/* The state of the connection, as Account.State, or "no-daemon". */
const char *session_get_state (Session *self);
Conversation *session_find (Session *self, gint64 id);

/* Shows the newest messages of a conversation, or those around the message jump where that is not 0. */
void session_open (Session *self, gint64 id, gint64 jump);
/* Loads the next page before or after those that are here; nothing happens where there is none. */
void session_load_more (Session *self, gboolean before);
void session_mark_read (Session *self);
void session_send_text (Session *self, const char *text);
void session_set_draft (Session *self, const char *text);
/* A method of Conversations whose reply only tells of success. arguments: floating or not, taken. */
void session_call (Session *self, const char *method, GVariant *arguments);
void session_login (Session *self, const char *name, const char *password);
void session_search (Session *self, const char *text);
/* Tells the user, unless the call was given up by us. */
void session_failed (Session *self, GError *error);

/* transfers.c */
void session_send_file (Session *self, GFile *file);
void session_load_thumbnail (Session *self, Message *message);
/* Downloads the message's file and shows it in the program for its type. */
void session_open_file (Session *self, Message *message);

/* events.c: applies one event; arguments are those of the signal, the serial first. */
void session_apply (Session *self, const char *name, GVariant *arguments);
/* Puts a message into the list where it belongs to what is shown; replaces the one of the same id. */
void session_put_message (Session *self, GVariant *value, gboolean anywhere);
/* entries: aa{sv}. */
void session_put_conversations (Session *self, GVariant *entries);
/* Reads the list of conversations anew, and the messages of the current one. */
void session_load (Session *self);
/* Applies what happened after the serial last; loads everything where the journal does not have it. */
void session_catch_up (Session *self);
