/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/search/text.h"

#include <string.h>

#include "base/json.h"

/* Members of an attachment with searchable text. */
static const char *const members[] = { "dName", "addr" };

const char *
floo_search_text (const FlooMessage *message, GString *buffer)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object;

  if (message->attachment == NULL || *message->attachment == '\0')
    return message->content;
  node = floo_json_parse (message->attachment, strlen (message->attachment), NULL);
  object = floo_json_node_object (node);
  if (object == NULL)
    return message->content;
  g_string_assign (buffer, message->content);
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      const char *text = floo_json_get_string (object, members[i]);

      if (text == NULL || *text == '\0')
        continue;
      if (buffer->len > 0)
        g_string_append_c (buffer, '\n');
      g_string_append (buffer, text);
    }
  return buffer->str;
}
