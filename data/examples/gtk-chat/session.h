/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the window shows, kept true by signals: loaded once with List and GetMessages; from then on each event is applied as it comes, or as
 * Replay has it after the daemon was away. Applying an event twice does no harm. There is one, as long as the program.
 *
 * Signals: "status": something changed: the account, an item of a list, paging. "failed" (s): a call failed, a text for the user. "jumped":
 * messages around the one that was asked for are here. "group-changed": members or announcements of the current conversation.
 */
#pragma once

#include "floo-api.h"
#include "item.h"

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

  GListStore *conversations;
  GListStore *messages;              /* those of the current conversation that are loaded, without gaps */
  GListStore *results;               /* messages that a search found */
  Item *current;                     /* the conversation that is open; NULL: none */
  gint64 jump;                       /* message to show; 0: the newest */
  gboolean more_before, more_after;  /* there are more messages than those that are loaded */

  char *journal;                     /* NULL: nothing is loaded */
  guint64 last;                      /* serial up to which all is applied */
  guint64 seen;                      /* the highest serial heard of */
  guint64 rewind;                    /* apply from here again, to a page that is older than last; 0: no need */
  gboolean catching_up;
  GPtrArray *listed;                 /* the pages of List so far, while it is read; else NULL */
  enum { PAGE_NONE, PAGE_NEW, PAGE_BEFORE, PAGE_AFTER } page;   /* being loaded */
  GCancellable *paging, *searching;
};

Session *session_new (void);

/* The state of the connection, as Account.State, or "no-daemon". */
const char *session_get_state (Session *self);
/* Shows the newest messages of a conversation, or those around the message jump where that is not 0. */
void session_open (Session *self, gint64 id, gint64 jump);
/* Loads the next page before or after those that are here; nothing happens where there is none. */
void session_load_more (Session *self, gboolean before);
/* The message comes by SendingMessageStatusChanged, as everything that becomes of it. */
void session_send_text (Session *self, const char *text);
void session_set_draft (Session *self, const char *text);
/* A method of one of the proxies whose reply only tells of success. */
void session_call (Session *self, gpointer proxy, const char *method, GVariant *arguments);
void session_search (Session *self, const char *text);
/* Whether there is an error; it is told to the user, unless we gave the call up. error: may be NULL. */
gboolean session_failed (Session *self, GError *error);
/* Reads the list of conversations anew, and the messages of the current one. */
void session_load (Session *self);
/* Applies what happened after the serial last; loads everything where the journal does not have it. */
void session_catch_up (Session *self);

/* events.c: applies one event; arguments are those of the signal, the serial first. */
void session_apply (Session *self, const char *name, GVariant *arguments);

/* transfers.c */
void session_send_file (Session *self, GFile *file);
/* Of an image or a video, once. */
void session_load_picture (Session *self, Item *message);
/* Downloads the message's file and shows it in the program for its type. */
void session_open_file (Session *self, gint64 message);

/* rows.c */
GtkListItemFactory *rows_new (Session *session, gboolean of_messages);
/* What to show as the name of a conversation. Returns: (transfer full) */
char *conversation_name (GVariant *fields);
