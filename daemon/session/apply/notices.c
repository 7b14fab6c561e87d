/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notices.c: applies roster, group and user notices, and emits their signals. Store thread.
 *
 * One table row per notice type. A notice is applied once, however often the service delivers it.
 */
#include "session/apply/notices.h"

#include <string.h>

#include "base/json.h"
#include "session/apply/values.h"
#include "store/tables/contacts.h"
#include "store/tables/lists.h"
#include "store/tables/messages.h"

static GVariant *
notice_to_variant (const FlooNotice *notice)
{
  g_autofree char *type = g_ascii_strdown (notice->type_name, -1);
  GVariantBuilder to;
  GVariantDict dict;

  g_variant_builder_init (&to, G_VARIANT_TYPE ("ax"));
  for (gsize i = 0; i < notice->n_to; i++)
    g_variant_builder_add (&to, "x", floo_inbound_uid (notice->to[i]));
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

GVariant *
floo_notice_body (const FlooNotice *notice)
{
  return g_variant_new ("(@a{sv})", notice_to_variant (notice));
}

JsonObject *
floo_notice_fields (const FlooNotice *notice, const FlooRecord *record, char **property)
{
  g_autoptr (JsonNode) node = *notice->content != '\0' ? floo_json_parse (notice->content, strlen (notice->content), NULL) : NULL;
  JsonObject *object = node != NULL ? floo_json_node_object (node) : NULL;

  if (property != NULL)
    *property = g_strdup (object != NULL ? floo_json_get_string (object, "property") : NULL);
  return object != NULL ? floo_record_pick_fields (record, object) : NULL;
}

/* ---- roster ---- */

static gint64
other_side (const FlooNotice *notice)
{
  return notice->by_us && notice->n_to > 0 ? floo_inbound_uid (notice->to[0]) : notice->from;
}

static gboolean
roster_list_event (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return floo_apply_event (apply, FLOO_SIGNAL_ROSTER_LIST_UPDATE, floo_notice_body (notice), error);
}

static gboolean
roster_added (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  gboolean changed;

  if (!floo_lists_decide (apply->db, FLOO_LIST_APPLICATIONS, 0, other_side (notice), FLOO_DECISION_ACCEPTED, error)
      || !floo_contacts_add (apply->db, FLOO_CONTACT_USER, other_side (notice), &changed, error)
      || !floo_contacts_mark_stale (apply->db, FLOO_CONTACT_USER, other_side (notice), error))
    return FALSE;
  apply->result->fetch_contacts = TRUE;
  return roster_list_event (apply, notice, error);
}

static gboolean
roster_removed (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  gint64 other = other_side (notice);
  g_autoptr (JsonObject) fields = NULL;
  gboolean changed;

  if (notice->by_us)
    return floo_contacts_remove (apply->db, FLOO_CONTACT_USER, other, &changed, error)
           && floo_apply_delete_conversation (apply, other, FLOO_CONVERSATION_ROSTER, notice->id, error)
           && roster_list_event (apply, notice, error);
  fields = json_object_new ();
  json_object_set_int_member (fields, "relation", 1);
  return floo_contacts_merge (apply->db, FLOO_CONTACT_USER, other, fields, &changed, error);
}

static gboolean
user_info_event (FlooApply *apply, gint64 user_id, GError **error)
{
  return floo_apply_event (apply, FLOO_SIGNAL_ROSTER_INFO_UPDATE,
                           g_variant_new ("(@ax)", g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, &user_id, 1, sizeof user_id)), error);
}

static gboolean
roster_info (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  gint64 other = other_side (notice);
  g_autoptr (JsonObject) fields = floo_notice_fields (notice, &floo_record_roster_item, NULL);
  gboolean changed;

  if (fields != NULL)
    {
      json_object_remove_member (fields, "user_id");
      return floo_contacts_merge (apply->db, FLOO_CONTACT_USER, other, fields, &changed, error) && user_info_event (apply, other, error);
    }
  apply->result->fetch_contacts = TRUE;
  return floo_contacts_mark_stale (apply->db, FLOO_CONTACT_USER, other, error) && user_info_event (apply, other, error);
}

static gboolean
roster_muted (FlooApply *apply, const FlooNotice *notice, gboolean muted, GError **error)
{
  gint64 other = other_side (notice);
  g_autoptr (JsonObject) fields = json_object_new ();
  gboolean changed;

  json_object_set_boolean_member (fields, "mute_notification", muted);
  return floo_contacts_merge (apply->db, FLOO_CONTACT_USER, other, fields, &changed, error) && user_info_event (apply, other, error);
}

static gboolean
roster_mute (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return roster_muted (apply, notice, TRUE, error);
}

static gboolean
roster_unmute (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return roster_muted (apply, notice, FALSE, error);
}

/* An application that waits for our decision. */
static gboolean
roster_applied (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  GVariantDict record;

  if (notice->by_us)
    return TRUE;
  g_variant_dict_init (&record, NULL);
  g_variant_dict_insert (&record, "user_id", "x", notice->from);
  g_variant_dict_insert (&record, "reason", "s", notice->content);
  g_variant_dict_insert (&record, "status", "i", 0);
  return floo_lists_put (apply->db, FLOO_LIST_APPLICATIONS, 0, g_variant_dict_end (&record), NULL, error);
}

static gboolean
roster_declined (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return !notice->by_us || floo_lists_decide (apply->db, FLOO_LIST_APPLICATIONS, 0, other_side (notice), FLOO_DECISION_DECLINED, error);
}

static gboolean
block_changed (FlooApply *apply, const FlooNotice *notice, gboolean block, GError **error)
{
  if (!notice->by_us)
    return TRUE;
  apply->result->fetch_contacts = TRUE;
  return floo_own_block_user (apply->db, other_side (notice), block, error);
}

static gboolean
roster_blocked (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return block_changed (apply, notice, TRUE, error);
}

static gboolean
roster_unblocked (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return block_changed (apply, notice, FALSE, error);
}

static const FlooNoticeRow roster_rows[] = {
  [FLOO__ROSTER_NOTICE__TYPE__ADDED] = { 0, roster_added },
  [FLOO__ROSTER_NOTICE__TYPE__REMOVED] = { FLOO_SIGNAL_ROSTER_REMOVED, roster_removed },
  [FLOO__ROSTER_NOTICE__TYPE__ACCEPTED] = { FLOO_SIGNAL_ROSTER_ACCEPTED, roster_added },
  [FLOO__ROSTER_NOTICE__TYPE__DECLINED] = { FLOO_SIGNAL_ROSTER_DECLINED, roster_declined },
  [FLOO__ROSTER_NOTICE__TYPE__BLOCKED] = { FLOO_SIGNAL_ROSTER_BLOCKED, roster_blocked },
  [FLOO__ROSTER_NOTICE__TYPE__UNBLOCKED] = { FLOO_SIGNAL_ROSTER_UNBLOCKED, roster_unblocked },
  [FLOO__ROSTER_NOTICE__TYPE__APPLIED] = { FLOO_SIGNAL_ROSTER_APPLIED, roster_applied },
  [FLOO__ROSTER_NOTICE__TYPE__INFO_UPDATED] = { 0, roster_info },
  [FLOO__ROSTER_NOTICE__TYPE__MUTED] = { 0, roster_mute },
  [FLOO__ROSTER_NOTICE__TYPE__UNMUTED] = { 0, roster_unmute },
};

/* ---- applying ---- */

static gboolean
apply_notice (FlooApply *apply, const Floo__Meta *meta, FlooNotice *notice, const FlooNoticeRow *rows, gsize n_rows, GError **error)
{
  const FlooNoticeRow *row = notice->type >= 0 && (gsize) notice->type < n_rows ? &rows[notice->type] : NULL;
  gboolean is_new;

  if (!floo_apply_is_new (apply, meta, &is_new, error))
    return FALSE;
  if (!is_new || row == NULL)
    return TRUE;
  notice->by_us = notice->from == apply->self_id;
  for (gsize i = 0; i < notice->n_to; i++)
    notice->for_us |= floo_inbound_uid (notice->to[i]) == apply->self_id;
  return (row->effect == NULL || row->effect (apply, notice, error))
         && (row->signal == 0 || floo_apply_event (apply, row->signal, floo_notice_body (notice), error));
}

gboolean
floo_apply_roster_notice (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, GError **error)
{
  g_autoptr (GError) bad = NULL;
  const Floo__RosterNotice *payload = floo_frame_unpack (frame, &floo__roster_notice__descriptor, &meta->payload, &bad);
  FlooNotice notice = { .id = (gint64) meta->id, .timestamp = (gint64) meta->timestamp };

  if (payload == NULL)
    {
      floo_apply_leave_out (apply, FLOO_LEFT_OUT_MALFORMED, "a roster notice: %s", bad->message);
      return TRUE;
    }
  notice.type = (int) payload->type;
  notice.from = floo_inbound_uid (payload->from != NULL ? payload->from : meta->from);
  notice.to = (const Floo__XID *const *) payload->to;
  notice.n_to = payload->n_to;
  notice.content = floo_frame_text (frame, payload->has_content, &payload->content);
  notice.type_name = floo_wire_enum_name (&floo__roster_notice__type__descriptor, notice.type);
  return apply_notice (apply, meta, &notice, roster_rows, G_N_ELEMENTS (roster_rows), error);
}

gboolean
floo_apply_group_notice (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, GError **error)
{
  g_autoptr (GError) bad = NULL;
  const Floo__GroupNotice *payload = floo_frame_unpack (frame, &floo__group_notice__descriptor, &meta->payload, &bad);
  FlooNotice notice = { .id = (gint64) meta->id, .timestamp = (gint64) meta->timestamp };

  if (payload == NULL)
    {
      floo_apply_leave_out (apply, FLOO_LEFT_OUT_MALFORMED, "a group notice: %s", bad->message);
      return TRUE;
    }
  notice.type = (int) payload->type;
  notice.group_id = floo_inbound_uid (payload->gid);
  notice.from = floo_inbound_uid (payload->from != NULL ? payload->from : meta->from);
  notice.to = (const Floo__XID *const *) payload->to;
  notice.n_to = payload->n_to;
  notice.content = floo_frame_text (frame, payload->has_content, &payload->content);
  notice.type_name = floo_wire_enum_name (&floo__group_notice__type__descriptor, notice.type);
  return apply_notice (apply, meta, &notice, floo_group_notices, floo_n_group_notices, error);
}

/* By UserNotice.Type; those without a row are only signalled. */
static const FlooSessionFate fates[] = {
  [FLOO__USER_NOTICE__TYPE__UNKNOWN] = FLOO_SESSION_ENDED,
  [FLOO__USER_NOTICE__TYPE__PASSWORD_CHANGED] = FLOO_SESSION_ENDED,
  [FLOO__USER_NOTICE__TYPE__FROZEN] = FLOO_SESSION_ENDED,
  [FLOO__USER_NOTICE__TYPE__REMOVED] = FLOO_SESSION_ENDED,
  [FLOO__USER_NOTICE__TYPE__KICK_BY_SAME_DEVICE] = FLOO_SESSION_REPLACED,
  [FLOO__USER_NOTICE__TYPE__KICKED_BY_OTHER_DEVICE] = FLOO_SESSION_ENDED,
  [FLOO__USER_NOTICE__TYPE__DEVICE_REMOVED] = FLOO_SESSION_ENDED,
  [FLOO__USER_NOTICE__TYPE__CLUSTER_CHANGED] = FLOO_SESSION_MOVED,
  [FLOO__USER_NOTICE__TYPE__DNS_UPDATE] = FLOO_SESSION_MOVED,
};

/* The notice does not say what has changed. */
static gboolean
own_info_changed (FlooApply *apply, GError **error)
{
  apply->result->fetch_contacts = TRUE;
  return floo_values_mark_stale (apply->db, FLOO_VALUE_PROFILE, error) && floo_values_mark_stale (apply->db, FLOO_VALUE_SETTINGS, error)
         && floo_contacts_mark_stale (apply->db, FLOO_CONTACT_USER, apply->self_id, error);
}

/* Our own change of the password does not end the session. */
static gboolean
is_expected (FlooApply *apply, int type, gboolean *expected, GError **error)
{
  *expected = FALSE;
  if (type == FLOO__USER_NOTICE__TYPE__PASSWORD_CHANGED)
    return floo_values_take_password_change (apply->db, expected, error);
  if (type == FLOO__USER_NOTICE__TYPE__INFO_UPDATED)
    return own_info_changed (apply, error);
  return TRUE;
}

/* Details beyond the SDK's event: the service's text, which names the device that logged in or out. */
static GVariant *
user_notice_body (const Floo__Meta *meta, const char *name, const char *content)
{
  g_autofree char *type = g_ascii_strdown (name, -1);
  GVariantDict notice;

  g_variant_dict_init (&notice, NULL);
  g_variant_dict_insert (&notice, "id", "x", (gint64) meta->id);
  g_variant_dict_insert (&notice, "timestamp", "x", (gint64) meta->timestamp);
  g_variant_dict_insert (&notice, "type", "s", type);
  g_variant_dict_insert (&notice, "content", "s", content);
  return g_variant_new ("(@a{sv})", g_variant_dict_end (&notice));
}

gboolean
floo_apply_user_notice (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, GError **error)
{
  g_autoptr (GError) bad = NULL;
  const Floo__UserNotice *payload = floo_frame_unpack (frame, &floo__user_notice__descriptor, &meta->payload, &bad);
  FlooUserNotice notice = { .timestamp = (gint64) meta->timestamp, .catch_up = apply->catch_up };
  gboolean is_new, expected;
  const char *name;

  if (payload == NULL)
    {
      floo_apply_leave_out (apply, FLOO_LEFT_OUT_MALFORMED, "a user notice: %s", bad->message);
      return TRUE;
    }
  notice.type = (int) payload->type;
  if (!floo_apply_is_new (apply, meta, &is_new, error))
    return FALSE;
  if (!is_new)
    return TRUE;
  if (!is_expected (apply, notice.type, &expected, error))
    return FALSE;
  if (!expected && notice.type >= 0 && (gsize) notice.type < G_N_ELEMENTS (fates))
    notice.fate = fates[notice.type];
  if (notice.fate != FLOO_SESSION_GOES_ON)
    g_array_append_val (apply->result->user_notices, notice);
  if (notice.fate == FLOO_SESSION_ENDED
      && !floo_apply_event (apply, FLOO_SIGNAL_FLOO_NOTICE, g_variant_new ("(sv)", "action", g_variant_new_string ("relogin_manually")),
                            error))
    return FALSE;
  name = floo_wire_enum_name (&floo__user_notice__type__descriptor, notice.type);
  return floo_apply_event (apply, FLOO_SIGNAL_FLOO_NOTICE, g_variant_new ("(sv)", "userNotice", g_variant_new_string (name)), error)
         && floo_apply_event (apply, FLOO_SIGNAL_USER_NOTICE,
                              user_notice_body (meta, name, floo_frame_text (frame, payload->has_content, &payload->content)), error);
}
