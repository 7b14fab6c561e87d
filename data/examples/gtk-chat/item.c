/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chat.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>

enum { RECORD = 1, PICTURE, TRANSFER };

G_DEFINE_TYPE (Item, item, G_TYPE_OBJECT)

/* -- records -- */

const char *
record_text (GVariant *record, const char *key)
{
  const char *text = "";

  g_variant_lookup (record, key, "&s", &text);
  return text;
}

gint64
record_number (GVariant *record, const char *key)
{
  gint64 number = 0;
  guint32 unsigned_number;
  gint32 small_number;
  gboolean flag;

  if (g_variant_lookup (record, key, "u", &unsigned_number))
    return unsigned_number;
  if (g_variant_lookup (record, key, "i", &small_number))
    return small_number;
  if (g_variant_lookup (record, key, "b", &flag))
    return flag;
  g_variant_lookup (record, key, "x", &number);
  return number;
}

GVariant *
record_of_message (GVariant *message)
{
  static const char *const names[] = { "id", "conversation", "from", "to_type", "type", "content", "timestamp", "status" };
  g_autoptr (GVariant) more = g_variant_get_child_value (message, G_N_ELEMENTS (names));
  GVariantDict record;

  g_variant_dict_init (&record, more);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GVariant) field = g_variant_get_child_value (message, i);

      g_variant_dict_insert_value (&record, names[i], field);
    }
  return g_variant_ref_sink (g_variant_dict_end (&record));
}

/* -- files on their way: each is an object of the daemon; the row of its message binds to the properties that tell how far it is -- */

static void
on_status (FlooTransfer *transfer, GParamSpec *property, Item *message)
{
  const char *status = floo_transfer_get_status (transfer), *path = floo_transfer_get_path (transfer);

  if (g_strcmp0 (status, "complete") == 0 && *path != '\0')
    message->picture = gdk_texture_new_from_filename (path, NULL);   /* without one it stays a line of text */
  if (status == NULL || g_strv_contains ((const char *const[]){ "complete", "error", "cancelled", NULL }, status))
    g_clear_object (&message->transfer);
  g_object_notify (G_OBJECT (message), "picture");
  g_object_notify (G_OBJECT (message), "transfer");
}

static void
on_transfer (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Item) message = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooTransfer) transfer = floo_transfer_proxy_new_finish (result, &error);

  if (session_failed (error))
    return;
  g_set_object (&message->transfer, transfer);
  g_signal_connect_object (transfer, "notify::status", G_CALLBACK (on_status), message, 0);
  on_status (transfer, NULL, message);
}

static void
on_download (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Item) message = user_data;
  g_autofree char *path = NULL;

  if (floo_files_call_download_finish (chat.files, &path, result, NULL))
    floo_transfer_proxy_new_for_bus (G_BUS_TYPE_SESSION, G_DBUS_PROXY_FLAGS_NONE, DAEMON, path, NULL, on_transfer, g_object_ref (message));
  else
    message->is_wanted = FALSE;   /* it is asked for again when something changes */
}

static void
load_picture (Item *message)
{
  const char *type = record_text (message->record, "type");

  if (message->is_wanted || message->id == message->client_id || !(g_str_equal (type, "image") || g_str_equal (type, "video")))
    return;
  message->is_wanted = TRUE;
  floo_files_call_download (chat.files, message->id, g_variant_new_parsed ("{'thumbnail': <true>}"), NULL, on_download, g_object_ref (message));
}

static void
on_sent (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  Item *message = NULL;
  gint64 client_id;

  if (floo_conversations_call_send_file_finish (chat.api, &client_id, &path, NULL, result, &error))
    message = list_find (chat.messages, client_id);
  if (!session_failed (error) && message != NULL)
    floo_transfer_proxy_new_for_bus (G_BUS_TYPE_SESSION, G_DBUS_PROXY_FLAGS_NONE, DAEMON, path, NULL, on_transfer, g_object_ref (message));
}

void
item_send_file (GFile *file)
{
  g_autofree char *path = g_file_get_path (file), *name = g_file_get_basename (file), *type = g_content_type_guess (path, NULL, 0, NULL);
  int fd = path == NULL ? -1 : open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  g_autoptr (GUnixFDList) files = fd < 0 ? NULL : g_unix_fd_list_new_from_array (&fd, 1);
  g_autoptr (GError) error = fd >= 0 ? NULL : g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "%s cannot be read", name);

  if (!session_failed (error) && chat.current != NULL)
    floo_conversations_call_send_file (chat.api, "", chat.current->id, g_content_type_is_a (type, "image/*") ? "image" : "file",
                                       g_variant_new_handle (0), name, g_variant_new ("a{sv}", NULL), files, NULL, on_sent, NULL);
}

/* -- an item -- */

void
item_take (Item *self, GVariant *record)
{
  gint64 time = MAX (record_number (record, "timestamp"), record_number (record, "draft_timestamp")), conversation;

  g_variant_ref_sink (record);
  g_variant_get_data (record);   /* brings it into one piece, so that what record_text() lends stays */
  g_clear_pointer (&self->record, g_variant_unref);
  self->record = record;
  self->id = record_number (record, "id");
  self->client_id = record_number (record, "client_id");
  /* Conversations: pinned ones first, then the newest. Messages: by id, those that the service does not have yet last. */
  self->order = record_number (record, "pinned") ? -G_MAXINT64 / 2 - time : -time;
  if (g_variant_lookup (record, "conversation", "x", &conversation))
    self->order = self->id == self->client_id ? G_MAXINT64 / 2 + self->id : self->id;
  g_object_notify (G_OBJECT (self), "record");
  g_object_notify (G_OBJECT (self), "picture");
}

void
item_set (Item *self, const char *key, GVariant *value)
{
  GVariantDict record;

  g_variant_dict_init (&record, self->record);
  g_variant_dict_insert_value (&record, key, value);
  item_take (self, g_variant_dict_end (&record));
}

static void
item_get_property (GObject *object, guint id, GValue *value, GParamSpec *property)
{
  Item *self = CHAT_ITEM (object);

  if (id == PICTURE)
    load_picture (self);   /* a row shows it */
  if (id == RECORD)
    g_value_set_variant (value, self->record);
  else
    g_value_set_object (value, id == PICTURE ? (gpointer) self->picture : self->transfer);
}

static void
item_finalize (GObject *object)
{
  Item *self = CHAT_ITEM (object);

  g_clear_pointer (&self->record, g_variant_unref);
  g_clear_object (&self->picture);
  g_clear_object (&self->transfer);
  G_OBJECT_CLASS (item_parent_class)->finalize (object);
}

static void
item_class_init (ItemClass *class)
{
  GObjectClass *object = G_OBJECT_CLASS (class);

  object->get_property = item_get_property;
  object->finalize = item_finalize;
  g_object_class_install_property (object, RECORD, g_param_spec_variant ("record", NULL, NULL, G_VARIANT_TYPE_VARDICT, NULL, G_PARAM_READABLE));
  g_object_class_install_property (object, PICTURE, g_param_spec_object ("picture", NULL, NULL, GDK_TYPE_TEXTURE, G_PARAM_READABLE));
  g_object_class_install_property (object, TRANSFER, g_param_spec_object ("transfer", NULL, NULL, FLOO_TYPE_TRANSFER_PROXY, G_PARAM_READABLE));
}

static void
item_init (Item *self)
{
}

/* -- a list of them -- */

int
list_compare (gconstpointer a, gconstpointer b, gpointer unused)
{
  const Item *one = a, *other = b;

  return one->order < other->order ? -1 : one->order > other->order;
}

guint
list_length (GListStore *list)
{
  return g_list_model_get_n_items (G_LIST_MODEL (list));
}

Item *
list_at (GListStore *list, guint position)
{
  g_autoptr (Item) item = g_list_model_get_item (G_LIST_MODEL (list), position);

  return item;
}

Item *
list_find (GListStore *list, gint64 id)
{
  for (guint i = list_length (list); i > 0; i--)
    if (list_at (list, i - 1)->id == id || (id != 0 && list_at (list, i - 1)->client_id == id))
      return list_at (list, i - 1);
  return NULL;
}

void
list_put (GListStore *list, GVariant *record, gboolean may_add)
{
  gint64 client_id = record_number (record, "client_id");
  Item *old = list_find (list, client_id != 0 ? client_id : record_number (record, "id")), *before, *after;
  g_autoptr (Item) item = old != NULL ? g_object_ref (old) : g_object_new (item_get_type (), NULL);
  guint position;

  item_take (item, record);
  if (old != NULL && g_list_store_find (list, old, &position))
    {
      before = list_at (list, MAX (position, 1) - 1);
      after = list_at (list, position + 1);
      if (before->order <= item->order && (after == NULL || item->order <= after->order))
        return;
      g_list_store_remove (list, position);
    }
  if (old != NULL || may_add)
    g_list_store_insert_sorted (list, item, list_compare, NULL);
}

void
list_remove (GListStore *list, gint64 id)
{
  Item *item = list_find (list, id);
  guint position;

  if (item != NULL && g_list_store_find (list, item, &position))
    g_list_store_remove (list, position);
}

void
list_splice (GListStore *list, guint position, guint n_removed, GVariant *entries)
{
  gboolean of_messages = !g_variant_is_of_type (entries, G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);

  for (gsize i = 0; i < g_variant_n_children (entries); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (entries, i);
      g_autoptr (GVariant) record = of_messages ? record_of_message (entry) : g_variant_ref (entry);

      g_ptr_array_add (items, g_object_new (item_get_type (), NULL));
      item_take (items->pdata[i], record);
    }
  g_list_store_splice (list, position, n_removed, items->pdata, items->len);
}
