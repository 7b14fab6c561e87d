/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "item.h"

static guint changed_signal;

G_DEFINE_TYPE (Item, item, G_TYPE_OBJECT)

/* -- fields -- */

const char *
fields_text (GVariant *fields, const char *key)
{
  const char *text = "";

  g_variant_lookup (fields, key, "&s", &text);
  return text;
}

gint64
fields_number (GVariant *fields, const char *key)
{
  gint64 number = 0;
  guint32 unsigned_number = 0;
  gint32 small_number = 0;

  if (g_variant_lookup (fields, key, "u", &unsigned_number))
    return unsigned_number;
  if (g_variant_lookup (fields, key, "i", &small_number))
    return small_number;
  g_variant_lookup (fields, key, "x", &number);
  return number;
}

gboolean
fields_flag (GVariant *fields, const char *key)
{
  gboolean flag = FALSE;

  return g_variant_lookup (fields, key, "b", &flag) && flag;
}

GVariant *
message_fields (GVariant *value)
{
  static const char *const names[] = { "id", "conversation", "from", "to_type", "type", "content", "timestamp", "status" };
  g_autoptr (GVariant) more = g_variant_get_child_value (value, G_N_ELEMENTS (names));
  GVariantDict fields;

  g_variant_dict_init (&fields, more);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GVariant) field = g_variant_get_child_value (value, i);

      g_variant_dict_insert_value (&fields, names[i], field);
    }
  return g_variant_dict_end (&fields);
}

/* -- an item -- */

void
item_take (Item *self, GVariant *fields)
{
  g_variant_ref_sink (fields);
  g_variant_get_data (fields);   /* brings it into one piece, so that what fields_text() lends stays */
  g_clear_pointer (&self->fields, g_variant_unref);
  self->fields = fields;
  self->id = fields_number (fields, "id");
  self->client_id = fields_number (fields, "client_id");
  self->time = MAX (fields_number (fields, "timestamp"), fields_number (fields, "draft_timestamp"));
  self->is_pinned = fields_flag (fields, "pinned");
  g_signal_emit (self, changed_signal, 0);
}

void
item_set (Item *self, const char *key, GVariant *value)
{
  GVariantDict fields;

  g_variant_dict_init (&fields, self->fields);
  if (value != NULL)
    g_variant_dict_insert_value (&fields, key, value);
  else
    g_variant_dict_remove (&fields, key);
  item_take (self, g_variant_dict_end (&fields));
}

void
item_set_picture (Item *self, GdkPaintable *picture)
{
  g_set_object (&self->picture, picture);
  g_signal_emit (self, changed_signal, 0);
}

Item *
item_new (GVariant *fields)
{
  Item *self = g_object_new (CHAT_TYPE_ITEM, NULL);

  item_take (self, fields);
  return self;
}

GPtrArray *
items_new (GVariant *entries)
{
  gboolean of_messages = !g_variant_is_of_type (entries, G_VARIANT_TYPE ("aa{sv}"));
  GPtrArray *items = g_ptr_array_new_with_free_func (g_object_unref);

  for (gsize i = 0; i < g_variant_n_children (entries); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (entries, i);

      g_ptr_array_add (items, item_new (of_messages ? message_fields (entry) : entry));
    }
  return items;
}

static void
item_finalize (GObject *object)
{
  Item *self = CHAT_ITEM (object);

  g_variant_unref (self->fields);
  g_clear_object (&self->picture);
  G_OBJECT_CLASS (item_parent_class)->finalize (object);
}

static void
item_class_init (ItemClass *class)
{
  G_OBJECT_CLASS (class)->finalize = item_finalize;
  changed_signal = g_signal_new ("changed", CHAT_TYPE_ITEM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
item_init (Item *self)
{
}

/* -- a list of them -- */

int
conversation_compare (gconstpointer a, gconstpointer b, gpointer unused)
{
  const Item *one = a, *other = b;

  if (one->is_pinned != other->is_pinned)
    return one->is_pinned ? -1 : 1;
  return one->time > other->time ? -1 : one->time < other->time;
}

gboolean
message_is_pending (const Item *self)
{
  return self->client_id != 0 && self->client_id == self->id;
}

int
message_compare (gconstpointer a, gconstpointer b, gpointer unused)
{
  const Item *one = a, *other = b;

  if (message_is_pending (one) != message_is_pending (other))
    return message_is_pending (one) ? 1 : -1;
  return one->id < other->id ? -1 : one->id > other->id;
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
list_find (GListStore *list, gint64 id, guint *position)
{
  for (guint i = list_length (list); i > 0; i--)
    {
      Item *item = list_at (list, i - 1);

      if (item->id != id && (item->client_id == 0 || item->client_id != id))
        continue;
      if (position != NULL)
        *position = i - 1;
      return item;
    }
  return NULL;
}

void
list_put (GListStore *list, GVariant *fields, GCompareDataFunc compare, gboolean may_add)
{
  g_autoptr (Item) item = item_new (fields);
  Item *old, *before, *after;
  guint position;

  old = list_find (list, item->id, &position);
  if (old == NULL && item->client_id != 0)
    old = list_find (list, item->client_id, &position);
  if (old != NULL)
    {
      item_take (old, item->fields);
      before = position == 0 ? NULL : list_at (list, position - 1);
      after = list_at (list, position + 1);
      if ((before == NULL || compare (before, old, NULL) <= 0) && (after == NULL || compare (old, after, NULL) <= 0))
        return;
      g_set_object (&item, old);
      g_list_store_remove (list, position);
    }
  if (old != NULL || may_add)
    g_list_store_insert_sorted (list, item, compare, NULL);
}
