/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify/chat.h"

#include <string.h>

#include "base/message.h"

#define MAX_LINES 3
#define MAX_LINE 300 /* characters */
#define GROUP_PREFIX "conversation "

typedef struct
{
  gint64 message;
  char *sender; /* (nullable) */
  char *text;
} Line;

static void
free_line (gpointer data)
{
  Line *line = data;

  g_free (line->sender);
  g_free (line->text);
  g_free (line);
}

FlooChat *
floo_chat_new (gint64 id)
{
  FlooChat *chat = g_new0 (FlooChat, 1);

  chat->id = id;
  g_snprintf (chat->key, sizeof chat->key, "c%" G_GINT64_FORMAT, id);
  return chat;
}

void
floo_chat_free (gpointer data)
{
  FlooChat *chat = data;

  g_queue_clear_full (&chat->lines, free_line);
  g_free (chat->name);
  g_free (chat);
}

gboolean
floo_chat_is_news (const char *type, int status, GVariant *more)
{
  static const char *const flags[] = { "outgoing", "is_history" };
  gboolean set;

  for (guint i = 0; i < G_N_ELEMENTS (flags); i++)
    if (g_variant_lookup (more, flags[i], "b", &set) && set)
      return FALSE;
  return status != FLOO_STATUS_READ && strcmp (type, "command") != 0 && strcmp (type, "rtc") != 0;
}

/* What stands for a message without a text. */
static const char *
type_text (const char *type)
{
  static const struct
  {
    const char *type, *text;
  } texts[] = {
    { "image", "Picture" }, { "audio", "Voice message" }, { "video", "Video" },
    { "file", "File" },     { "location", "Place" },      { "forward", "Forwarded message" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (strcmp (texts[i].type, type) == 0)
      return texts[i].text;
  return "Message";
}

void
floo_chat_add_line (FlooChat *chat, gint64 message, const char *sender, const char *type, const char *content)
{
  const char *text = *content != '\0' ? content : type_text (type);
  Line *line = g_new0 (Line, 1);

  line->message = message;
  line->sender = g_strdup (sender);
  line->text = g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), MAX_LINE));
  g_queue_push_tail (&chat->lines, line);
  if (g_queue_get_length (&chat->lines) <= MAX_LINES)
    return;
  line = g_queue_peek_head (&chat->lines);
  free_line (g_queue_pop_nth (&chat->lines, line->message == chat->mention ? 1 : 0));
}

gboolean
floo_chat_remove_line (FlooChat *chat, gint64 message)
{
  for (GList *link = chat->lines.head; link != NULL; link = link->next)
    if (((Line *) link->data)->message == message)
      {
        free_line (link->data);
        g_queue_delete_link (&chat->lines, link);
        return TRUE;
      }
  return FALSE;
}

char *
floo_chat_dup_text (FlooChat *chat, gboolean only_mention)
{
  GString *text = g_string_new (NULL);

  for (GList *link = chat->lines.head; link != NULL; link = link->next)
    {
      Line *line = link->data;

      if (only_mention && line->message != chat->mention)
        continue;
      g_string_append (text, text->len > 0 ? "\n" : "");
      if (chat->is_group && line->sender != NULL && *line->sender != '\0')
        g_string_append_printf (text, "%s: ", line->sender);
      g_string_append (text, line->text);
    }
  return g_string_free (text, FALSE);
}

void
floo_chat_save (FlooChat *chat, GKeyFile *file)
{
  g_autofree char *group = g_strdup_printf (GROUP_PREFIX "%" G_GINT64_FORMAT, chat->id);

  g_key_file_set_string (file, group, "name", chat->name != NULL ? chat->name : "");
  g_key_file_set_boolean (file, group, "group", chat->is_group);
  g_key_file_set_boolean (file, group, "summed-up", chat->in_summary);
  g_key_file_set_uint64 (file, group, "unread", chat->unread);
  g_key_file_set_int64 (file, group, "last-message", chat->last_message);
  g_key_file_set_int64 (file, group, "mention", chat->told_mention);
}

FlooChat *
floo_chat_load (GKeyFile *file, const char *group)
{
  FlooChat *chat;

  if (!g_str_has_prefix (group, GROUP_PREFIX))
    return NULL;
  chat = floo_chat_new (g_ascii_strtoll (group + strlen (GROUP_PREFIX), NULL, 10));
  chat->name = g_key_file_get_string (file, group, "name", NULL);
  chat->is_group = g_key_file_get_boolean (file, group, "group", NULL);
  chat->in_summary = g_key_file_get_boolean (file, group, "summed-up", NULL);
  chat->unread = (guint) g_key_file_get_uint64 (file, group, "unread", NULL);
  chat->last_message = g_key_file_get_int64 (file, group, "last-message", NULL);
  chat->mention = chat->told_mention = g_key_file_get_int64 (file, group, "mention", NULL);
  chat->told_at = chat->in_summary ? 0 : 1;
  return chat;
}
