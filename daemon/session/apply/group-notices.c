/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * group-notices.c: applies group notices. Store thread.
 *
 * Lists of a group are kept up to date once they are complete; before that the service has to be asked anyway.
 */
#include "session/apply/notices.h"

#include "base/backoff.h"
#include "base/json.h"
#include "base/service-clock.h"
#include "store/tables/contacts.h"
#include "store/tables/conversations.h"
#include "store/tables/lists.h"
#include "store/tables/standing.h"

static gboolean
list_event (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return floo_apply_event (apply, FLOO_SIGNAL_GROUP_LIST_UPDATE, floo_notice_body (notice), error);
}

static gboolean
mark_stale (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  apply->result->fetch_contacts = TRUE;
  return floo_contacts_mark_stale (apply->db, FLOO_CONTACT_GROUP, notice->group_id, error);
}

/* Our role in the group is to be fetched again. */
static gboolean
forget_standing (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  apply->result->fetch_contacts = TRUE;
  return floo_standing_forget (apply->db, notice->group_id, error);
}

static GVariant *
ids_of (const FlooNotice *notice)
{
  GVariantBuilder ids;

  g_variant_builder_init (&ids, G_VARIANT_TYPE ("ax"));
  for (gsize i = 0; i < notice->n_to; i++)
    g_variant_builder_add (&ids, "x", floo_inbound_uid (notice->to[i]));
  return g_variant_builder_end (&ids);
}

static gboolean
member_event (FlooApply *apply, const FlooNotice *notice, GVariant *users, GError **error)
{
  return floo_apply_event (apply, FLOO_SIGNAL_GROUP_MEMBER_CHANGED, g_variant_new ("(x@ax)", notice->group_id, users), error);
}

/* The event is about the sender of the notice. */
static gboolean
sender_event (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return member_event (apply, notice, g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, &notice->from, 1, sizeof notice->from), error);
}

/* The event is about the users named in the notice. */
static gboolean
named_event (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return member_event (apply, notice, ids_of (notice), error);
}

/* ---- lists ---- */

/* Adds to a list that is stored, complete or in part. */
static gboolean
add_to (FlooApply *apply, FlooList list, const FlooNotice *notice, gint64 user, GError **error)
{
  GVariantDict record;
  gboolean complete;
  guint n;

  if (!floo_lists_get_state (apply->db, list, notice->group_id, &complete, &n, error))
    return FALSE;
  if (!complete && n == 0)
    {
      floo_lists_note_change (apply->db, list, notice->group_id);
      return TRUE;
    }
  if (list != FLOO_LIST_MEMBERS)
    return floo_lists_add (apply->db, list, notice->group_id, user, NULL, error);
  g_variant_dict_init (&record, NULL);
  g_variant_dict_insert (&record, "user_id", "x", user);
  g_variant_dict_insert (&record, "join_time", "x", notice->timestamp);
  return floo_lists_put (apply->db, list, notice->group_id, g_variant_dict_end (&record), NULL, error);
}

static gboolean
add_named (FlooApply *apply, FlooList list, const FlooNotice *notice, GError **error)
{
  for (gsize i = 0; i < notice->n_to; i++)
    if (!add_to (apply, list, notice, floo_inbound_uid (notice->to[i]), error))
      return FALSE;
  return TRUE;
}

static gboolean
drop_named (FlooApply *apply, FlooList list, const FlooNotice *notice, GError **error)
{
  for (gsize i = 0; i < notice->n_to; i++)
    if (!floo_lists_remove (apply->db, list, notice->group_id, floo_inbound_uid (notice->to[i]), NULL, error))
      return FALSE;
  return TRUE;
}

static gboolean
decide_named (FlooApply *apply, FlooList list, const FlooNotice *notice, FlooDecision decision, GError **error)
{
  for (gsize i = 0; i < notice->n_to; i++)
    if (!floo_lists_decide (apply->db, list, notice->group_id, floo_inbound_uid (notice->to[i]), decision, error))
      return FALSE;
  return TRUE;
}

/* A former member loses every other role in the group. */
static gboolean
drop_member (FlooApply *apply, const FlooNotice *notice, gint64 user, GError **error)
{
  static const FlooList lists[] = { FLOO_LIST_MEMBERS, FLOO_LIST_ADMINS, FLOO_LIST_BANNED };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    if (!floo_lists_remove (apply->db, lists[i], notice->group_id, user, NULL, error))
      return FALSE;
  return TRUE;
}

/* ---- joining and leaving ---- */

/* We joined the group: no invitation is pending, and lists from an earlier membership are invalid. */
static gboolean
enter_group (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  gboolean changed;

  if (!floo_contacts_add (apply->db, FLOO_CONTACT_GROUP, notice->group_id, &changed, error) || !mark_stale (apply, notice, error)
      || !floo_lists_decide (apply->db, FLOO_LIST_INVITATIONS, notice->group_id, FLOO_LIST_ALL_IDS, FLOO_DECISION_ACCEPTED, error)
      || (changed && !floo_lists_remove_owner (apply->db, notice->group_id, error)))
    return FALSE;
  return !changed || (floo_conversations_enter_group (apply->db, notice->group_id, notice->timestamp, error) && list_event (apply, notice, error));
}

/* Whether the conversation of a group that we left is to be kept. */
static gboolean
is_to_be_kept (FlooApply *apply, gint64 group, gboolean *keep, GError **error)
{
  const GArray *keeping = apply->result->keeping;

  if (!floo_conversations_is_kept (apply->db, group, keep, error))
    return FALSE;
  *keep |= apply->result->keep_left_groups;
  for (guint i = 0; i < keeping->len; i++)
    *keep |= g_array_index (keeping, gint64, i) == group;
  return TRUE;
}

static gboolean
end_conversation (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  gboolean keep;

  if (!is_to_be_kept (apply, notice->group_id, &keep, error))
    return FALSE;
  if (!keep)
    return floo_apply_delete_conversation (apply, notice->group_id, FLOO_CONVERSATION_GROUP, notice->id, error);
  return floo_conversations_keep (apply->db, notice->group_id, error) && floo_conversations_list_changed (apply->db);
}

/* We left the group, or were removed. */
static gboolean
exit_group (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  gboolean changed;

  return floo_contacts_remove (apply->db, FLOO_CONTACT_GROUP, notice->group_id, &changed, error)
         && floo_lists_remove_owner (apply->db, notice->group_id, error) && end_conversation (apply, notice, error)
         && (!changed || list_event (apply, notice, error));
}

/* Details have the number of members, so they are fetched again when members join or leave. */
static gboolean
joined (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  if (notice->by_us)
    return enter_group (apply, notice, error);
  return floo_lists_decide (apply->db, FLOO_LIST_GROUP_APPLICATIONS, notice->group_id, notice->from, FLOO_DECISION_ACCEPTED, error)
         && add_to (apply, FLOO_LIST_MEMBERS, notice, notice->from, error) && mark_stale (apply, notice, error)
         && sender_event (apply, notice, error);
}

static gboolean
left (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  if (notice->by_us)
    return exit_group (apply, notice, error);
  return drop_member (apply, notice, notice->from, error) && mark_stale (apply, notice, error) && sender_event (apply, notice, error);
}

static gboolean
kicked (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  if (notice->for_us)
    return exit_group (apply, notice, error);
  for (gsize i = 0; i < notice->n_to; i++)
    if (!drop_member (apply, notice, floo_inbound_uid (notice->to[i]), error))
      return FALSE;
  return mark_stale (apply, notice, error) && named_event (apply, notice, error);
}

static gboolean
blocked (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return (notice->for_us || add_named (apply, FLOO_LIST_GROUP_BLOCKED, notice, error)) && kicked (apply, notice, error);
}

static gboolean
unblocked (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return drop_named (apply, FLOO_LIST_GROUP_BLOCKED, notice, error);
}

/* ---- decisions ---- */

static gboolean
applied (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  GVariantDict record;

  if (notice->by_us)
    return TRUE;
  g_variant_dict_init (&record, NULL);
  g_variant_dict_insert (&record, "group_id", "x", notice->group_id);
  g_variant_dict_insert (&record, "applicant_id", "x", notice->from);
  g_variant_dict_insert (&record, "reason", "s", notice->content);
  g_variant_dict_insert (&record, "status", "i", 0);
  return floo_lists_put (apply->db, FLOO_LIST_GROUP_APPLICATIONS, notice->group_id, g_variant_dict_end (&record), NULL, error);
}

static gboolean
apply_accepted (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  if (notice->for_us && !notice->by_us)
    return enter_group (apply, notice, error);
  return decide_named (apply, FLOO_LIST_GROUP_APPLICATIONS, notice, FLOO_DECISION_ACCEPTED, error) && add_named (apply, FLOO_LIST_MEMBERS, notice, error)
         && mark_stale (apply, notice, error) && named_event (apply, notice, error);
}

static gboolean
apply_declined (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return decide_named (apply, FLOO_LIST_GROUP_APPLICATIONS, notice, FLOO_DECISION_DECLINED, error);
}

static gboolean
invited (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  GVariantDict record;

  if (!notice->for_us || notice->by_us)
    return TRUE;
  g_variant_dict_init (&record, NULL);
  g_variant_dict_insert (&record, "group_id", "x", notice->group_id);
  g_variant_dict_insert (&record, "inviter_id", "x", notice->from);
  g_variant_dict_insert (&record, "invitee_id", "x", apply->self_id);
  g_variant_dict_insert (&record, "reason", "s", notice->content);
  g_variant_dict_insert (&record, "status", "i", 0);
  return floo_lists_put (apply->db, FLOO_LIST_INVITATIONS, notice->group_id, g_variant_dict_end (&record), NULL, error);
}

/* The inviter is named; without one, all invitations to the group are declined. */
static gboolean
invite_declined (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  if (!notice->by_us)
    return TRUE;
  if (notice->n_to > 0)
    return decide_named (apply, FLOO_LIST_INVITATIONS, notice, FLOO_DECISION_DECLINED, error);
  return floo_lists_decide (apply->db, FLOO_LIST_INVITATIONS, notice->group_id, FLOO_LIST_ALL_IDS, FLOO_DECISION_DECLINED, error);
}

/* ---- rank and bans ---- */

static gboolean
owner_assigned (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  g_autoptr (JsonObject) fields = json_object_new ();
  gboolean changed;
  gint64 owner;

  if (notice->n_to == 0)
    return mark_stale (apply, notice, error);
  owner = floo_inbound_uid (notice->to[0]);
  json_object_set_int_member (fields, "owner_id", owner);
  json_object_set_int_member (fields, "owner", owner);
  /* The notice does not say what role the former owner has now. */
  return floo_contacts_merge (apply->db, FLOO_CONTACT_GROUP, notice->group_id, fields, &changed, error)
         && floo_lists_remove (apply->db, FLOO_LIST_ADMINS, notice->group_id, owner, NULL, error)
         && (!notice->by_us || forget_standing (apply, notice, error)) && list_event (apply, notice, error);
}

static gboolean
admin_granted (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return (!notice->for_us || floo_standing_set_admin (apply->db, notice->group_id, TRUE, error))
         && add_named (apply, FLOO_LIST_ADMINS, notice, error) && named_event (apply, notice, error);
}

static gboolean
admin_revoked (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return drop_named (apply, FLOO_LIST_ADMINS, notice, error) && named_event (apply, notice, error);
}

static gboolean
ban_event (FlooApply *apply, const FlooNotice *notice, gboolean all, const char *content, GError **error)
{
  return floo_apply_event (apply, FLOO_SIGNAL_GROUP_BANNED,
                           g_variant_new ("(x@axbs)", notice->group_id, ids_of (notice), all, content), error);
}

/* @until: -1, or in s */
static gboolean
ban_all_event (FlooApply *apply, const FlooNotice *notice, gint64 until, GError **error)
{
  g_autofree char *content = g_strdup_printf ("%" G_GINT64_FORMAT, until == -1 ? -1 : MIN (until, G_MAXINT64 / 1000) * 1000);

  return ban_event (apply, notice, TRUE, content, error);
}

static gboolean
unban_event (FlooApply *apply, const FlooNotice *notice, gboolean all, GError **error)
{
  return floo_apply_event (apply, FLOO_SIGNAL_GROUP_UNBANNED, g_variant_new ("(x@axb)", notice->group_id, ids_of (notice), all), error);
}

/* A ban of ours: the notice has its minutes, below 0 permanent. */
static gboolean
own_ban (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  gint64 minutes, until = -1;

  if (!g_ascii_string_to_signed (notice->content, 10, G_MININT32, G_MAXINT32, &minutes, NULL))
    return forget_standing (apply, notice, error);
  if (minutes >= 0)
    until = MIN (notice->timestamp, G_MAXINT64 / 2) + minutes * 60000;
  return floo_standing_set_ban (apply->db, notice->group_id, until, error);
}

/* The end times of the bans in the list are known only to the service. */
static gboolean
banned (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return (!notice->for_us || own_ban (apply, notice, error)) && add_named (apply, FLOO_LIST_BANNED, notice, error)
         && floo_lists_forget (apply->db, FLOO_LIST_BANNED, notice->group_id, error) && ban_event (apply, notice, FALSE, notice->content, error);
}

static gboolean
unbanned (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  return drop_named (apply, FLOO_LIST_BANNED, notice, error) && unban_event (apply, notice, FALSE, error);
}

/* ---- details ---- */

static gboolean
merge (FlooApply *apply, const FlooNotice *notice, JsonObject *fields, GError **error)
{
  gboolean changed;

  json_object_remove_member (fields, "group_id");
  return floo_contacts_merge (apply->db, FLOO_CONTACT_GROUP, notice->group_id, fields, &changed, error)
         && list_event (apply, notice, error);
}

/* The member's name, which is fetched again. */
static gboolean
display_name_changed (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  apply->result->fetch_contacts = TRUE;
  return floo_lists_mark_stale (apply->db, FLOO_LIST_MEMBERS, notice->group_id, notice->from, error)
         && (!notice->by_us || forget_standing (apply, notice, error))
         && sender_event (apply, notice, error);
}

/* {"property":"ban_expire_time","ban_expire_time":-1}: a ban of all has signals of its own. */
static gboolean
info_updated (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  g_autofree char *property = NULL;
  g_autoptr (JsonObject) fields = floo_notice_fields (notice, &floo_record_group_info, &property);
  gint64 until;

  if (fields == NULL)
    return mark_stale (apply, notice, error) && list_event (apply, notice, error);
  if (g_strcmp0 (property, "display_name") == 0)
    return display_name_changed (apply, notice, error);
  if (!merge (apply, notice, fields, error))
    return FALSE;
  if (g_strcmp0 (property, "ban_expire_time") != 0 || !floo_json_get_int (fields, "ban_expire_time", &until))
    return TRUE;
  /* Both are fetched from the service. */
  if (until == -1 || until > (notice->timestamp > 0 ? notice->timestamp : floo_service_time ()) / 1000)
    return ban_all_event (apply, notice, until, error);
  return unban_event (apply, notice, TRUE, error);
}

/* A setting that we changed on one of our devices. */
static gboolean
own_setting (FlooApply *apply, const FlooNotice *notice, GError **error)
{
  g_autoptr (JsonObject) fields = floo_notice_fields (notice, &floo_record_group_info, NULL);

  if (fields == NULL || !notice->by_us || json_object_get_size (fields) == 0)
    return mark_stale (apply, notice, error) && list_event (apply, notice, error);
  return merge (apply, notice, fields, error);
}

const FlooNoticeRow floo_group_notices[] = {
  [FLOO__GROUP_NOTICE__TYPE__CREATED] = { FLOO_SIGNAL_GROUP_CREATED, enter_group },
  [FLOO__GROUP_NOTICE__TYPE__DESTROYED] = { FLOO_SIGNAL_GROUP_DESTROYED, exit_group },
  [FLOO__GROUP_NOTICE__TYPE__JOINED] = { FLOO_SIGNAL_GROUP_JOINED, joined },
  [FLOO__GROUP_NOTICE__TYPE__LEAVED] = { FLOO_SIGNAL_GROUP_LEFT, left },
  [FLOO__GROUP_NOTICE__TYPE__APPLYED] = { FLOO_SIGNAL_GROUP_APPLIED, applied },
  [FLOO__GROUP_NOTICE__TYPE__APPLY_ACCEPTED] = { FLOO_SIGNAL_GROUP_APPLY_ACCEPTED, apply_accepted },
  [FLOO__GROUP_NOTICE__TYPE__APPLY_DECLINED] = { FLOO_SIGNAL_GROUP_APPLY_DECLINED, apply_declined },
  [FLOO__GROUP_NOTICE__TYPE__INVITED] = { FLOO_SIGNAL_GROUP_INVITED, invited },
  [FLOO__GROUP_NOTICE__TYPE__INVITE_ACCEPTED] = { FLOO_SIGNAL_GROUP_INVITE_ACCEPTED, joined },
  [FLOO__GROUP_NOTICE__TYPE__INVITE_DECLINED] = { FLOO_SIGNAL_GROUP_INVITE_DECLINED, invite_declined },
  [FLOO__GROUP_NOTICE__TYPE__KICKED] = { FLOO_SIGNAL_GROUP_KICKED, kicked },
  [FLOO__GROUP_NOTICE__TYPE__BLOCKED] = { FLOO_SIGNAL_GROUP_BLOCKED, blocked },
  [FLOO__GROUP_NOTICE__TYPE__UNBLOCKED] = { FLOO_SIGNAL_GROUP_UNBLOCKED, unblocked },
  [FLOO__GROUP_NOTICE__TYPE__OWNER_ASSIGNED] = { FLOO_SIGNAL_GROUP_OWNER_ASSIGNED, owner_assigned },
  [FLOO__GROUP_NOTICE__TYPE__ADMIN_GRANTED] = { FLOO_SIGNAL_GROUP_ADMIN_GRANTED, admin_granted },
  [FLOO__GROUP_NOTICE__TYPE__ADMIN_REVOKED] = { FLOO_SIGNAL_GROUP_ADMIN_REVOKED, admin_revoked },
  [FLOO__GROUP_NOTICE__TYPE__MUTED] = { FLOO_SIGNAL_GROUP_MUTED, own_setting },
  [FLOO__GROUP_NOTICE__TYPE__UNMUTED] = { FLOO_SIGNAL_GROUP_UNMUTED, own_setting },
  [FLOO__GROUP_NOTICE__TYPE__BANNED] = { 0, banned },
  [FLOO__GROUP_NOTICE__TYPE__UNBANNED] = { 0, unbanned },
  [FLOO__GROUP_NOTICE__TYPE__INFO_UPDATED] = { 0, info_updated },
  [FLOO__GROUP_NOTICE__TYPE__ANNOUNCEMENT_UPDATED] = { FLOO_SIGNAL_GROUP_ANNOUNCEMENT_UPDATED, mark_stale },
  [FLOO__GROUP_NOTICE__TYPE__MESSAGE_SETTING] = { 0, own_setting },
  [FLOO__GROUP_NOTICE__TYPE__FILE_UPLOADED] = { FLOO_SIGNAL_GROUP_FILE_UPLOADED, NULL },
  [FLOO__GROUP_NOTICE__TYPE__FILE_DELETED] = { FLOO_SIGNAL_GROUP_FILE_DELETED, NULL },
  [FLOO__GROUP_NOTICE__TYPE__FILE_UPDATED] = { FLOO_SIGNAL_GROUP_FILE_UPDATED, NULL },
};
const gsize floo_n_group_notices = G_N_ELEMENTS (floo_group_notices);
