/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "items.h"

#define TYPING_SECONDS 15

static guint conversation_signal, message_signal;

G_DEFINE_TYPE (Conversation, conversation, G_TYPE_OBJECT)
G_DEFINE_TYPE (Message, message, G_TYPE_OBJECT)

static void
take_string (char **field, GVariant *dictionary, const char *key)
{
  const char *value = "";

  g_variant_lookup (dictionary, key, "&s", &value);
  g_free (*field);
  *field = g_strdup (value);
}

/* The one line below the name. */
static char *
make_preview (GVariant *entry, gboolean group)
{
  const char *content = "", *type = "", *from_name = "";
  gboolean outgoing = FALSE;
  g_autofree char *line = NULL;

  g_variant_lookup (entry, "content", "&s", &content);
  g_variant_lookup (entry, "last_type", "&s", &type);
  g_variant_lookup (entry, "last_from_name", "&s", &from_name);
  g_variant_lookup (entry, "last_outgoing", "b", &outgoing);
  if (*type == '\0')
    return g_strdup ("");
  line = *content == '\0' ? g_strdup_printf ("[%s]", type) : g_strdelimit (g_strdup (content), "\r\n\t", ' ');
  if (outgoing)
    return g_strconcat ("You: ", line, NULL);
  return group && *from_name != '\0' ? g_strconcat (from_name, ": ", line, NULL) : g_steal_pointer (&line);
}

void
conversation_update (Conversation *self, GVariant *entry)
{
  const char *type = "";
  gint64 drafted = 0;

  g_variant_lookup (entry, "timestamp", "x", &self->timestamp);
  g_variant_lookup (entry, "draft_timestamp", "x", &drafted);
  g_variant_lookup (entry, "read_up_to", "x", &self->read_up_to);
  g_variant_lookup (entry, "unread", "u", &self->unread);
  g_variant_lookup (entry, "pinned", "b", &self->pinned);
  g_variant_lookup (entry, "mentioned", "b", &self->mentioned);
  g_variant_lookup (entry, "type", "&s", &type);
  self->timestamp = MAX (self->timestamp, drafted);
  self->group = g_str_equal (type, "group");
  take_string (&self->name, entry, "name");
  take_string (&self->draft, entry, "draft");
  g_free (self->preview);
  self->preview = make_preview (entry, self->group);
  if (*self->name == '\0')
    {
      g_free (self->name);
      self->name = g_str_equal (type, "system") ? g_strdup ("System") : g_strdup_printf ("%" G_GINT64_FORMAT, self->id);
    }
  g_signal_emit (self, conversation_signal, 0);
}

Conversation *
conversation_new (GVariant *entry)
{
  Conversation *self = g_object_new (CHAT_TYPE_CONVERSATION, NULL);

  g_variant_lookup (entry, "id", "x", &self->id);
  conversation_update (self, entry);
  return self;
}

static gboolean
on_typing_timeout (gpointer user_data)
{
  Conversation *self = user_data;

  self->typing_timeout = 0;
  conversation_set_typing (self, FALSE);
  return G_SOURCE_REMOVE;
}

void
conversation_set_typing (Conversation *self, gboolean typing)
{
  g_clear_handle_id (&self->typing_timeout, g_source_remove);
  if (typing)
    self->typing_timeout = g_timeout_add_seconds (TYPING_SECONDS, on_typing_timeout, self);
  self->typing = typing;
  g_signal_emit (self, conversation_signal, 0);
}

int
conversation_compare (gconstpointer a, gconstpointer b, gpointer unused)
{
  const Conversation *one = a, *other = b;

  if (one->pinned != other->pinned)
    return one->pinned ? -1 : 1;
  if (one->timestamp != other->timestamp)
    return one->timestamp > other->timestamp ? -1 : 1;
  return one->id < other->id ? -1 : one->id > other->id;
}

static void
conversation_finalize (GObject *object)
{
  Conversation *self = CHAT_CONVERSATION (object);

  g_clear_handle_id (&self->typing_timeout, g_source_remove);
  g_free (self->name);
  g_free (self->preview);
  g_free (self->draft);
  G_OBJECT_CLASS (conversation_parent_class)->finalize (object);
}

static void
conversation_class_init (ConversationClass *class)
{
  G_OBJECT_CLASS (class)->finalize = conversation_finalize;
  conversation_signal = g_signal_new ("changed", CHAT_TYPE_CONVERSATION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
conversation_init (Conversation *self)
{
}

void
message_update (Message *self, GVariant *value)
{
  const char *type, *content;
  g_autoptr (GVariant) more = NULL, file = NULL;

  g_variant_get (value, "(xxx&s&s&sxi@a{sv})", &self->id, &self->conversation, &self->from, NULL, &type, &content, &self->timestamp,
                 &self->status, &more);
  g_free (self->type);
  self->type = g_strdup (type);
  g_free (self->content);
  self->content = g_strdup (content);
  g_variant_lookup (more, "outgoing", "b", &self->outgoing);
  g_variant_lookup (more, "client_id", "x", &self->client_id);
  take_string (&self->sender_name, more, "sender_name");
  take_string (&self->send_state, more, "send_state");
  file = g_variant_lookup_value (more, "file", G_VARIANT_TYPE_VARDICT);
  if (file != NULL)
    take_string (&self->file_name, file, "name");
  take_string (&self->error, more, "error_reason");
  self->pending = self->client_id != 0 && self->id == self->client_id;
  message_changed (self);
}

void
message_take_sender (Message *self, GVariant *item)
{
  static const char *const names[] = { "username", "nick_name", "alias" };
  const char *name;
  gint64 user = 0;

  if (!g_variant_lookup (item, "user_id", "x", &user) || user != self->from)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_variant_lookup (item, names[i], "&s", &name) && *name != '\0')
      take_string (&self->sender_name, item, names[i]);
  message_changed (self);
}

Message *
message_new (GVariant *value)
{
  Message *self = g_object_new (CHAT_TYPE_MESSAGE, NULL);

  message_update (self, value);
  return self;
}

void
message_changed (Message *self)
{
  g_signal_emit (self, message_signal, 0);
}

int
message_compare (gconstpointer a, gconstpointer b, gpointer unused)
{
  const Message *one = a, *other = b;

  if (one->pending != other->pending)
    return one->pending ? 1 : -1;
  return one->id < other->id ? -1 : one->id > other->id;
}

static void
message_finalize (GObject *object)
{
  Message *self = CHAT_MESSAGE (object);

  g_free (self->type);
  g_free (self->content);
  g_free (self->sender_name);
  g_free (self->send_state);
  g_free (self->file_name);
  g_free (self->error);
  g_clear_object (&self->thumbnail);
  G_OBJECT_CLASS (message_parent_class)->finalize (object);
}

static void
message_class_init (MessageClass *class)
{
  G_OBJECT_CLASS (class)->finalize = message_finalize;
  message_signal = g_signal_new ("changed", CHAT_TYPE_MESSAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
message_init (Message *self)
{
  self->progress = -1;
}
