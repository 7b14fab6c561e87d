/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chats.c: messages come by their events; ConversationsChanged follows in the same transaction and says whether they are to be shown. Replay
 * gives messages and conversations as they are now, so that what was read meanwhile is not shown.
 */
#include <string.h>

#include "base/message.h"
#include "base/names.h"
#include "notify/notify.h"

#define MAX_LINES 3
#define MAX_LINE 300 /* characters */
#define LIST_LIMIT 500

void
floo_chat_free (gpointer data)
{
  FlooChat *chat = data;

  g_clear_pointer (&chat->note, g_variant_unref);
  g_array_unref (chat->lines);
  g_free (chat->name);
  g_free (chat);
}

static void
clear_line (gpointer data)
{
  g_free (((FlooLine *) data)->text);
}

FlooChat *
floo_chat_find (FlooNotify *self, gint64 id)
{
  for (guint i = 0; i < self->chats->len; i++)
    if (((FlooChat *) self->chats->pdata[i])->id == id)
      return self->chats->pdata[i];
  return NULL;
}

FlooChat *
floo_chat_ensure (FlooNotify *self, gint64 id)
{
  FlooChat *chat = floo_chat_find (self, id);

  if (chat != NULL)
    return chat;
  chat = g_new0 (FlooChat, 1);
  chat->id = id;
  chat->name = g_strdup ("");
  chat->lines = g_array_new (FALSE, FALSE, sizeof (FlooLine));
  g_array_set_clear_func (chat->lines, clear_line);
  g_ptr_array_add (self->chats, chat);
  return chat;
}

void
floo_chat_drop (FlooNotify *self, FlooChat *chat)
{
  self->summary_changed |= chat->place == FLOO_PLACE_SUMMARY;
  if (chat->note != NULL)
    floo_desk_close (self->desk, chat->note);
  g_ptr_array_remove_fast (self->chats, chat);
}

gboolean
floo_chat_is_fresh (const FlooChat *chat)
{
  return chat->known && chat->lines->len > 0 && (chat->is_muted ? chat->mention : chat->last) > chat->shown;
}

static void
foreach_child (FlooNotify *self, GVariant *array, void (*take) (FlooNotify *self, GVariant *child))
{
  for (gsize i = 0; i < g_variant_n_children (array); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (array, i);

      take (self, child);
    }
}

/* ---- messages ---- */

/* Returns: (nullable): NULL: it is for programs */
static const char *
shown_text (const char *type, const char *content)
{
  static const struct
  {
    const char *type, *text;
  } texts[] = {
    { "image", "Picture" }, { "audio", "Voice message" }, { "video", "Video" },
    { "file", "File" },     { "location", "Place" },      { "forward", "Forwarded message" },
  };

  if (strcmp (type, "command") == 0 || strcmp (type, "rtc") == 0)
    return NULL;
  for (guint i = 0; *content == '\0' && i < G_N_ELEMENTS (texts); i++)
    if (strcmp (texts[i].type, type) == 0)
      return texts[i].text;
  return *content != '\0' ? content : "Message";
}

/* @sender: (nullable): named before the text */
static void
add_line (FlooChat *chat, gint64 message, const char *sender, const char *text)
{
  g_autofree char *start = g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), MAX_LINE));
  FlooLine line = { message, sender != NULL && *sender != '\0' ? g_strconcat (sender, ": ", start, NULL) : g_steal_pointer (&start) };

  g_array_append_val (chat->lines, line);
  if (chat->lines->len > MAX_LINES)
    g_array_remove_index (chat->lines, g_array_index (chat->lines, FlooLine, 0).message == chat->mention ? 1 : 0);
  chat->last = message;
}

static gboolean
is_set (GVariant *dictionary, const char *name)
{
  gboolean value = FALSE;

  return g_variant_lookup (dictionary, name, "b", &value) && value;
}

static void
take_message (FlooNotify *self, GVariant *message)
{
  const char *to_type, *type, *content, *text, *sender = NULL;
  g_autoptr (GVariant) more = NULL;
  gint64 id, conversation;
  FlooChat *chat;
  int status;

  g_variant_get (message, "(xxx&s&s&sxi@a{sv})", &id, &conversation, NULL, &to_type, &type, &content, NULL, &status, &more);
  text = shown_text (type, content);
  if (status == FLOO_STATUS_READ || is_set (more, "outgoing") || is_set (more, "is_history") || text == NULL)
    return;
  chat = floo_chat_ensure (self, conversation);
  if (id <= chat->last)
    return;
  if (strcmp (to_type, "group") == 0)
    g_variant_lookup (more, "sender_name", "&s", &sender);
  add_line (chat, id, sender, text);
  chat->known = FALSE;
}

/* It comes with the messages of its group again. */
static void
take_mention (FlooNotify *self, GVariant *message)
{
  gint64 id, conversation;

  g_variant_get_child (message, 0, "x", &id);
  g_variant_get_child (message, 1, "x", &conversation);
  floo_chat_ensure (self, conversation)->mention = id;
}

/* Recalled or deleted: its text must not stay on the screen. */
static void
forget_message (FlooNotify *self, gint64 conversation, gint64 message)
{
  FlooChat *chat = floo_chat_find (self, conversation);

  for (guint i = 0; chat != NULL && i < chat->lines->len; i++)
    if (g_array_index (chat->lines, FlooLine, i).message == message)
      {
        g_array_remove_index (chat->lines, i);
        chat->shown = 0;
        if (chat->lines->len == 0)
          floo_chat_drop (self, chat);
        return;
      }
}

/* ---- conversations ---- */

static void
take_entry (FlooNotify *self, GVariant *entry)
{
  const char *name = "", *type = "", *content = "", *last_type = "", *sender = NULL, *text;
  gboolean mentioned = is_set (entry, "mentioned");
  guint32 unread = 0;
  gint64 id = 0, last = 0;
  FlooChat *chat;

  g_variant_lookup (entry, "id", "x", &id);
  g_variant_lookup (entry, "unread", "u", &unread);
  g_variant_lookup (entry, "name", "&s", &name);
  g_variant_lookup (entry, "type", "&s", &type);
  g_variant_lookup (entry, "content", "&s", &content);
  g_variant_lookup (entry, "last_type", "&s", &last_type);
  g_variant_lookup (entry, "last_from_name", "&s", &sender);
  g_variant_lookup (entry, "last_message_id", "x", &last);
  chat = self->loading && unread > 0 ? floo_chat_ensure (self, id) : floo_chat_find (self, id);
  if (chat == NULL)
    return;
  g_free (chat->name);
  chat->name = g_strdup (name);
  chat->is_system = strcmp (type, "system") == 0;
  chat->is_muted = is_set (entry, "muted");
  chat->unread = unread;
  chat->known = TRUE;
  chat->mention = mentioned ? chat->mention : 0;
  text = shown_text (last_type, content);
  if (self->loading && last > chat->last && !is_set (entry, "last_outgoing") && text != NULL)
    {
      add_line (chat, last, strcmp (type, "group") == 0 ? sender : NULL, text);
      chat->mention = mentioned ? last : 0;
    }
  if (unread == 0 || (chat->is_muted && !mentioned))
    floo_chat_drop (self, chat);
}

static void
on_page (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) entries = NULL;
  FlooNotify *self = user_data;
  const char *cursor;

  if (reply == NULL)
    {
      g_warning ("The list of conversations cannot be read: %s", error->message);
      return;
    }
  g_variant_get (reply, "(@aa{sv}&st)", &entries, &cursor, NULL);
  foreach_child (self, entries, take_entry);
  if (*cursor != '\0')
    {
      floo_chats_load (self, cursor);
      return;
    }
  self->loading = FALSE;
  floo_show (self);
}

void
floo_chats_load (FlooNotify *self, const char *cursor)
{
  g_dbus_connection_call (self->connection, self->bus_name, FLOO_OBJECT_PATH, FLOO_IFACE_CONVERSATIONS, "List",
                          g_variant_new ("(sua{sv})", cursor, LIST_LIMIT, NULL), G_VARIANT_TYPE ("(aa{sv}st)"),
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, on_page, self);
}

static void
take_changes (FlooNotify *self, GVariant *args)
{
  g_autoptr (GVariant) changed = NULL;
  g_autoptr (GVariantIter) removed = NULL;
  FlooChat *chat;
  gboolean reload;
  gint64 id;

  g_variant_get (args, "(t@aa{sv}axb)", NULL, &changed, &removed, &reload);
  foreach_child (self, changed, take_entry);
  while (g_variant_iter_next (removed, "x", &id))
    if ((chat = floo_chat_find (self, id)) != NULL)
      floo_chat_drop (self, chat);
  if (reload)
    floo_chats_load (self, "");
}

gboolean
floo_chats_event (FlooNotify *self, const char *name, GVariant *args)
{
  g_autoptr (GVariant) first = g_variant_n_children (args) > 1 ? g_variant_get_child_value (args, 1) : NULL;
  gint64 conversation, message;

  if (strcmp (name, "RosterMessages") == 0 || strcmp (name, "GroupMessages") == 0)
    foreach_child (self, first, take_message);
  else if (strcmp (name, "MentionMessage") == 0)
    take_mention (self, first);
  else if (strcmp (name, "ConversationsChanged") == 0)
    take_changes (self, args);
  else if (strcmp (name, "MessageRecalled") == 0 || strcmp (name, "MessageDeleted") == 0)
    {
      g_variant_get (args, "(txx)", NULL, &conversation, &message);
      forget_message (self, conversation, message);
    }
  else
    return FALSE;
  return TRUE;
}

/* ---- across restarts ---- */

GVariant *
floo_chats_save (FlooNotify *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (FLOO_CHATS_TYPE));
  for (guint i = 0; i < self->chats->len; i++)
    {
      const FlooChat *chat = self->chats->pdata[i];

      if (chat->place != FLOO_PLACE_NONE || chat->note != NULL)
        g_variant_builder_add (&builder, "(xmvsuxb)", chat->id, chat->note, chat->name, chat->unread, chat->shown,
                               chat->place == FLOO_PLACE_SUMMARY);
    }
  return g_variant_builder_end (&builder);
}

void
floo_chats_restore (FlooNotify *self, GVariant *saved)
{
  GVariantIter iter;
  GVariant *note;
  char *name;
  gint64 id, shown;
  gboolean summed_up;
  guint32 unread;

  g_variant_iter_init (&iter, saved);
  while (g_variant_iter_next (&iter, "(xmvsuxb)", &id, &note, &name, &unread, &shown, &summed_up))
    {
      FlooChat *chat = floo_chat_ensure (self, id);

      g_free (chat->name);
      chat->name = name;
      chat->note = note;
      chat->unread = unread;
      chat->known = TRUE;
      chat->last = chat->shown = shown;
      chat->place = summed_up ? FLOO_PLACE_SUMMARY : id >= 0 ? FLOO_PLACE_APART : FLOO_PLACE_NONE;
    }
}
