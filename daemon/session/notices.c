/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notices.c: what roster, group and user notices do to the state, and the signals they become (events.md). Store thread.
 *
 * One table row per notice type. A notice is applied once, however often the service delivers it.
 */
#include "session/apply.h"
#include "session/values.h"

#include <string.h>

#include "base/backoff.h"
#include "base/json.h"
#include "store/contacts.h"
#include "store/messages.h"

/* A roster or group notice, unpacked. */
typedef struct {
  gint64 id;
  gint64 timestamp;
  int type;
  gint64 group_id;
  gint64 from;
  const Floo__XID *const *to;
  gsize n_to;
  const char *content;
  gboolean by_us;               /* from is us */
  gboolean for_us;              /* we are among `to` */
  const char *type_name;
} Notice;

typedef gboolean (*Effect) (FlooApply *apply, const Notice *notice, GError **error);

typedef struct {
  FlooSignal signal;            /* 0: none */
  Effect effect;                /* (nullable) */
} NoticeRow;

static GVariant *
notice_to_variant (const Notice *notice)
{
  g_autofree char *type = g_ascii_strdown (notice->type_name, -1);
  GVariantBuilder to;
  GVariantDict dict;

  g_variant_builder_init (&to, G_VARIANT_TYPE ("ax"));
  for (gsize i = 0; i < notice->n_to; i++)
    g_variant_builder_add (&to, "x", floo_apply_uid (notice->to[i]));
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "id", "x", notice->id);
  g_variant_dict_insert (&dict, "timestamp", "x", notice->timestamp);
  g_variant_dict_insert (&dict, "type", "s", type);
  g_variant_dict_insert (&dict, "from", "x", notice->from);
  g_variant_dict_insert_value (&dict, "to", g_variant_builder_end (&to));
  if (notice->group_id != 0)
    g_variant_dict_insert (&dict, "group_id", "x", notice->group_id);
  g_variant_dict_insert (&dict, "content", "s", notice->content);
  return g_variant_dict_end (&dict);
}

static GVariant *
notice_body (const Notice *notice)
{
  return g_variant_new ("(@a{sv})", notice_to_variant (notice));
}

/* ---- roster ---- */

static gint64
other_side (const Notice *notice)
{
  return notice->by_us && notice->n_to > 0 ? floo_apply_uid (notice->to[0]) : notice->from;
}

static gboolean
roster_list_event (FlooApply *apply, const Notice *notice, GError **error)
{
  return floo_apply_event (apply, FLOO_SIGNAL_ROSTER_LIST_UPDATE, notice_body (notice), error);
}

static gboolean
roster_added (FlooApply *apply, const Notice *notice, GError **error)
{
  gboolean changed;

  if (!floo_contacts_add (apply->db, FLOO_CONTACT_USER, other_side (notice), &changed, error)
      || !floo_contacts_mark_stale (apply->db, FLOO_CONTACT_USER, other_side (notice), error))
    return FALSE;
  apply->result->fetch_contacts = TRUE;
  return roster_list_event (apply, notice, error);
}

static gboolean
roster_removed (FlooApply *apply, const Notice *notice, GError **error)
{
  gint64 other = other_side (notice);
  g_autoptr (JsonObject) fields = NULL;
  gboolean changed;

  if (notice->by_us)
    return floo_contacts_remove (apply->db, FLOO_CONTACT_USER, other, &changed, error)
           && floo_apply_delete_conversation (apply, other, "other_operation", error) && roster_list_event (apply, notice, error);
  fields = json_object_new ();
  json_object_set_int_member (fields, "relation", 1);
  return floo_contacts_merge (apply->db, FLOO_CONTACT_USER, other, fields, &changed, error);
}

/* The fields of a JSON content; NULL where it is none. */
static JsonNode *
content_fields (const Notice *notice)
{
  g_autoptr (JsonNode) node = *notice->content != '\0' ? floo_json_parse (notice->content, strlen (notice->content), NULL) : NULL;

  return node != NULL && floo_json_node_object (node) != NULL ? g_steal_pointer (&node) : NULL;
}

static gboolean
user_info_event (FlooApply *apply, gint64 user_id, GError **error)
{
  return floo_apply_event (apply, FLOO_SIGNAL_ROSTER_INFO_UPDATE,
                           g_variant_new ("(@ax)", g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, &user_id, 1, sizeof user_id)), error);
}

static gboolean
roster_info (FlooApply *apply, const Notice *notice, GError **error)
{
  gint64 other = other_side (notice);
  g_autoptr (JsonNode) node = content_fields (notice);
  gboolean changed;

  if (node != NULL && !floo_contacts_merge (apply->db, FLOO_CONTACT_USER, other, floo_json_node_object (node), &changed, error))
    return FALSE;
  if (node == NULL)
    {
      if (!floo_contacts_mark_stale (apply->db, FLOO_CONTACT_USER, other, error))
        return FALSE;
      apply->result->fetch_contacts = TRUE;
    }
  return user_info_event (apply, other, error);
}

static gboolean
roster_muted (FlooApply *apply, const Notice *notice, gboolean muted, GError **error)
{
  gint64 other = other_side (notice);
  g_autoptr (JsonObject) fields = json_object_new ();
  gboolean changed;

  json_object_set_boolean_member (fields, "mute_notification", muted);
  return floo_contacts_merge (apply->db, FLOO_CONTACT_USER, other, fields, &changed, error) && user_info_event (apply, other, error);
}

static gboolean
roster_mute (FlooApply *apply, const Notice *notice, GError **error)
{
  return roster_muted (apply, notice, TRUE, error);
}

static gboolean
roster_unmute (FlooApply *apply, const Notice *notice, GError **error)
{
  return roster_muted (apply, notice, FALSE, error);
}

static const NoticeRow roster_rows[] = {
  [FLOO__ROSTER_NOTICE__TYPE__ADDED] = { 0, roster_added },
  [FLOO__ROSTER_NOTICE__TYPE__REMOVED] = { FLOO_SIGNAL_ROSTER_REMOVED, roster_removed },
  [FLOO__ROSTER_NOTICE__TYPE__ACCEPTED] = { FLOO_SIGNAL_ROSTER_ACCEPTED, roster_added },
  [FLOO__ROSTER_NOTICE__TYPE__DECLINED] = { FLOO_SIGNAL_ROSTER_DECLINED, NULL },
  [FLOO__ROSTER_NOTICE__TYPE__BLOCKED] = { FLOO_SIGNAL_ROSTER_BLOCKED, NULL },
  [FLOO__ROSTER_NOTICE__TYPE__UNBLOCKED] = { FLOO_SIGNAL_ROSTER_UNBLOCKED, NULL },
  [FLOO__ROSTER_NOTICE__TYPE__APPLIED] = { FLOO_SIGNAL_ROSTER_APPLIED, NULL },
  [FLOO__ROSTER_NOTICE__TYPE__INFO_UPDATED] = { 0, roster_info },
  [FLOO__ROSTER_NOTICE__TYPE__MUTED] = { 0, roster_mute },
  [FLOO__ROSTER_NOTICE__TYPE__UNMUTED] = { 0, roster_unmute },
};

/* ---- groups ---- */

static gboolean
group_list_event (FlooApply *apply, const Notice *notice, GError **error)
{
  return floo_apply_event (apply, FLOO_SIGNAL_GROUP_LIST_UPDATE, notice_body (notice), error);
}

static gboolean
group_stale (FlooApply *apply, const Notice *notice, GError **error)
{
  apply->result->fetch_contacts = TRUE;
  return floo_contacts_mark_stale (apply->db, FLOO_CONTACT_GROUP, notice->group_id, error);
}

static gboolean
group_members_event (FlooApply *apply, const Notice *notice, GError **error)
{
  return floo_apply_event (apply, FLOO_SIGNAL_GROUP_MEMBER_CHANGED, g_variant_new ("(x)", notice->group_id), error);
}

/* We are in it now. */
static gboolean
enter_group (FlooApply *apply, const Notice *notice, GError **error)
{
  gboolean changed;

  if (!floo_contacts_add (apply->db, FLOO_CONTACT_GROUP, notice->group_id, &changed, error) || !group_stale (apply, notice, error))
    return FALSE;
  return !changed || group_list_event (apply, notice, error);
}

/* We are not in it any more. */
static gboolean
exit_group (FlooApply *apply, const Notice *notice, GError **error)
{
  gboolean changed;

  return floo_contacts_remove (apply->db, FLOO_CONTACT_GROUP, notice->group_id, &changed, error)
         && floo_apply_delete_conversation (apply, notice->group_id, "other_operation", error)
         && (!changed || group_list_event (apply, notice, error));
}

/* Details have the number of members: they are fetched again. */
static gboolean
members_changed (FlooApply *apply, const Notice *notice, GError **error)
{
  return group_stale (apply, notice, error) && group_members_event (apply, notice, error);
}

static gboolean
group_joined (FlooApply *apply, const Notice *notice, GError **error)
{
  return notice->by_us ? enter_group (apply, notice, error) : members_changed (apply, notice, error);
}

static gboolean
group_apply_accepted (FlooApply *apply, const Notice *notice, GError **error)
{
  return notice->for_us && !notice->by_us ? enter_group (apply, notice, error) : members_changed (apply, notice, error);
}

static gboolean
group_left (FlooApply *apply, const Notice *notice, GError **error)
{
  return notice->by_us ? exit_group (apply, notice, error) : members_changed (apply, notice, error);
}

static gboolean
group_removed (FlooApply *apply, const Notice *notice, GError **error)
{
  return notice->for_us ? exit_group (apply, notice, error) : members_changed (apply, notice, error);
}

static gboolean
group_owner (FlooApply *apply, const Notice *notice, GError **error)
{
  g_autoptr (JsonObject) fields = json_object_new ();
  gboolean changed;

  if (notice->n_to == 0)
    return group_stale (apply, notice, error);
  json_object_set_int_member (fields, "owner_id", floo_apply_uid (notice->to[0]));
  return floo_contacts_merge (apply->db, FLOO_CONTACT_GROUP, notice->group_id, fields, &changed, error)
         && group_list_event (apply, notice, error);
}

static GVariant *
ids_of (const Notice *notice)
{
  GVariantBuilder ids;

  g_variant_builder_init (&ids, G_VARIANT_TYPE ("ax"));
  for (gsize i = 0; i < notice->n_to; i++)
    g_variant_builder_add (&ids, "x", floo_apply_uid (notice->to[i]));
  return g_variant_builder_end (&ids);
}

static gboolean
group_banned (FlooApply *apply, const Notice *notice, GError **error)
{
  return floo_apply_event (apply, FLOO_SIGNAL_GROUP_BANNED,
                           g_variant_new ("(x@axbs)", notice->group_id, ids_of (notice), FALSE, notice->content), error);
}

static gboolean
group_unbanned (FlooApply *apply, const Notice *notice, GError **error)
{
  return floo_apply_event (apply, FLOO_SIGNAL_GROUP_UNBANNED, g_variant_new ("(x@axb)", notice->group_id, ids_of (notice), FALSE), error);
}

/* {"property":"ban_expire_time","ban_expire_time":-1}: a ban of all has signals of its own. */
static gboolean
group_info (FlooApply *apply, const Notice *notice, GError **error)
{
  g_autoptr (JsonNode) node = content_fields (notice);
  JsonObject *fields = node != NULL ? floo_json_node_object (node) : NULL;
  const char *property = fields != NULL ? floo_json_get_string (fields, "property") : NULL;
  gboolean changed;
  gint64 until;

  if (fields == NULL)
    return group_stale (apply, notice, error) && group_list_event (apply, notice, error);
  if (g_strcmp0 (property, "display_name") == 0)
    return group_members_event (apply, notice, error);
  if (!floo_contacts_merge (apply->db, FLOO_CONTACT_GROUP, notice->group_id, fields, &changed, error)
      || !group_list_event (apply, notice, error))
    return FALSE;
  if (g_strcmp0 (property, "ban_expire_time") != 0 || !floo_json_get_int (fields, "ban_expire_time", &until))
    return TRUE;
  if (until == -1 || until > floo_now_ms () / 1000)
    return floo_apply_event (apply, FLOO_SIGNAL_GROUP_BANNED,
                             g_variant_new ("(x@axbs)", notice->group_id, ids_of (notice), TRUE, notice->content), error);
  return floo_apply_event (apply, FLOO_SIGNAL_GROUP_UNBANNED, g_variant_new ("(x@axb)", notice->group_id, ids_of (notice), TRUE), error);
}

static gboolean
group_details (FlooApply *apply, const Notice *notice, GError **error)
{
  return group_stale (apply, notice, error);
}

static const NoticeRow group_rows[] = {
  [FLOO__GROUP_NOTICE__TYPE__CREATED] = { FLOO_SIGNAL_GROUP_CREATED, enter_group },
  [FLOO__GROUP_NOTICE__TYPE__DESTROYED] = { FLOO_SIGNAL_GROUP_DESTROYED, exit_group },
  [FLOO__GROUP_NOTICE__TYPE__JOINED] = { FLOO_SIGNAL_GROUP_JOINED, group_joined },
  [FLOO__GROUP_NOTICE__TYPE__LEAVED] = { FLOO_SIGNAL_GROUP_LEFT, group_left },
  [FLOO__GROUP_NOTICE__TYPE__APPLYED] = { FLOO_SIGNAL_GROUP_APPLIED, NULL },
  [FLOO__GROUP_NOTICE__TYPE__APPLY_ACCEPTED] = { FLOO_SIGNAL_GROUP_APPLY_ACCEPTED, group_apply_accepted },
  [FLOO__GROUP_NOTICE__TYPE__APPLY_DECLINED] = { FLOO_SIGNAL_GROUP_APPLY_DECLINED, NULL },
  [FLOO__GROUP_NOTICE__TYPE__INVITED] = { FLOO_SIGNAL_GROUP_INVITED, NULL },
  [FLOO__GROUP_NOTICE__TYPE__INVITE_ACCEPTED] = { FLOO_SIGNAL_GROUP_INVITE_ACCEPTED, group_joined },
  [FLOO__GROUP_NOTICE__TYPE__INVITE_DECLINED] = { FLOO_SIGNAL_GROUP_INVITE_DECLINED, NULL },
  [FLOO__GROUP_NOTICE__TYPE__KICKED] = { FLOO_SIGNAL_GROUP_KICKED, group_removed },
  [FLOO__GROUP_NOTICE__TYPE__BLOCKED] = { FLOO_SIGNAL_GROUP_BLOCKED, group_removed },
  [FLOO__GROUP_NOTICE__TYPE__UNBLOCKED] = { FLOO_SIGNAL_GROUP_UNBLOCKED, NULL },
  [FLOO__GROUP_NOTICE__TYPE__OWNER_ASSIGNED] = { FLOO_SIGNAL_GROUP_OWNER_ASSIGNED, group_owner },
  [FLOO__GROUP_NOTICE__TYPE__ADMIN_GRANTED] = { FLOO_SIGNAL_GROUP_ADMIN_GRANTED, group_members_event },
  [FLOO__GROUP_NOTICE__TYPE__ADMIN_REVOKED] = { FLOO_SIGNAL_GROUP_ADMIN_REVOKED, group_members_event },
  [FLOO__GROUP_NOTICE__TYPE__MUTED] = { FLOO_SIGNAL_GROUP_MUTED, group_details },
  [FLOO__GROUP_NOTICE__TYPE__UNMUTED] = { FLOO_SIGNAL_GROUP_UNMUTED, group_details },
  [FLOO__GROUP_NOTICE__TYPE__BANNED] = { 0, group_banned },
  [FLOO__GROUP_NOTICE__TYPE__UNBANNED] = { 0, group_unbanned },
  [FLOO__GROUP_NOTICE__TYPE__INFO_UPDATED] = { 0, group_info },
  [FLOO__GROUP_NOTICE__TYPE__ANNOUNCEMENT_UPDATED] = { FLOO_SIGNAL_GROUP_ANNOUNCEMENT_UPDATED, group_details },
  [FLOO__GROUP_NOTICE__TYPE__MESSAGE_SETTING] = { 0, group_details },
  [FLOO__GROUP_NOTICE__TYPE__FILE_UPLOADED] = { FLOO_SIGNAL_GROUP_FILE_UPLOADED, NULL },
  [FLOO__GROUP_NOTICE__TYPE__FILE_DELETED] = { FLOO_SIGNAL_GROUP_FILE_DELETED, NULL },
  [FLOO__GROUP_NOTICE__TYPE__FILE_UPDATED] = { FLOO_SIGNAL_GROUP_FILE_UPDATED, NULL },
};

/* ---- applying ---- */

static gboolean
apply_notice (FlooApply *apply, Notice *notice, const NoticeRow *rows, gsize n_rows, GError **error)
{
  const NoticeRow *row = notice->type >= 0 && (gsize) notice->type < n_rows ? &rows[notice->type] : NULL;
  gboolean is_new;

  if (!floo_applied_add (apply->db, notice->id, &is_new, error))
    return FALSE;
  if (!is_new || row == NULL)
    return TRUE;
  notice->by_us = notice->from == apply->self_id;
  for (gsize i = 0; i < notice->n_to; i++)
    notice->for_us |= floo_apply_uid (notice->to[i]) == apply->self_id;
  return (row->effect == NULL || row->effect (apply, notice, error))
         && (row->signal == 0 || floo_apply_event (apply, row->signal, notice_body (notice), error));
}

gboolean
floo_apply_roster_notice (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, GError **error)
{
  g_autoptr (GError) bad = NULL;
  const Floo__RosterNotice *payload = floo_frame_unpack (frame, &floo__roster_notice__descriptor, &meta->payload, &bad);
  Notice notice = { .id = (gint64) meta->id, .timestamp = (gint64) meta->timestamp };

  if (payload == NULL)
    {
      g_warning ("a roster notice was read over: %s", bad->message);
      return TRUE;
    }
  notice.type = (int) payload->type;
  notice.from = floo_apply_uid (payload->from != NULL ? payload->from : meta->from);
  notice.to = (const Floo__XID *const *) payload->to;
  notice.n_to = payload->n_to;
  notice.content = floo_frame_text (frame, payload->has_content, &payload->content);
  notice.type_name = floo_wire_enum_name (&floo__roster_notice__type__descriptor, notice.type);
  return apply_notice (apply, &notice, roster_rows, G_N_ELEMENTS (roster_rows), error);
}

gboolean
floo_apply_group_notice (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, GError **error)
{
  g_autoptr (GError) bad = NULL;
  const Floo__GroupNotice *payload = floo_frame_unpack (frame, &floo__group_notice__descriptor, &meta->payload, &bad);
  Notice notice = { .id = (gint64) meta->id, .timestamp = (gint64) meta->timestamp };

  if (payload == NULL)
    {
      g_warning ("a group notice was read over: %s", bad->message);
      return TRUE;
    }
  notice.type = (int) payload->type;
  notice.group_id = floo_apply_uid (payload->gid);
  notice.from = floo_apply_uid (payload->from != NULL ? payload->from : meta->from);
  notice.to = (const Floo__XID *const *) payload->to;
  notice.n_to = payload->n_to;
  notice.content = floo_frame_text (frame, payload->has_content, &payload->content);
  notice.type_name = floo_wire_enum_name (&floo__group_notice__type__descriptor, notice.type);
  return apply_notice (apply, &notice, group_rows, G_N_ELEMENTS (group_rows), error);
}

/* Those after which this session cannot go on as it is (wire.md, Notices), and whether only the user can help. */
static gboolean
ends_session (int type, gboolean *manually)
{
  *manually = FALSE;
  switch (type)
    {
    case FLOO__USER_NOTICE__TYPE__UNKNOWN:
    case FLOO__USER_NOTICE__TYPE__PASSWORD_CHANGED:
    case FLOO__USER_NOTICE__TYPE__FROZEN:
    case FLOO__USER_NOTICE__TYPE__REMOVED:
    case FLOO__USER_NOTICE__TYPE__KICKED_BY_OTHER_DEVICE:
    case FLOO__USER_NOTICE__TYPE__DEVICE_REMOVED:
      *manually = TRUE;
      return TRUE;
    case FLOO__USER_NOTICE__TYPE__KICK_BY_SAME_DEVICE:
    case FLOO__USER_NOTICE__TYPE__CLUSTER_CHANGED:
    case FLOO__USER_NOTICE__TYPE__DNS_UPDATE:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Our own change of the password ends nothing; what changed of profile and settings we are not told. */
static gboolean
is_expected (FlooApply *apply, int type, gboolean *expected, GError **error)
{
  *expected = FALSE;
  if (type == FLOO__USER_NOTICE__TYPE__PASSWORD_CHANGED)
    return floo_values_take_password_change (apply->db, expected, error);
  if (type == FLOO__USER_NOTICE__TYPE__INFO_UPDATED)
    return floo_values_mark_stale (apply->db, FLOO_VALUE_PROFILE, error)
           && floo_values_mark_stale (apply->db, FLOO_VALUE_SETTINGS, error);
  return TRUE;
}

gboolean
floo_apply_user_notice (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, GError **error)
{
  g_autoptr (GError) bad = NULL;
  const Floo__UserNotice *payload = floo_frame_unpack (frame, &floo__user_notice__descriptor, &meta->payload, &bad);
  gboolean is_new, expected, manually;
  int type;

  if (payload == NULL)
    {
      g_warning ("a user notice was read over: %s", bad->message);
      return TRUE;
    }
  type = (int) payload->type;
  if (!floo_applied_add (apply->db, (gint64) meta->id, &is_new, error))
    return FALSE;
  if (!is_new)
    return TRUE;
  if (!is_expected (apply, type, &expected, error))
    return FALSE;
  manually = FALSE;
  if (!expected && ends_session (type, &manually))
    g_array_append_val (apply->result->user_notices, type);
  if (manually
      && !floo_apply_event (apply, FLOO_SIGNAL_FLOO_NOTICE, g_variant_new ("(sv)", "action", g_variant_new_string ("relogin_manually")), error))
    return FALSE;
  return floo_apply_event (apply, FLOO_SIGNAL_FLOO_NOTICE,
                           g_variant_new ("(sv)", "userNotice",
                                          g_variant_new_string (floo_wire_enum_name (&floo__user_notice__type__descriptor, type))),
                           error);
}
