/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notify.h: the parts of `flooim-notify` and what they share.
 *
 *     main.c   options, the journal, the state that outlives a run
 *     chats.c  what each conversation has that is not shown yet, from events
 *     show.c   when and how it is shown, and what the user chooses
 *     desk.c   notifications on the desktop
 */
#pragma once

#include "client/follow.h"

G_BEGIN_DECLS

typedef struct
{
  gint64 message;
  char *text;
} FlooLine;

/* Ids of notifications that are not of one conversation. */
#define FLOO_SUMMARY -1
#define FLOO_NOT_SENT -2

/* A conversation with unread messages, or one of these two. */
typedef struct
{
  gint64 id;
  GVariant *note;       /* (nullable): its notification, as the desktop names it */
  char *name;           /* "": not known yet */
  guint32 unread;
  gboolean is_system, is_muted;
  gboolean known;       /* its entry came since the last message */
  GArray *lines;        /* of FlooLine: the last messages, oldest first */
  gint64 last, mention; /* ids: of the last message, and of the last one that mentions the user */
  gint64 shown;         /* id of the last message that was shown */
  enum { FLOO_PLACE_NONE, FLOO_PLACE_APART, FLOO_PLACE_SUMMARY } place;
  gint64 since;         /* monotonic: when it got a notification of its own */
} FlooChat;

typedef struct FlooDesk FlooDesk;

typedef struct
{
  GDBusConnection *connection;
  char *bus_name;           /* of the daemon */
  char *path;               /* of the state */
  FlooFollow *follow;       /* (nullable): what the desktop can do is not known yet */
  FlooDesk *desk;
  GPtrArray *chats;         /* of FlooChat */
  gboolean no_previews, stopping;
  gboolean overdue;             /* stopping, and the server did not answer in time */
  gboolean loading;         /* events were lost: what is unread in the list of conversations is new */
  gboolean summary_changed;
  char *unsent;             /* (nullable): a reply that was not sent, to be shown */
  guint timer;
  gint64 due, gather_until; /* monotonic: when the timer ends; when it ends at the earliest */
  gint64 save_at;           /* monotonic: not to be saved before that */
  GVariant *settings;       /* the user's: an a{sv} */
  gint64 settings_until;    /* monotonic: they are asked for again then */
  gboolean asking;          /* for the settings */
} FlooNotify;

/* ---- main.c ---- */

/* What the desktop can do is known: at the start, and whenever a server of notifications starts or ends. */
void floo_notify_ready (FlooNotify *self);
/* Nothing is left to be shown now. */
void floo_notify_idle (FlooNotify *self);

/* ---- chats.c ---- */

void floo_chat_free (gpointer chat);
/* (nullable) */
FlooChat *floo_chat_find (FlooNotify *self, gint64 id);
FlooChat *floo_chat_ensure (FlooNotify *self, gint64 id);
/* Something was not shown yet. */
gboolean floo_chat_is_fresh (const FlooChat *chat);
/* Forgets it, and withdraws its notification. */
void floo_chat_drop (FlooNotify *self, FlooChat *chat);
/* FALSE: the event does not concern notifications. */
gboolean floo_chats_event (FlooNotify *self, const char *name, GVariant *args);
/* Reads the list of conversations from @cursor on. */
void floo_chats_load (FlooNotify *self, const char *cursor);

/* What is shown, for the next start: (floating) */
#define FLOO_CHATS_TYPE "a(xmvsuxb)"
GVariant *floo_chats_save (FlooNotify *self);
void floo_chats_restore (FlooNotify *self, GVariant *saved);

/* ---- show.c ---- */

/* Shows what is fresh in @ms, or sooner; later where messages are being gathered after a login. */
void floo_show_later (FlooNotify *self, gint64 ms);
/* Shows what is fresh, one notification after the other. */
void floo_show (FlooNotify *self);
/* Nothing waits to be shown. */
gboolean floo_show_is_done (FlooNotify *self);
/* The answer to floo_desk_show(). */
void floo_show_answered (FlooNotify *self, gint64 id, gboolean success);
/* The notification is gone: dismissed, expired, or acted on. */
void floo_show_closed (FlooNotify *self, FlooChat *of);
/* The user chose to mark as read (@reply is NULL), or replied. */
void floo_show_chosen (FlooNotify *self, FlooChat *of, const char *reply);

/* ---- desk.c ---- */

/* @app_name: what servers show as the application */
FlooDesk *floo_desk_new (FlooNotify *owner, const char *app_name, gboolean use_portal);
/* A notification is on its way. */
gboolean floo_desk_is_busy (FlooDesk *desk);
/* Shows its notification, in place of the one that it has. Not while it is busy. @can_reply: where the server has a field for it */
void floo_desk_show (FlooDesk *desk, FlooChat *chat, const char *title, const char *body, gboolean can_reply, gboolean silent);
void floo_desk_close (FlooDesk *desk, GVariant *note);
/* Returns: (transfer full): which server it is: what another one showed is gone */
char *floo_desk_dup_server (FlooDesk *desk);

G_END_DECLS
