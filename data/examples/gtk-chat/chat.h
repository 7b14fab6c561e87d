/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program keeps what its window shows true by signals. All is loaded once, with List and GetMessages; from then on each event is applied as
 * it comes, or as Replay has it after the daemon was away. Applying an event twice does no harm.
 */
#pragma once

#include <gtk/gtk.h>

#include "floo-api.h"

#define DAEMON "im.floo.Daemon1"

/*
 * What all lists of the window are made of: a record of the daemon, an a{sv}, as it came. It is a conversation, a message, a member or an
 * announcement. The .ui files bind to the properties "record", "picture" and "transfer", and so follow each change.
 */
G_DECLARE_FINAL_TYPE (Item, item, CHAT, ITEM, GObject)

struct _Item {
  GObject parent;
  GVariant *record;
  gint64 id;
  gint64 client_id;         /* of a message of ours: its name for ever, and its id until it was sent; else 0 */
  gint64 order;             /* place in its list: ascending */
  GdkTexture *picture;      /* of a message; NULL: none is loaded */
  FlooTransfer *transfer;   /* its file, on its way; NULL: none is */
  gboolean is_wanted;       /* the picture was asked for */
};

typedef struct {
  FlooAccount *account;
  FlooConversations *api;
  FlooEvents *events;
  FlooFiles *files;
  FlooGroups *groups;

  GtkBuilder *builder;                 /* has all widgets, by the ids of window.ui */
  GListStore *conversations;
  GListStore *messages;                /* those of the current conversation that are loaded, without gaps */
  Item *current;                       /* the conversation that is shown; NULL: none */

  const char *page;                    /* of messages, being loaded: "" (the newest), "around", "before" or "after"; NULL: none */
  gint64 jump;                         /* message that "around" is for */
  gboolean more_before, more_after;    /* there are more messages than those that are loaded */
  char *journal;                       /* NULL: nothing is loaded */
  guint64 last;                        /* serial up to which all is applied */
  guint64 seen;                        /* the highest serial heard of */
  guint64 asked;                       /* from where on Replay was asked for */
  gboolean is_loading;                 /* List or Replay is under way */
  GCancellable *cancellable;           /* of all that is asked about the current conversation */

  gboolean is_opened;                  /* the user opened it, so what comes is read where the window is in front */
  gboolean at_end;                     /* stay at the newest message */
  double value, upper;                 /* of the scroll bar, when it moved last */
  gint64 marked;                       /* the newest message when it was marked as read */
} Chat;

extern Chat chat;

/* item.c */
/* Replaces the record. */
void item_take (Item *self, GVariant *record);
/* Replaces one field. */
void item_set (Item *self, const char *key, GVariant *value);
/* A new message with it, in the current conversation. */
void item_send_file (GFile *file);
/* A field; "" or 0 where there is none. A boolean is a number, too. */
const char *record_text (GVariant *record, const char *key);
gint64 record_number (GVariant *record, const char *key);
/* message: the struct (xxxsssxia{sv}). Returns: (transfer full): its fields as a record */
GVariant *record_of_message (GVariant *message);
guint list_length (GListStore *list);
/* Both return what they borrow from the list; NULL: it is not there. id: or client_id */
Item *list_at (GListStore *list, guint position);
Item *list_find (GListStore *list, gint64 id);
/* Updates the item of this record, and moves it to its place. Where there is none yet it is added if may_add. */
void list_put (GListStore *list, GVariant *record, gboolean may_add);
void list_remove (GListStore *list, gint64 id);
/* GCompareDataFunc, by the order of items */
int list_compare (gconstpointer a, gconstpointer b, gpointer unused);
/* Puts entries (an array of records, or of messages) in the place of n_removed items. */
void list_splice (GListStore *list, guint position, guint n_removed, GVariant *entries);

/* session.c */
void session_connect (void);
/* Shows the newest messages of a conversation, or those around the message jump where that is not 0. conversation: may be NULL */
void session_open (Item *conversation, gint64 jump);
/* Loads the next page before or after those that are here; nothing happens where there is none. */
void session_load_more (gboolean before);
/* GAsyncReadyCallback of calls. take: (nullable): void (*) (GVariant *reply); reply is NULL after an error, which is shown already */
void session_called (GObject *proxy, GAsyncResult *result, gpointer take);
/* Whether there is an error; it is shown to the user, unless we gave the call up. error: may be NULL */
gboolean session_failed (GError *error);

/* window.c */
gpointer window_get (const char *id);
void window_show_conversations (void);      /* they changed */
void window_show_group (void);              /* members or announcements changed */
void window_show_message (gint64 id);
