/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state-json.h"

#include "base/json.h"

#define VERSION 1

void
sb_json_merge (JsonObject *to, JsonObject *from)
{
  g_autoptr (GList) names = from == NULL ? NULL : json_object_get_members (from);

  for (GList *l = names; l != NULL; l = l->next)
    json_object_set_member (to, l->data, json_node_copy (json_object_get_member (from, l->data)));
}

/* ---- tables of fields: plain structs, one row a member ---- */

typedef enum { INT, INT64, UINT, FLAG, TEXT, OBJECT, ARRAY, BYTES } Kind;

typedef struct {
  const char *name;
  Kind kind;
  gsize offset;
} Field;

#define FIELD(type, member, kind) { #member, kind, G_STRUCT_OFFSET (type, member) }

static const Field user_fields[] = {
  FIELD (SbUser, name, TEXT),       FIELD (SbUser, password, TEXT),     FIELD (SbUser, bot, FLAG),
  FIELD (SbUser, frozen, FLAG),     FIELD (SbUser, banned, FLAG),       FIELD (SbUser, removed, FLAG),
  FIELD (SbUser, profile, OBJECT),  FIELD (SbUser, settings, OBJECT),   FIELD (SbUser, applications, ARRAY),
  FIELD (SbUser, pins, ARRAY),      FIELD (SbUser, verified_mobile, TEXT),
};
static const Field contact_fields[] = {
  FIELD (SbContact, id, INT64), FIELD (SbContact, relation, INT), FIELD (SbContact, blocked, FLAG),
  FIELD (SbContact, muted, FLAG), FIELD (SbContact, alias, TEXT), FIELD (SbContact, ext, TEXT),
};
static const Field device_fields[] = {
  FIELD (SbDevice, sn, UINT),    FIELD (SbDevice, guid, TEXT),  FIELD (SbDevice, platform, INT),
  FIELD (SbDevice, agent, TEXT), FIELD (SbDevice, token, TEXT), FIELD (SbDevice, push_token, TEXT),
};
static const Field position_fields[] = {
  FIELD (SbPosition, conversation, INT64), FIELD (SbPosition, acked, INT64), FIELD (SbPosition, given, INT64),
};
static const Field ack_fields[] = {
  FIELD (SbAck, client_mid, INT64), FIELD (SbAck, server_mid, INT64), FIELD (SbAck, time, INT64),
  FIELD (SbAck, edit_timestamp, INT64),
};
static const Field inbox_fields[] = {
  FIELD (SbInbox, conversation, INT64), FIELD (SbInbox, start, INT64), FIELD (SbInbox, lost, INT64),
  FIELD (SbInbox, read_upto, INT64),
};
static const Field group_fields[] = {
  FIELD (SbGroup, id, INT64),          FIELD (SbGroup, info, OBJECT),       FIELD (SbGroup, blocked, ARRAY),
  FIELD (SbGroup, announcements, ARRAY), FIELD (SbGroup, files, ARRAY),     FIELD (SbGroup, invitations, ARRAY),
  FIELD (SbGroup, applications, ARRAY),
};
static const Field member_fields[] = {
  FIELD (SbMember, id, INT64),        FIELD (SbMember, role, INT),      FIELD (SbMember, display_name, TEXT),
  FIELD (SbMember, join_time, INT64), FIELD (SbMember, ban_until, INT64), FIELD (SbMember, mute_mode, INT),
  FIELD (SbMember, push_mode, INT),
};
static const Field message_fields[] = {
  FIELD (SbMessage, id, INT64),          FIELD (SbMessage, client_mid, INT64),      FIELD (SbMessage, from, INT64),
  FIELD (SbMessage, from_device, UINT),  FIELD (SbMessage, to, INT64),              FIELD (SbMessage, timestamp, INT64),
  FIELD (SbMessage, ns, INT),            FIELD (SbMessage, payload, BYTES),         FIELD (SbMessage, only_device, UINT),
  FIELD (SbMessage, type, INT),          FIELD (SbMessage, ctype, INT),             FIELD (SbMessage, content, TEXT),
  FIELD (SbMessage, config, TEXT),       FIELD (SbMessage, attachment, TEXT),       FIELD (SbMessage, ext, TEXT),
  FIELD (SbMessage, op, INT),            FIELD (SbMessage, op_mid, INT64),          FIELD (SbMessage, op_conversation, INT64),
  FIELD (SbMessage, op_has_conversation, FLAG), FIELD (SbMessage, priority, UINT),  FIELD (SbMessage, edit_timestamp, INT64),
  FIELD (SbMessage, first_content, TEXT), FIELD (SbMessage, first_config, TEXT),    FIELD (SbMessage, first_ext, TEXT),
  FIELD (SbMessage, status, INT),        FIELD (SbMessage, played, FLAG),           FIELD (SbMessage, recalled, FLAG),
  FIELD (SbMessage, deliveries, UINT),   FIELD (SbMessage, duplicates, UINT),
};
static const Field state_fields[] = {
  FIELD (SbState, next_message, INT64), FIELD (SbState, next_user, INT64),   FIELD (SbState, next_group, INT64),
  FIELD (SbState, next_record, INT64),  FIELD (SbState, next_device, UINT),  FIELD (SbState, last_edit, INT64),
};

static JsonNode *
bytes_to_node (GBytes *bytes)
{
  gsize len;
  gconstpointer data = g_bytes_get_data (bytes, &len);
  g_autofree char *text = g_base64_encode (data, len);

  return json_node_init_string (json_node_alloc (), text);
}

static JsonNode *
field_to_node (gconstpointer place, Kind kind)
{
  JsonNode *node = json_node_alloc ();

  switch (kind)
    {
    case INT:
      return json_node_init_int (node, *(const int *) place);
    case INT64:
      return json_node_init_int (node, *(const gint64 *) place);
    case UINT:
      return json_node_init_int (node, *(const guint *) place);
    case FLAG:
      return json_node_init_boolean (node, *(const gboolean *) place);
    case OBJECT:
      return json_node_init_object (node, *(JsonObject *const *) place);
    case ARRAY:
      return json_node_init_array (node, *(JsonArray *const *) place);
    case BYTES:
      json_node_unref (node);
      return *(GBytes *const *) place == NULL ? NULL : bytes_to_node (*(GBytes *const *) place);
    case TEXT:
    default:
      if (*(char *const *) place != NULL)
        return json_node_init_string (node, *(char *const *) place);
      json_node_unref (node);
      return NULL;
    }
}

static JsonObject *
fields_to_object (gconstpointer record, const Field *fields, gsize n)
{
  JsonObject *object = json_object_new ();

  for (gsize i = 0; i < n; i++)
    {
      JsonNode *node = field_to_node ((const char *) record + fields[i].offset, fields[i].kind);

      if (node != NULL)
        json_object_set_member (object, fields[i].name, node);
    }
  return object;
}
#define TO_OBJECT(record, fields) fields_to_object (record, fields, G_N_ELEMENTS (fields))

/* A member that is missing leaves the field as it is. */
static void
field_from_object (gpointer place, Kind kind, JsonObject *object, const char *name)
{
  const char *text = floo_json_get_string (object, name);
  gint64 number = 0;
  gboolean has_number = floo_json_get_int (object, name, &number);
  gsize len;
  guchar *data;

  switch (kind)
    {
    case INT:
    case UINT:
      if (has_number)
        *(int *) place = (int) number;
      break;
    case INT64:
      if (has_number)
        *(gint64 *) place = number;
      break;
    case FLAG:
      floo_json_get_bool (object, name, place);
      break;
    case OBJECT:
      sb_json_merge (*(JsonObject **) place, floo_json_get_object (object, name));
      break;
    case ARRAY:
      if (floo_json_get_array (object, name) != NULL)
        {
          json_array_unref (*(JsonArray **) place);
          *(JsonArray **) place = json_array_ref (floo_json_get_array (object, name));
        }
      break;
    case BYTES:
      if (text != NULL)
        {
          data = g_base64_decode (text, &len);
          *(GBytes **) place = g_bytes_new_take (data, len);
        }
      break;
    case TEXT:
    default:
      if (text != NULL)
        {
          g_free (*(char **) place);
          *(char **) place = g_strdup (text);
        }
      break;
    }
}

static void
object_to_fields (gpointer record, const Field *fields, gsize n, JsonObject *object)
{
  for (gsize i = 0; i < n; i++)
    field_from_object ((char *) record + fields[i].offset, fields[i].kind, object, fields[i].name);
}
#define FROM_OBJECT(record, fields, object) object_to_fields (record, fields, G_N_ELEMENTS (fields), object)

/* ---- writing ---- */

static JsonArray *
ids_to_array (GPtrArray *messages)
{
  JsonArray *array = json_array_sized_new (messages->len);

  for (guint i = 0; i < messages->len; i++)
    json_array_add_int_element (array, ((SbMessage *) messages->pdata[i])->id);
  return array;
}

static JsonArray *
set_to_array (GHashTable *set)
{
  JsonArray *array = json_array_new ();
  GHashTableIter iter;
  gpointer id;

  g_hash_table_iter_init (&iter, set);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    json_array_add_int_element (array, *(gint64 *) id);
  return array;
}

static JsonArray *
table_to_array (GHashTable *table, const Field *fields, gsize n)
{
  JsonArray *array = json_array_new ();
  GHashTableIter iter;
  gpointer record;

  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, NULL, &record))
    json_array_add_object_element (array, fields_to_object (record, fields, n));
  return array;
}

static JsonObject *
device_to_object (SbDevice *device)
{
  JsonObject *object = TO_OBJECT (device, device_fields);

  json_object_set_array_member (object, "positions",
                                table_to_array (device->positions, position_fields, G_N_ELEMENTS (position_fields)));
  json_object_set_array_member (object, "acks", table_to_array (device->acks, ack_fields, G_N_ELEMENTS (ack_fields)));
  return object;
}

static JsonObject *
inbox_to_object (SbInbox *inbox)
{
  JsonObject *object = TO_OBJECT (inbox, inbox_fields);

  json_object_set_array_member (object, "queue", ids_to_array (inbox->queue));
  json_object_set_array_member (object, "history", ids_to_array (inbox->history));
  json_object_set_array_member (object, "read", set_to_array (inbox->read));
  json_object_set_array_member (object, "unread", set_to_array (inbox->unread));
  return object;
}

static JsonObject *
user_to_object (SbUser *user)
{
  JsonObject *object = TO_OBJECT (user, user_fields);
  JsonArray *contacts = json_array_new (), *devices = json_array_new (), *inboxes = json_array_new ();
  GHashTableIter iter;
  gpointer inbox;

  json_object_set_int_member (object, "id", user->id);
  for (guint i = 0; i < user->contact_order->len; i++)
    json_array_add_object_element (contacts, TO_OBJECT (user->contact_order->pdata[i], contact_fields));
  for (guint i = 0; i < user->devices->len; i++)
    json_array_add_object_element (devices, device_to_object (user->devices->pdata[i]));
  g_hash_table_iter_init (&iter, user->inboxes);
  while (g_hash_table_iter_next (&iter, NULL, &inbox))
    json_array_add_object_element (inboxes, inbox_to_object (inbox));
  json_object_set_array_member (object, "contacts", contacts);
  json_object_set_array_member (object, "devices", devices);
  json_object_set_array_member (object, "inboxes", inboxes);
  return object;
}

static JsonObject *
group_to_object (SbGroup *group)
{
  JsonObject *object = TO_OBJECT (group, group_fields);
  JsonArray *members = json_array_new ();

  for (guint i = 0; i < group->member_order->len; i++)
    json_array_add_object_element (members, TO_OBJECT (group->member_order->pdata[i], member_fields));
  json_object_set_array_member (object, "members", members);
  return object;
}

JsonNode *
sb_state_to_json (SbState *state)
{
  JsonNode *root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = TO_OBJECT (state, state_fields);
  JsonArray *users = json_array_new (), *groups = json_array_new (), *messages = json_array_new ();
  JsonObject *tokens = json_object_new ();
  GHashTableIter iter;
  gpointer key, value;

  json_object_set_int_member (object, "version", VERSION);
  for (guint i = 0; i < state->user_order->len; i++)
    json_array_add_object_element (users, user_to_object (state->user_order->pdata[i]));
  g_hash_table_iter_init (&iter, state->groups);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    json_array_add_object_element (groups, group_to_object (value));
  for (guint i = 0; i < state->messages->len; i++)
    json_array_add_object_element (messages, TO_OBJECT (state->messages->pdata[i], message_fields));
  g_hash_table_iter_init (&iter, state->tokens);
  while (g_hash_table_iter_next (&iter, &key, &value))
    json_object_set_int_member (tokens, key, ((SbUser *) value)->id);
  json_object_set_array_member (object, "users", users);
  json_object_set_array_member (object, "groups", groups);
  json_object_set_array_member (object, "messages", messages);
  json_object_set_object_member (object, "tokens", tokens);
  json_node_take_object (root, object);
  return root;
}

/* ---- reading ---- */

static void
each_object (JsonObject *object, const char *name, void (*take) (gpointer owner, JsonObject *row, SbState *state), gpointer owner,
             SbState *state)
{
  JsonArray *rows = floo_json_get_array (object, name);

  for (guint i = 0; rows != NULL && i < json_array_get_length (rows); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (rows, i)))
      take (owner, json_array_get_object_element (rows, i), state);
}

static gint64
id_of (JsonObject *row, const char *name)
{
  gint64 id = 0;

  floo_json_get_int (row, name, &id);
  return id;
}

static void
take_message (gpointer owner, JsonObject *row, SbState *state)
{
  SbMessage *message = sb_message_new (0, 0);

  FROM_OBJECT (message, message_fields, row);
  g_ptr_array_add (state->messages, message);
}

static void
take_member (gpointer owner, JsonObject *row, SbState *state)
{
  FROM_OBJECT (sb_group_add_member (owner, id_of (row, "id"), SB_MEMBER, 0), member_fields, row);
}

static void
take_group (gpointer owner, JsonObject *row, SbState *state)
{
  SbGroup *group = sb_state_add_group (state, id_of (row, "id"), "", 0);

  FROM_OBJECT (group, group_fields, row);
  each_object (row, "members", take_member, group, state);
}

static void
take_contact (gpointer owner, JsonObject *row, SbState *state)
{
  FROM_OBJECT (sb_user_ensure_contact (owner, id_of (row, "id")), contact_fields, row);
}

static void
take_messages (SbState *state, JsonObject *row, const char *name, GPtrArray *list)
{
  JsonArray *ids = floo_json_get_array (row, name);

  for (guint i = 0; ids != NULL && i < json_array_get_length (ids); i++)
    {
      SbMessage *message = sb_state_message (state, json_array_get_int_element (ids, i));

      if (message != NULL)
        g_ptr_array_add (list, message);
    }
}

static void
take_set (JsonObject *row, const char *name, GHashTable *set)
{
  JsonArray *ids = floo_json_get_array (row, name);

  for (guint i = 0; ids != NULL && i < json_array_get_length (ids); i++)
    sb_id_set_add (set, json_array_get_int_element (ids, i));
}

static void
take_inbox (gpointer owner, JsonObject *row, SbState *state)
{
  SbInbox *inbox = sb_user_inbox (owner, id_of (row, "conversation"));

  FROM_OBJECT (inbox, inbox_fields, row);
  take_messages (state, row, "queue", inbox->queue);
  take_messages (state, row, "history", inbox->history);
  take_set (row, "read", inbox->read);
  take_set (row, "unread", inbox->unread);
}

static void
take_position (gpointer owner, JsonObject *row, SbState *state)
{
  SbPosition *position = sb_device_position (owner, id_of (row, "conversation"));

  FROM_OBJECT (position, position_fields, row);
  position->sent = position->acked;
}

static void
take_ack (gpointer owner, JsonObject *row, SbState *state)
{
  SbDevice *device = owner;
  SbAck *ack = g_new0 (SbAck, 1);

  FROM_OBJECT (ack, ack_fields, row);
  ack->message = sb_state_message (state, ack->server_mid);
  g_hash_table_insert (device->acks, &ack->client_mid, ack);
}

static void
take_device (gpointer owner, JsonObject *row, SbState *state)
{
  SbDevice *device = sb_state_add_device (state, owner, "");

  FROM_OBJECT (device, device_fields, row);
  each_object (row, "positions", take_position, device, state);
  each_object (row, "acks", take_ack, device, state);
}

static void
take_user (gpointer owner, JsonObject *row, SbState *state)
{
  SbUser *user = sb_state_add_user (state, id_of (row, "id"), "", "");

  FROM_OBJECT (user, user_fields, row);
  each_object (row, "contacts", take_contact, user, state);
  each_object (row, "inboxes", take_inbox, user, state);
  each_object (row, "devices", take_device, user, state);
}

static void
take_tokens (SbState *state, JsonObject *tokens)
{
  g_autoptr (GList) names = tokens == NULL ? NULL : json_object_get_members (tokens);

  for (GList *l = names; l != NULL; l = l->next)
    {
      SbUser *user = sb_state_user (state, id_of (tokens, l->data));

      if (user != NULL)
        g_hash_table_insert (state->tokens, g_strdup (l->data), user);
    }
}

gboolean
sb_state_from_json (SbState *state, JsonNode *root, GError **error)
{
  JsonObject *object = floo_json_node_object (root);

  if (object == NULL || id_of (object, "version") != VERSION)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "this is no state of version %d", VERSION);
      return FALSE;
    }
  each_object (object, "messages", take_message, NULL, state);
  each_object (object, "users", take_user, NULL, state);
  each_object (object, "groups", take_group, NULL, state);
  take_tokens (state, floo_json_get_object (object, "tokens"));
  FROM_OBJECT (state, state_fields, object);
  return TRUE;
}
