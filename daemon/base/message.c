/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/message.h"

#include <string.h>

#include "base/json.h"
#include "base/message-details.h"
#include "base/words.h"

static const char *const to_types[] = { "roster", "group" };
static const char *const types[FLOO_N_TYPES]
    = { "text", "image", "audio", "video", "file", "location", "command", "forward", "rtc" };
static const char *const send_states[]
    = { "none", "queued", "sending", "sent", "failed", "uncertain", "cancelled", "scheduled" };

static const char *
name_of (const char *const *names, guint n, int value)
{
  return value >= 0 && (guint) value < n ? names[value] : "unknown";
}

static gboolean
number_of (const char *const *names, guint n, const char *text, int *out)
{
  for (guint i = 0; i < n; i++)
    if (strcmp (names[i], text) == 0)
      {
        *out = (int) i;
        return TRUE;
      }
  return FALSE;
}

const char *
floo_to_type_to_string (FlooToType to_type)
{
  return name_of (to_types, G_N_ELEMENTS (to_types), (int) to_type);
}

const char *
floo_message_type_to_string (int type)
{
  return name_of (types, G_N_ELEMENTS (types), type);
}

const char *
floo_send_state_to_string (FlooSendState state)
{
  return name_of (send_states, G_N_ELEMENTS (send_states), (int) state);
}

gboolean
floo_to_type_from_string (const char *text, FlooToType *out)
{
  int value;

  if (!number_of (to_types, G_N_ELEMENTS (to_types), text, &value))
    return FALSE;
  *out = (FlooToType) value;
  return TRUE;
}

gboolean
floo_message_type_from_string (const char *text, int *out)
{
  return number_of (types, G_N_ELEMENTS (types), text, out);
}

static void
add_text (GVariantBuilder *more, const char *key, const char *value)
{
  if (value != NULL && *value != '\0')
    floo_word_add (more, key, g_variant_new_string (value));
}

static void
add_id (GVariantBuilder *more, const char *key, gint64 value)
{
  if (value != 0)
    floo_word_add (more, key, g_variant_new_int64 (value));
}

/* Of an image, an audio, a video or a file: what the attachment says. */
static GVariant *
file_of (JsonObject *attachment)
{
  static const struct {
    const char *key, *member;
  } numbers[] = { { "width", "width" }, { "height", "height" }, { "duration", "duration" } };
  const char *name = floo_json_get_string (attachment, "dName"), *url = floo_json_get_string (attachment, "url");
  g_autofree char *type = name != NULL ? g_content_type_guess (name, NULL, 0, NULL) : NULL;
  g_autofree char *mime_type = type != NULL && !g_content_type_is_unknown (type) ? g_content_type_get_mime_type (type) : NULL;
  GVariantDict file;
  gint64 value;

  g_variant_dict_init (&file, NULL);
  if (name != NULL)
    g_variant_dict_insert (&file, "name", "s", name);
  if (floo_json_get_int (attachment, "fLen", &value) && value >= 0)
    g_variant_dict_insert (&file, "size", "t", (guint64) value);
  if (mime_type != NULL)
    g_variant_dict_insert (&file, "mime_type", "s", mime_type);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (floo_json_get_int (attachment, numbers[i].member, &value) && value > 0 && value <= G_MAXUINT32)
      g_variant_dict_insert (&file, numbers[i].key, "u", (guint32) value);
  if (url != NULL)
    g_variant_dict_insert (&file, "url", "s", url);
  return g_variant_dict_end (&file);
}

static GVariant *
location_of (JsonObject *attachment)
{
  const char *address = floo_json_get_string (attachment, "addr");
  GVariantDict location;
  double value;

  g_variant_dict_init (&location, NULL);
  if (floo_json_get_double (attachment, "lat", &value))
    g_variant_dict_insert (&location, "latitude", "d", value);
  if (floo_json_get_double (attachment, "lon", &value))
    g_variant_dict_insert (&location, "longitude", "d", value);
  if (address != NULL)
    g_variant_dict_insert (&location, "address", "s", address);
  return g_variant_dict_end (&location);
}

/* The attachment as a dictionary, beside its JSON. */
static void
add_attachment (GVariantBuilder *more, const FlooMessage *m)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *attachment;

  if (m->attachment == NULL || *m->attachment == '\0' || m->type < FLOO_TYPE_IMAGE || m->type > FLOO_TYPE_LOCATION)
    return;
  node = floo_json_parse (m->attachment, strlen (m->attachment), NULL);
  attachment = floo_json_node_object (node);
  if (attachment == NULL)
    return;
  if (m->type == FLOO_TYPE_LOCATION)
    floo_word_add (more, "location", location_of (attachment));
  else
    floo_word_add (more, "file", file_of (attachment));
}

static void
add_flag (GVariantBuilder *more, const char *key, gboolean value)
{
  if (value)
    floo_word_add (more, key, g_variant_new_boolean (TRUE));
}

/* Why a message of ours failed: as one text, and in its parts. */
static void
add_failure (GVariantBuilder *more, const FlooMessage *m)
{
  const char *reason = m->error != NULL ? m->error : "";
  g_autofree char *text = g_strdup_printf ("%d: %s", m->error_code, reason);

  add_text (more, "error", text);
  floo_word_add (more, "error_code", g_variant_new_int32 (m->error_code));
  add_text (more, "error_reason", reason);
  floo_word_add (more, "permanent", g_variant_new_boolean (m->permanent));
}

GVariant *
floo_message_to_variant (const FlooMessage *m)
{
  GVariantBuilder more;
  GVariant *children[9];

  g_variant_builder_init (&more, G_VARIANT_TYPE_VARDICT);
  add_id (&more, "to", m->to);
  add_id (&more, "client_id", m->client_id);
  add_text (&more, "ext", m->ext);
  add_text (&more, "config", m->config);
  add_text (&more, "attachment", m->attachment);
  add_attachment (&more, m);
  floo_message_add_details (&more, m);
  add_id (&more, "edit_timestamp", m->edit_timestamp);
  add_text (&more, "sender_name", m->sender_name);
  if (m->audience != 0)
    {
      floo_word_add (&more, "audience", g_variant_new_uint32 (m->audience));
      floo_word_add (&more, "read_count", g_variant_new_uint32 (m->read_count));
    }
  add_flag (&more, "is_system", m->flags & FLOO_MESSAGE_IS_SYSTEM);
  add_flag (&more, "is_history", m->flags & FLOO_MESSAGE_IS_HISTORY);
  add_flag (&more, "is_played", m->flags & FLOO_MESSAGE_IS_PLAYED);
  add_flag (&more, "outgoing", m->flags & FLOO_MESSAGE_OUTGOING);
  add_flag (&more, "mentions_me", m->flags & FLOO_MESSAGE_MENTIONS_ME);
  if (m->send_state != FLOO_SEND_NONE)
    floo_word_add (&more, "send_state", floo_word (floo_send_state_to_string (m->send_state)));
  if (m->not_before != 0)
    floo_word_add (&more, "not_before", g_variant_new_int64 (m->not_before));
  if (m->send_state == FLOO_SEND_FAILED)
    add_failure (&more, m);
  if (m->extra != NULL)
    {
      GVariantIter iter;
      const char *key;
      GVariant *value;

      g_variant_iter_init (&iter, m->extra);
      while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
        g_variant_builder_add (&more, "{sv}", key, value);
    }

  children[0] = g_variant_new_int64 (m->id);
  children[1] = g_variant_new_int64 (m->conversation);
  children[2] = g_variant_new_int64 (m->from);
  children[3] = floo_word (floo_to_type_to_string (m->to_type));
  children[4] = floo_word (floo_message_type_to_string (m->type));
  children[5] = g_variant_new_string (m->content);
  children[6] = g_variant_new_int64 (m->timestamp);
  children[7] = g_variant_new_int32 (m->status);
  children[8] = g_variant_builder_end (&more);
  return g_variant_new_tuple (children, G_N_ELEMENTS (children));
}

GVariant *
floo_message_status_details (int status, const char *what)
{
  GVariantDict details;

  g_variant_dict_init (&details, NULL);
  if (status >= 0)
    g_variant_dict_insert (&details, "status", "i", status);
  if (what != NULL)
    g_variant_dict_insert (&details, what, "b", TRUE);
  return g_variant_dict_end (&details);
}

FlooEvent *
floo_event_new (guint64 serial, gint64 time, const char *name, GVariant *body)
{
  FlooEvent *event = g_new0 (FlooEvent, 1);
  g_autoptr (GVariant) owned = g_variant_ref_sink (body);
  gsize n = g_variant_n_children (owned);
  g_autofree GVariant **children = g_new (GVariant *, n + 1);

  children[0] = g_variant_ref_sink (g_variant_new_uint64 (serial));
  for (gsize i = 0; i < n; i++)
    children[i + 1] = g_variant_get_child_value (owned, i);
  event->serial = serial;
  event->time = time;
  event->name = g_intern_string (name);
  event->args = g_variant_ref_sink (g_variant_new_tuple (children, n + 1));
  for (gsize i = 0; i <= n; i++)
    g_variant_unref (children[i]);
  return event;
}

void
floo_event_free (FlooEvent *event)
{
  g_variant_unref (event->args);
  g_free (event);
}
