/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/messages.h"

#include <string.h>

#include "base/json.h"
#include "base/message.h"
#include "cli/convert.h"
#include "cli/names.h"
#include "cli/text.h"

#define INDENT 4 /* of a message's further lines */

/* The fields of a plain line. */
static const FlooColumn columns[] = {
  { "ID", "id", FLOO_COLUMN_PLAIN },
  { "TIME", "timestamp", FLOO_COLUMN_TIME },
  { "CONVERSATION", "conversation", FLOO_COLUMN_PLAIN },
  { "FROM", "from", FLOO_COLUMN_PLAIN },
  { "TYPE", "type", FLOO_COLUMN_PLAIN },
  { "CONTENT", "content", FLOO_COLUMN_PLAIN },
  { NULL },
};

/* The text shown for a message without text: "[image build.png]". (transfer full) */
static char *
describe (GVariant *message, const char *type)
{
  g_autoptr (GVariant) attachment = floo_message_field (message, "attachment");
  const char *text
      = attachment != NULL && g_variant_is_of_type (attachment, G_VARIANT_TYPE_STRING) ? g_variant_get_string (attachment, NULL) : "";
  g_autoptr (JsonNode) node = floo_json_parse (text, strlen (text), NULL);
  JsonObject *object = floo_json_node_object (node);
  const char *name = floo_json_get_string (object, "dName");

  if (name == NULL)
    name = floo_json_get_string (object, "addr");
  return g_strdup_printf ("[%s%s%s]", type, name != NULL ? " " : "", name != NULL ? name : "");
}

static char *
dup_name (FlooCli *cli, GVariant *message, gint64 id)
{
  g_autoptr (GVariant) told = floo_message_field (message, "sender_name");
  const char *known = floo_names_lookup (cli, id);

  if (known == NULL && told != NULL && g_variant_is_of_type (told, G_VARIANT_TYPE_STRING))
    known = g_variant_get_string (told, NULL);
  if (known != NULL && *known != '\0')
    return floo_text_clean (known, FALSE);
  return id == 0 ? g_strdup ("system") : g_strdup_printf ("%" G_GINT64_FORMAT, id);
}

/* "" where all is well: "queued", "failed". (transfer full) */
static char *
dup_state (GVariant *message)
{
  g_autoptr (GVariant) state = floo_message_field (message, "send_state");

  if (state == NULL || strcmp (g_variant_get_string (state, NULL), "sent") == 0)
    return g_strdup ("");
  return g_strdup_printf (" (%s)", g_variant_get_string (state, NULL));
}

char *
floo_messages_dup_line (FlooCli *cli, GVariant *message, gboolean where)
{
  const char *to_type, *type, *content;
  gint64 conversation, from, timestamp;
  g_autofree char *name = NULL, *text = NULL, *clean = NULL, *time = NULL, *state = NULL;

  g_variant_get (message, "(xxx&s&s&sxia{sv})", NULL, &conversation, &from, &to_type, &type, &content, &timestamp, NULL, NULL);
  name = dup_name (cli, message, from);
  text = *content != '\0' ? g_strdup (content) : describe (message, type);
  clean = floo_text_clean (text, TRUE);
  time = floo_text_time (timestamp);
  state = dup_state (message);
  if (*time != '\0')
    time[strlen ("2026-11-30 10:42")] = '\0';
  if (where && strcmp (to_type, "group") == 0)
    {
      const char *group = floo_names_lookup (cli, conversation);

      return group != NULL ? g_strdup_printf ("%s %s in %s: %s%s", time, name, group, clean, state)
                           : g_strdup_printf ("%s %s in %" G_GINT64_FORMAT ": %s%s", time, name, conversation, clean, state);
    }
  return g_strdup_printf ("%s %s: %s%s", time, name, clean, state);
}

void
floo_messages_fetch_names (FlooCli *cli, GVariant *messages, gboolean where)
{
  g_autoptr (GArray) users = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) groups = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (gsize i = 0; i < g_variant_n_children (messages); i++)
    {
      const char *to_type;
      gint64 conversation, from;

      g_variant_get_child (messages, i, "(xxx&sssxia{sv})", NULL, &conversation, &from, &to_type, NULL, NULL, NULL, NULL, NULL);
      g_array_append_val (users, from);
      if (where && strcmp (to_type, "group") == 0)
        g_array_append_val (groups, conversation);
    }
  floo_names_fetch (cli, FLOO_NAMES_USERS, (const gint64 *) (gpointer) users->data, users->len);
  floo_names_fetch (cli, FLOO_NAMES_GROUPS, (const gint64 *) (gpointer) groups->data, groups->len);
}

/* Each line of the text fits the terminal's width. */
static void
print_wrapped (const char *line)
{
  g_auto (GStrv) lines = g_strsplit (line, "\n", -1);
  guint width = floo_text_width ();

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *rest = lines[i];
      guint indent = i > 0 ? INDENT : 0;

      do
        {
          g_autoptr (GString) part = g_string_new (NULL);
          guint used = indent;

          for (guint n = 0; n < indent; n++)
            g_string_append_c (part, ' ');
          for (; *rest != '\0'; rest = g_utf8_next_char (rest))
            {
              char one[7] = { 0 };

              g_unichar_to_utf8 (g_utf8_get_char (rest), one);
              if (used + floo_text_columns (one) > width)
                break;
              used += floo_text_columns (one);
              g_string_append (part, one);
            }
          floo_text_line (part->str);
          indent = INDENT;
        }
      while (*rest != '\0');
    }
}

void
floo_messages_print (FlooCli *cli, GVariant *messages, gboolean where)
{
  if (cli->json || !floo_text_is_terminal ())
    {
      floo_text_records (cli, columns, messages);
      return;
    }
  floo_messages_fetch_names (cli, messages, where);
  for (gsize i = 0; i < g_variant_n_children (messages); i++)
    {
      g_autoptr (GVariant) message = g_variant_get_child_value (messages, i);
      g_autofree char *line = floo_messages_dup_line (cli, message, where);

      if (floo_cli_option (cli, "ids") != NULL)
        {
          gint64 id;

          g_variant_get_child (message, 0, "x", &id);
          g_autofree char *with_id = g_strdup_printf ("%" G_GINT64_FORMAT " %s", id, line);
          print_wrapped (with_id);
        }
      else
        print_wrapped (line);
    }
}
