/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state-private.h"

#include <string.h>

GHashTable *
sb_id_table_new (GDestroyNotify destroy)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, destroy);
}

GHashTable *
sb_id_set_new (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

void
sb_id_set_add (GHashTable *set, gint64 id)
{
  g_hash_table_add (set, g_memdup2 (&id, sizeof id));
}

int
sb_ids_find (JsonArray *ids, gint64 id)
{
  for (guint i = 0; i < json_array_get_length (ids); i++)
    if (json_array_get_int_element (ids, i) == id)
      return (int) i;
  return -1;
}

int
sb_objects_find (JsonArray *objects, const char *member, gint64 value)
{
  for (guint i = 0; i < json_array_get_length (objects); i++)
    if (json_object_get_int_member (json_array_get_object_element (objects, i), member) == value)
      return (int) i;
  return -1;
}

JsonObject *
sb_objects_get (JsonArray *objects, const char *member, gint64 value)
{
  int i = sb_objects_find (objects, member, value);

  return i < 0 ? NULL : json_array_get_object_element (objects, (guint) i);
}

static gint64 clock_skew;

gint64
sb_now (void)
{
  return g_get_real_time () / 1000 + clock_skew;
}

void
sb_set_clock_skew (gint64 ms)
{
  clock_skew = ms;
}

/* ---- devices ---- */

static void
device_free (SbDevice *device)
{
  g_hash_table_unref (device->positions);
  g_hash_table_unref (device->acks);
  g_free (device->guid);
  g_free (device->agent);
  g_free (device->token);
  g_free (device->push_token);
  g_free (device);
}

SbDevice *
sb_user_device_by_guid (SbUser *user, const char *guid)
{
  for (guint i = 0; i < user->devices->len; i++)
    {
      SbDevice *device = user->devices->pdata[i];

      if (strcmp (device->guid, guid) == 0)
        return device;
    }
  return NULL;
}

SbDevice *
sb_user_device (SbUser *user, guint32 sn)
{
  for (guint i = 0; i < user->devices->len; i++)
    {
      SbDevice *device = user->devices->pdata[i];

      if (device->sn == sn)
        return device;
    }
  return NULL;
}

SbDevice *
sb_state_add_device (SbState *state, SbUser *user, const char *guid)
{
  SbDevice *device = g_new0 (SbDevice, 1);
  GHashTableIter iter;
  gpointer value;

  device->sn = ++state->next_device;
  device->guid = g_strdup (guid);
  device->user = user;
  device->agent = g_strdup ("");
  device->positions = sb_id_table_new (g_free);
  device->acks = sb_id_table_new (g_free);
  g_ptr_array_add (user->devices, device);
  g_hash_table_iter_init (&iter, user->inboxes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      SbInbox *inbox = value;
      SbPosition *position = sb_device_position (device, inbox->conversation);

      position->acked = position->sent = position->given = MAX (MIN (inbox->start, sb_inbox_first_unread (inbox, user) - 1), inbox->lost);
    }
  return device;
}

void
sb_state_remove_device (SbState *state, SbDevice *device)
{
  g_assert (device->connection == NULL);
  if (device->token != NULL)
    sb_state_void_tokens (state, device->user, device->token);
  g_ptr_array_remove (device->user->devices, device);
}

SbPosition *
sb_device_position (SbDevice *device, gint64 conversation)
{
  SbPosition *position = g_hash_table_lookup (device->positions, &conversation);

  if (position == NULL)
    {
      position = g_new0 (SbPosition, 1);
      position->conversation = conversation;
      g_hash_table_insert (device->positions, &position->conversation, position);
    }
  return position;
}

gboolean
sb_device_wants (const SbDevice *device, const SbMessage *message)
{
  if (message->only_device != 0)
    return message->only_device == device->sn;
  return message->from != device->user->id || message->from_device != device->sn;
}

/* ---- users ---- */

static void
contact_free (SbContact *contact)
{
  g_free (contact->alias);
  g_free (contact->ext);
  g_free (contact);
}

static void
user_free (SbUser *user)
{
  g_free (user->name);
  g_free (user->password);
  g_free (user->verified_mobile);
  json_object_unref (user->profile);
  json_object_unref (user->settings);
  g_ptr_array_unref (user->contact_order);
  g_hash_table_unref (user->contacts);
  json_array_unref (user->applications);
  g_ptr_array_unref (user->devices);
  g_hash_table_unref (user->inboxes);
  json_array_unref (user->pins);
  g_free (user);
}

static JsonObject *
default_profile (gint64 id, const char *name)
{
  static const char *const texts[]
      = { "avatar", "description", "email", "mobile", "nick_name", "private_info", "public_info" };
  JsonObject *profile = json_object_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    json_object_set_string_member (profile, texts[i], "");
  json_object_set_int_member (profile, "user_id", id);
  json_object_set_string_member (profile, "username", name);
  return profile;
}

static JsonObject *
default_settings (gint64 id)
{
  static const char *const texts[] = { "auth_answer", "auth_question", "push_nick_name", "push_token" };
  static const char *const switches[] = { "auto_download", "group_confirm", "no_push", "no_push_detail", "no_sounds", "vibratory" };
  static const char *const hours[] = { "no_push_end_hour", "no_push_start_hour", "silence_end_time", "silence_start_time" };
  JsonObject *settings = json_object_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    json_object_set_string_member (settings, texts[i], "");
  for (gsize i = 0; i < G_N_ELEMENTS (switches); i++)
    json_object_set_boolean_member (settings, switches[i], FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS (hours); i++)
    json_object_set_int_member (settings, hours[i], 0);
  json_object_set_int_member (settings, "auth_mode", 1);
  json_object_set_int_member (settings, "id", id);
  json_object_set_int_member (settings, "user_id", id);
  return settings;
}

SbUser *
sb_state_add_user (SbState *state, gint64 id, const char *name, const char *password)
{
  SbUser *user = g_new0 (SbUser, 1);

  user->id = id;
  user->name = g_strdup (name);
  user->password = g_strdup (password);
  user->profile = default_profile (id, name);
  user->settings = default_settings (id);
  user->contacts = sb_id_table_new ((GDestroyNotify) contact_free);
  user->contact_order = g_ptr_array_new ();
  user->applications = json_array_new ();
  user->devices = g_ptr_array_new_with_free_func ((GDestroyNotify) device_free);
  user->inboxes = sb_id_table_new ((GDestroyNotify) sb_inbox_free);
  user->pins = json_array_new ();
  g_hash_table_insert (state->users, &user->id, user);
  g_ptr_array_add (state->user_order, user);
  state->next_user = MAX (state->next_user, id);
  return user;
}

SbUser *
sb_state_user (SbState *state, gint64 id)
{
  SbUser *user = g_hash_table_lookup (state->users, &id);

  return user == NULL || user->removed ? NULL : user;
}

SbUser *
sb_state_user_by_name (SbState *state, const char *name)
{
  for (guint i = 0; i < state->user_order->len; i++)
    {
      SbUser *user = state->user_order->pdata[i];

      if (!user->removed && strcmp (user->name, name) == 0)
        return user;
    }
  return NULL;
}

SbUser *
sb_state_user_by_mobile (SbState *state, const char *mobile)
{
  if (*mobile == '\0')
    return NULL;
  for (guint i = 0; i < state->user_order->len; i++)
    {
      SbUser *user = state->user_order->pdata[i];

      if (!user->removed && strcmp (json_object_get_string_member (user->profile, "mobile"), mobile) == 0)
        return user;
    }
  return NULL;
}

char *
sb_state_random_text (SbState *state)
{
  guint32 r[4];

  for (gsize i = 0; i < G_N_ELEMENTS (r); i++)
    r[i] = g_rand_int (state->rand);
  return g_strdup_printf ("%08x%08x%08x%08x", r[0], r[1], r[2], r[3]);
}

SbUser *
sb_state_user_by_token (SbState *state, const char *token)
{
  return g_hash_table_lookup (state->tokens, token);
}

const char *
sb_state_add_token (SbState *state, SbUser *user)
{
  char *token = sb_state_random_text (state);

  /* After a restart the same seed gives the same texts again. */
  while (g_hash_table_contains (state->tokens, token))
    {
      g_free (token);
      token = sb_state_random_text (state);
    }
  g_hash_table_insert (state->tokens, token, user);
  return token;
}

void
sb_state_void_tokens (SbState *state, SbUser *user, const char *token)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, state->tokens);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (value == user && (token == NULL || strcmp (key, token) == 0))
      g_hash_table_iter_remove (&iter);
}

SbContact *
sb_user_contact (SbUser *user, gint64 id)
{
  return g_hash_table_lookup (user->contacts, &id);
}

SbContact *
sb_user_ensure_contact (SbUser *user, gint64 id)
{
  SbContact *contact = sb_user_contact (user, id);

  if (contact != NULL)
    return contact;
  contact = g_new0 (SbContact, 1);
  contact->id = id;
  contact->relation = SB_STRANGER;
  contact->alias = g_strdup ("");
  contact->ext = g_strdup ("");
  g_hash_table_insert (user->contacts, &contact->id, contact);
  g_ptr_array_add (user->contact_order, contact);
  return contact;
}

gboolean
sb_user_is_friend (SbUser *user, gint64 id)
{
  SbContact *contact = sb_user_contact (user, id);

  return contact != NULL && contact->relation == SB_FRIEND;
}

/* ---- the whole ---- */

SbState *
sb_state_new (guint32 seed)
{
  SbState *state = g_new0 (SbState, 1);

  state->rand = g_rand_new_with_seed (seed);
  state->users = sb_id_table_new ((GDestroyNotify) user_free);
  state->user_order = g_ptr_array_new ();
  state->groups = sb_id_table_new ((GDestroyNotify) sb_group_free);
  state->tokens = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  state->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) sb_message_free);
  state->next_message = SB_FIRST_MESSAGE_ID;
  state->next_device = 100000;
  state->next_record = 3000;
  return state;
}

void
sb_state_free (SbState *state)
{
  g_rand_free (state->rand);
  g_hash_table_unref (state->tokens);
  g_ptr_array_unref (state->user_order);
  g_hash_table_unref (state->users);
  g_hash_table_unref (state->groups);
  g_ptr_array_unref (state->messages);
  g_free (state);
}
