/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table.c: the table of table.h.
 */
#include "session/operations/table.h"

#include "session/apply/values.h"

#define Q(name) { name, FLOO_ARG_QUERY, FALSE }
#define B(name) { name, FLOO_ARG_BODY, FALSE }
#define BO(name) { name, FLOO_ARG_BODY, TRUE }
#define BOTH(name) { name, FLOO_ARG_BOTH, FALSE }
#define RECORD { NULL, FLOO_ARG_RECORD, FALSE }
#define OPTIONS { NULL, FLOO_ARG_OPTIONS, FALSE }
#define REFRESH { NULL, FLOO_ARG_REFRESH, FALSE }
#define LOCAL_OPTIONS { NULL, FLOO_ARG_LOCAL_OPTIONS, FALSE }
#define PAGE { "cursor", FLOO_ARG_QUERY, TRUE }, { "limit", FLOO_ARG_QUERY, FALSE }

#define IN(list) (1u << FLOO_LIST_##list)

#define GET "GET"
#define POST "POST"

/* A list of members of a group. */
#define MEMBERS_OF .result = FLOO_RESULT_RECORDS, .record = &floo_record_group_member
#define MEMBERS_PAGE .result = FLOO_RESULT_PAGE, .record = &floo_record_group_member
/* An operation on some users of a group, with a result for each. */
#define ON_USERS .args = { B ("group_id"), B ("user_list") }, .result = FLOO_RESULT_RECORDS, .record = &floo_record_group_relation
#define MOVES .effect = floo_effect_move_users
/* One field of a group's details. */
#define SETS_GROUP(name) .effect = floo_effect_set_group_field, .field = name
#define GROUP_VALUE .args = { B ("group_id"), B ("value") }
#define SETS_USER(name) .effect = floo_effect_set_user_field, .field = name

const FlooRestOperation floo_operations[] = {
  /* ---- Account ---- */
  { "Account.GetProfile", GET, "/user/profile", .args = { REFRESH }, .result = FLOO_RESULT_RECORD, .record = &floo_record_user_profile,
    .effect = floo_effect_put_value, .use = FLOO_CACHE_KNOWN, .cache = floo_cache_value, .field = FLOO_VALUE_PROFILE },
  { "Account.UpdateProfile", POST, "/user/profile", .args = { RECORD }, .input = &floo_record_profile_changes,
    .effect = floo_effect_change_value, .field = FLOO_VALUE_PROFILE },
  { "Account.SetNickname", POST, "/user/nickname", .args = { Q ("nick_name") }, .effect = floo_effect_change_value,
    .field = FLOO_VALUE_PROFILE ".nick_name" },
  { "Account.SetMobile", POST, "/user/mobile", .args = { Q ("mobile") }, .effect = floo_effect_change_value,
    .field = FLOO_VALUE_PROFILE ".mobile" },
  { "Account.SetAuthMode", POST, "/user/authmode", .args = { Q ("value") }, .effect = floo_effect_change_value,
    .field = FLOO_VALUE_SETTINGS ".auth_mode" },
  { "Account.GetSettings", GET, "/user/settings", .result = FLOO_RESULT_RECORD, .record = &floo_record_user_settings,
    .effect = floo_effect_put_value, .use = FLOO_CACHE_OFFLINE, .cache = floo_cache_value, .field = FLOO_VALUE_SETTINGS },
  { "Account.UpdateSettings", POST, "/user/settings", .args = { RECORD }, .input = &floo_record_settings_changes, .self = "user_id",
    .effect = floo_effect_change_value, .field = FLOO_VALUE_SETTINGS },
  { "Account.ListDevices", GET, "/user/device/list", .result = FLOO_RESULT_RECORDS, .record = &floo_record_device },
  { "Account.KickDevice", POST, "/user/kick", .args = { BOTH ("device_sn") } },
  { "Account.BindPushToken", POST, "/user/token/bind", .args = { B ("device_sn"), B ("device_token"), B ("notifier_name") } },
  { "Account.UnbindPushToken", POST, "/user/token/unbind", .args = { Q ("deviceSn") } },
  { "Account.GetVerification", GET, "/app/user_verification", .result = FLOO_RESULT_RECORD, .record = &floo_record_verification },
  { "Account.VerifyMobile", POST, "/app/user_verification_by_mobile", .args = { B ("mobile"), B ("captcha") } },
  { "Account.GetAppConfig", GET, "/app/config", .fixed = { "platform", "6" }, .flags = FLOO_REST_NO_TOKEN, .result = FLOO_RESULT_JSON },
  { "Account.GetAppSettings", GET, "/app/config", .fixed = { "platform", "6" }, .flags = FLOO_REST_NO_TOKEN, .result = FLOO_RESULT_RECORD,
    .record = &floo_record_app_settings },

  /* ---- Roster ---- */
  { "Roster.FindById", GET, "/roster/id", .args = { Q ("user_id") }, .result = FLOO_RESULT_RECORD, .record = &floo_record_roster_item,
    .effect = floo_effect_put_user },
  { "Roster.FindByName", GET, "/roster/name", .args = { Q ("username") }, .result = FLOO_RESULT_RECORD,
    .record = &floo_record_roster_item, .effect = floo_effect_put_user },
  { "Roster.FindByMobile", GET, "/roster/mobile", .args = { Q ("mobile") }, .result = FLOO_RESULT_RECORD,
    .record = &floo_record_roster_item, .effect = floo_effect_put_user },
  { "Roster.Apply", POST, "/roster/apply", .args = { B ("user_id"), BO ("reason"), OPTIONS } },
  { "Roster.Accept", POST, "/roster/accept", .args = { Q ("user_id") }, .effect = floo_effect_accept },
  { "Roster.Decline", POST, "/roster/decline", .args = { B ("user_id"), BO ("reason") }, .effect = floo_effect_decline },
  { "Roster.Remove", POST, "/roster/delete", .args = { Q ("user_id") }, .effect = floo_effect_remove_user },
  { "Roster.Block", POST, "/roster/block", .args = { Q ("user_id") }, .effect = floo_effect_block_user, .adds = IN (BLOCKED) },
  { "Roster.Unblock", POST, "/roster/unblock", .args = { Q ("user_id") }, .effect = floo_effect_block_user, .drops = IN (BLOCKED) },
  { "Roster.ListBlocked", GET, "/roster/blocked_list", .args = { REFRESH }, .result = FLOO_RESULT_IDS, .effect = floo_effect_take_list,
    .use = FLOO_CACHE_KNOWN, .cache = floo_cache_ids, .list = FLOO_LIST_BLOCKED },
  { "Roster.ListApplications", GET, "/roster/apply/list", .args = { PAGE }, .result = FLOO_RESULT_PAGE,
    .record = &floo_record_roster_application, .effect = floo_effect_take_list, .use = FLOO_CACHE_OFFLINE, .cache = floo_cache_pending,
    .list = FLOO_LIST_APPLICATIONS },
  { "Roster.SetAlias", POST, "/roster/ext", .args = { B ("user_id"), B ("alias") }, SETS_USER ("alias") },
  { "Roster.SetExt", POST, "/roster/ext", .args = { B ("user_id"), B ("ext") }, SETS_USER ("ext") },
  { "Roster.SetMuted", POST, "/roster/ext", .args = { B ("user_id"), B ("mute_notification") }, SETS_USER ("mute_notification") },

  /* ---- Groups: joining and leaving ---- */
  { "Groups.ListPublic", GET, "/group/public_list", .result = FLOO_RESULT_IDS },
  { "Groups.Create", POST, "/group/create", .args = { B ("name"), B ("user_list"), OPTIONS }, .result = FLOO_RESULT_RECORD,
    .record = &floo_record_group_info, .effect = floo_effect_create_group },
  { "Groups.Destroy", POST, "/group/destroy", .args = { Q ("group_id"), LOCAL_OPTIONS }, .effect = floo_effect_exit_group },
  { "Groups.Leave", POST, "/group/leave", .args = { Q ("group_id"), LOCAL_OPTIONS }, .effect = floo_effect_exit_group },
  { "Groups.Join", POST, "/group/apply", .args = { B ("group_id"), BO ("reason") }, .result = FLOO_RESULT_RECORD,
    .record = &floo_record_group_relation },
  { "Groups.Transfer", POST, "/group/transfer", .args = { B ("group_id"), B ("new_owner") }, .result = FLOO_RESULT_RECORD,
    .record = &floo_record_group_relation, SETS_GROUP ("owner_id") },
  { "Groups.Invite", POST, "/group/invite", .args = { B ("group_id"), B ("user_list"), BO ("reason") }, .result = FLOO_RESULT_RECORDS,
    .record = &floo_record_group_relation },
  { "Groups.HandleInvitation", POST, "/group/invite/handle", .args = { B ("group_id"), B ("user_id"), B ("approval") },
    .effect = floo_effect_handle_invitation },
  { "Groups.HandleApplication", POST, "/group/apply/handle", .args = { B ("group_id"), B ("user_id"), B ("approval") },
    .result = FLOO_RESULT_RECORD, .record = &floo_record_group_relation, .effect = floo_effect_handle_application },
  { "Groups.ListInvitations", GET, "/group/invitation_list", .args = { PAGE }, .result = FLOO_RESULT_PAGE,
    .record = &floo_record_invitation, .effect = floo_effect_take_list, .use = FLOO_CACHE_OFFLINE, .cache = floo_cache_pending,
    .list = FLOO_LIST_INVITATIONS },
  { "Groups.ListApplications", POST, "/group/application_list", .args = { B ("group_list"), PAGE }, .result = FLOO_RESULT_PAGE,
    .record = &floo_record_group_application, .effect = floo_effect_take_list, .use = FLOO_CACHE_OFFLINE, .cache = floo_cache_pending,
    .list = FLOO_LIST_GROUP_APPLICATIONS },

  /* ---- Groups: members ---- */
  { "Groups.ListMembers", GET, "/group/member_list", .args = { Q ("group_id"), PAGE }, MEMBERS_PAGE, .effect = floo_effect_take_list,
    .use = FLOO_CACHE_KNOWN, .cache = floo_cache_list, .list = FLOO_LIST_MEMBERS },
  { "Groups.GetMembers", POST, "/group/members/display_name", .args = { B ("group_id"), B ("user_list") }, MEMBERS_OF,
    .effect = floo_effect_put_members, .use = FLOO_CACHE_KNOWN, .cache = floo_cache_members },
  { "Groups.Kick", POST, "/group/kick", ON_USERS, MOVES, .drops = IN (MEMBERS) | IN (ADMINS) | IN (BANNED) },
  { "Groups.ListAdmins", GET, "/group/admin_list", .args = { Q ("group_id") }, MEMBERS_OF, .effect = floo_effect_take_list,
    .use = FLOO_CACHE_KNOWN, .cache = floo_cache_list, .list = FLOO_LIST_ADMINS },
  { "Groups.AddAdmins", POST, "/group/admin/add", ON_USERS, MOVES, .adds = IN (ADMINS) },
  { "Groups.RemoveAdmins", POST, "/group/admin/remove", ON_USERS, MOVES, .drops = IN (ADMINS) },
  { "Groups.Ban", POST, "/group/ban", .args = { B ("group_id"), B ("user_list"), B ("duration") }, .result = FLOO_RESULT_RECORDS,
    .record = &floo_record_group_relation, MOVES, .adds = IN (BANNED) },
  { "Groups.Unban", POST, "/group/unban", ON_USERS, MOVES, .drops = IN (BANNED) },
  { "Groups.ListBanned", GET, "/group/banned_list", .args = { Q ("group_id"), PAGE }, MEMBERS_PAGE, .effect = floo_effect_take_list,
    .use = FLOO_CACHE_OFFLINE, .cache = floo_cache_list, .list = FLOO_LIST_BANNED },
  { "Groups.BanAll", POST, "/group/settings/ban_all", .args = { B ("group_id"), B ("duration") }, .result = FLOO_RESULT_FIELD,
    .record = &floo_record_ban_all, SETS_GROUP ("ban_expire_time") },
  { "Groups.UnbanAll", POST, "/group/settings/unban_all", .args = { B ("group_id") }, SETS_GROUP ("ban_expire_time") },
  { "Groups.Block", POST, "/group/block", ON_USERS, MOVES, .adds = IN (GROUP_BLOCKED),
    .drops = IN (MEMBERS) | IN (ADMINS) | IN (BANNED) },
  { "Groups.Unblock", POST, "/group/unblock", ON_USERS, MOVES, .drops = IN (GROUP_BLOCKED) },
  { "Groups.ListBlocked", GET, "/group/blocked_list", .args = { Q ("group_id"), PAGE }, .result = FLOO_RESULT_PAGE,
    .record = &floo_record_group_blocked, .effect = floo_effect_take_list, .use = FLOO_CACHE_OFFLINE, .cache = floo_cache_list,
    .list = FLOO_LIST_GROUP_BLOCKED },

  /* ---- Groups: details ---- */
  { "Groups.SetName", POST, "/group/info/name", GROUP_VALUE, SETS_GROUP ("name") },
  { "Groups.SetDescription", POST, "/group/info/description", GROUP_VALUE, SETS_GROUP ("description") },
  { "Groups.SetExt", POST, "/group/info/ext", GROUP_VALUE, SETS_GROUP ("ext") },
  { "Groups.SetDisplayName", POST, "/group/display_name", GROUP_VALUE, .effect = floo_effect_set_display_name },
  { "Groups.SetMuteMode", POST, "/group/msg/mute_mode", .args = { B ("group_id"), B ("msg_mute_mode") }, SETS_GROUP ("msg_mute_mode") },
  { "Groups.SetPushMode", POST, "/group/msg/push_mode", .args = { B ("group_id"), B ("msg_push_mode") }, SETS_GROUP ("msg_push_mode") },
  { "Groups.SetMemberInvite", POST, "/group/settings/allow_member_invitation", GROUP_VALUE, SETS_GROUP ("member_invite") },
  { "Groups.SetMemberModify", POST, "/group/settings/allow_member_modify", GROUP_VALUE, SETS_GROUP ("member_modify") },
  { "Groups.SetReadAck", POST, "/group/settings/enable_read_ack", GROUP_VALUE, SETS_GROUP ("read_ack") },
  { "Groups.SetHistoryVisible", POST, "/group/settings/history_visible", GROUP_VALUE, SETS_GROUP ("history_visible") },
  { "Groups.SetHideMemberInfo", POST, "/group/settings/hide_member_info", GROUP_VALUE, SETS_GROUP ("hide_member_info") },
  { "Groups.SetJoinApproval", POST, "/group/settings/require_admin_approval", .args = { B ("group_id"), B ("apply_approval") },
    SETS_GROUP ("apply_approval") },

  /* ---- Groups: announcements and files ---- */
  { "Groups.ListAnnouncements", GET, "/group/announcement/list", .args = { Q ("group_id") }, .result = FLOO_RESULT_RECORDS,
    .record = &floo_record_announcement },
  { "Groups.GetAnnouncement", GET, "/group/announcement", .args = { Q ("group_id"), Q ("announcement_id") },
    .result = FLOO_RESULT_RECORD, .record = &floo_record_announcement },
  { "Groups.GetLatestAnnouncement", GET, "/group/announcement/last", .args = { Q ("group_id") }, .result = FLOO_RESULT_RECORD,
    .record = &floo_record_announcement },
  { "Groups.PostAnnouncement", POST, "/group/announcement/edit", .args = { B ("group_id"), B ("title"), B ("content") },
    .result = FLOO_RESULT_RECORD, .record = &floo_record_announcement },
  { "Groups.DeleteAnnouncement", POST, "/group/announcement/delete", .args = { Q ("group_id"), Q ("announcement_id") } },
  { "Groups.ListFiles", GET, "/group/file/list", .args = { Q ("group_id") }, .result = FLOO_RESULT_RECORDS,
    .record = &floo_record_shared_file },
  { "Groups.RenameFile", POST, "/group/file/update_name", .args = { B ("group_id"), B ("file_id"), B ("name") } },
  { "Groups.DeleteFiles", POST, "/group/file/delete", .args = { B ("group_id"), B ("file_list") }, .result = FLOO_RESULT_RECORDS,
    .record = &floo_record_shared_file_result },

  /* ---- Conversations ---- */
  { "Conversations.Pin", POST, "/user/conversation/pin", .args = { B ("conversation_id") }, .effect = floo_effect_pin },
  { "Conversations.Unpin", POST, "/user/conversation/unpin", .args = { B ("conversation_id") }, .effect = floo_effect_unpin },
  { NULL },
};
