/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two lists of the window are made of. Both kinds emit the signal "changed" when something that their row shows is another. */
#pragma once

#include <gtk/gtk.h>

#define CHAT_TYPE_CONVERSATION conversation_get_type ()
G_DECLARE_FINAL_TYPE (Conversation, conversation, CHAT, CONVERSATION, GObject)

struct _Conversation {
  GObject parent;
  gint64 id;
  gint64 timestamp;   /* of the last message or the draft, whichever is later; ms since 1970 */
  gint64 read_up_to;
  guint unread;
  gboolean pinned, mentioned, group;
  char *name, *preview, *draft;
  gboolean typing;
  guint typing_timeout;
};

/* entry: as List and ConversationsChanged have it. */
Conversation *conversation_new (GVariant *entry);
void conversation_update (Conversation *self, GVariant *entry);
/* The other one began or stopped writing; forgotten after a while where no stop is heard. */
void conversation_set_typing (Conversation *self, gboolean typing);
/* GCompareDataFunc: pinned ones first, then the newest. */
int conversation_compare (gconstpointer a, gconstpointer b, gpointer unused);

#define CHAT_TYPE_MESSAGE message_get_type ()
G_DECLARE_FINAL_TYPE (Message, message, CHAT, MESSAGE, GObject)

struct _Message {
  GObject parent;
  gint64 id, conversation, from, client_id, timestamp;
  int status;         /* 0 unread, 1 delivered, 2 read */
  gboolean outgoing;
  gboolean pending;   /* ours, without an id of the service yet */
  char *type, *content, *sender_name, *send_state, *file_name, *error;
  GdkPaintable *thumbnail;
  gboolean thumbnail_wanted;
  double progress;    /* of its file, 0 to 1; -1: nothing is on its way */
  gboolean found;     /* a search led here */
};

/* value: the struct (xxxsssxia{sv}). */
Message *message_new (GVariant *value);
void message_update (Message *self, GVariant *value);
/* item: a RosterItem; the name, where it is the sender's. */
void message_take_sender (Message *self, GVariant *item);
void message_changed (Message *self);
/* GCompareDataFunc: by id, those without an id of the service last. */
int message_compare (gconstpointer a, gconstpointer b, gpointer unused);
