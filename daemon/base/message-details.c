/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/message-details.h"

#include <string.h>

#include "base/json.h"

/* Returns: (transfer full) (nullable): @text as an object, where it has one of these members */
static JsonNode *
parse_with (const char *text, const char *const *members)
{
  JsonNode *node = NULL;

  for (guint i = 0; text != NULL && node == NULL && members[i] != NULL; i++)
    if (strstr (text, members[i]) != NULL)
      node = floo_json_parse (text, strlen (text), NULL);
  return node;
}

/* ---- calls ---- */

static const char *const call_members[] = { "\"action\"", NULL };

/* How a call ended: the content of its record is one of these words, or its duration in ms. */
static void
add_outcome (GVariantDict *call, const char *content)
{
  static const char *const outcomes[] = { "busy", "timeout", "canceled", "rejected", NULL };
  guint64 duration;

  if (g_strv_contains (outcomes, content))
    g_variant_dict_insert (call, "outcome", "s", content);
  else if (g_ascii_string_to_unsigned (content, 10, 0, G_MAXUINT32 * (guint64) 1000, &duration, NULL))
    {
      g_variant_dict_insert (call, "outcome", "s", "answered");
      g_variant_dict_insert (call, "duration", "u", (guint32) (duration / 1000));
    }
}

static void
add_call (GVariantBuilder *more, const FlooMessage *message)
{
  g_autoptr (JsonNode) node = message->type == FLOO_TYPE_RTC ? parse_with (message->config, call_members) : NULL;
  JsonObject *config = node != NULL ? floo_json_node_object (node) : NULL;
  const char *action = floo_json_get_string (config, "action");
  GVariantDict call;
  gint64 value;

  if (action == NULL)
    return;
  g_variant_dict_init (&call, NULL);
  g_variant_dict_insert (&call, "action", "s", action);
  if (floo_json_get_int (config, "type", &value) && (value == 0 || value == 1))
    g_variant_dict_insert (&call, "kind", "s", value == 0 ? "audio" : "video");
  if (floo_json_get_int (config, "initiator", &value) && value > 0)
    g_variant_dict_insert (&call, "initiator", "x", value);
  if (g_str_equal (action, "record"))
    add_outcome (&call, message->content);
  g_variant_builder_add (more, "{sv}", "call", g_variant_dict_end (&call));
}

void
floo_message_direct_call (FlooMessage *message, gint64 self_id)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *config;
  gint64 initiator;

  if (message->type != FLOO_TYPE_RTC || message->to_type != FLOO_TO_ROSTER)
    return;
  node = parse_with (message->config, call_members);
  config = node != NULL ? floo_json_node_object (node) : NULL;
  if (g_strcmp0 (floo_json_get_string (config, "action"), "record") != 0 || !floo_json_get_int (config, "initiator", &initiator)
      || initiator == message->from || initiator != message->to)
    return;
  message->to = message->from;
  message->from = initiator;
  message->flags ^= FLOO_MESSAGE_OUTGOING;
}

/* ---- streamed answers, styles ---- */

static void
add_stream (GVariantBuilder *more, JsonObject *ai)
{
  gboolean stream = FALSE, finish = FALSE;
  GVariantDict dict;
  double interval;

  if (!floo_json_get_bool (ai, "stream", &stream) || !stream)
    return;
  (void) floo_json_get_bool (ai, "finish", &finish);
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "active", "b", !finish);
  if (floo_json_get_double (ai, "stream_interval", &interval) && interval >= 0)
    g_variant_dict_insert (&dict, "interval", "d", interval);
  g_variant_builder_add (more, "{sv}", "stream", g_variant_dict_end (&dict));
}

static void
add_ext (GVariantBuilder *more, const FlooMessage *message)
{
  static const char *const members[] = { "\"ai\"", "\"style\"", NULL };
  static const char *const styles[] = { "emergency", "urgent", "critical", "error", "warning", "notice", "info", "debug", NULL };
  g_autoptr (JsonNode) node = parse_with (message->ext, members);
  JsonObject *ext = node != NULL ? floo_json_node_object (node) : NULL;
  const char *style = floo_json_get_string (ext, "style");

  add_stream (more, floo_json_get_object (ext, "ai"));
  if (style != NULL && g_strv_contains (styles, style))
    g_variant_builder_add (more, "{sv}", "style", g_variant_new_string (style));
}

void
floo_message_add_details (GVariantBuilder *more, const FlooMessage *message)
{
  add_call (more, message);
  add_ext (more, message);
}
