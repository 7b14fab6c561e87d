/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the lists of the window are made of: conversations and messages, each with its fields as the daemon names them in an a{sv}. An
 * item emits the signal "changed" when something that its row shows is another.
 *
 * Fields of our own: "typing" b (of a conversation: the other one writes), "progress" d (of a message's file: 0 to 1), "found" b (a search led
 * here).
 */
#pragma once

#include <gtk/gtk.h>

#define CHAT_TYPE_ITEM item_get_type ()
G_DECLARE_FINAL_TYPE (Item, item, CHAT, ITEM, GObject)

struct _Item {
  GObject parent;
  gint64 id;
  gint64 client_id;        /* of a message of ours: its name for ever; else 0 */
  gint64 time;             /* of the message, or a conversation's last one or draft; ms since 1970 */
  gboolean is_pinned;
  GVariant *fields;        /* an a{sv} */
  GdkPaintable *picture;   /* NULL: none is loaded */
  gboolean wanted;         /* the picture was asked for */
};

/* fields: the entry of a conversation, or what message_fields() made of a message; floating or not. */
Item *item_new (GVariant *fields);
/* entries: an array of either. Returns: (transfer full): of Item */
GPtrArray *items_new (GVariant *entries);
/* Replaces all fields. */
void item_take (Item *self, GVariant *fields);
/* One field; value: floating or not; NULL: it goes. */
void item_set (Item *self, const char *key, GVariant *value);
void item_set_picture (Item *self, GdkPaintable *picture);

/* A field; "", 0 or FALSE where there is none. */
const char *fields_text (GVariant *fields, const char *key);
gint64 fields_number (GVariant *fields, const char *key);
gboolean fields_flag (GVariant *fields, const char *key);
/* value: a message, the struct (xxxsssxia{sv}). Returns: floating */
GVariant *message_fields (GVariant *value);

/* GCompareDataFunc: pinned ones first, then the newest. */
int conversation_compare (gconstpointer a, gconstpointer b, gpointer unused);
/* GCompareDataFunc: by id, those without an id of the service last. */
int message_compare (gconstpointer a, gconstpointer b, gpointer unused);
gboolean message_is_pending (const Item *self);

guint list_length (GListStore *list);
/* Returns: borrowed from the list; NULL: it is shorter. */
Item *list_at (GListStore *list, guint position);
/* Returns: borrowed from the list; NULL: it has no item of that id or client_id. position: may be NULL. */
Item *list_find (GListStore *list, gint64 id, guint *position);
/* Updates the item with these fields, and moves it to where it belongs by compare. Where there is none yet it is added if may_add. */
void list_put (GListStore *list, GVariant *fields, GCompareDataFunc compare, gboolean may_add);
