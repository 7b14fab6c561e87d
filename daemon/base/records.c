/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * records.c: the tables of record.h.
 *
 * Names and their order are the web SDK's; fields that only the service's own description has come after them. Times are ms since 1970
 * unless stated otherwise.
 */
#include "base/record.h"

#define I FLOO_FIELD_INT32
#define X FLOO_FIELD_INT64
#define B FLOO_FIELD_BOOL
#define S FLOO_FIELD_STRING

#define DOC_AUTH_MODE "Who may add this user: 0 anyone, 1 after consent, 2 after the right answer, 3 nobody"
#define DOC_AUTH_QUESTION "The question that an application has to answer (auth_mode 2)"
#define DOC_GROUP_TYPE "0 private, 1 public, 2 chatroom, 3 temporary"
#define DOC_GROUP_STATUS "0 normal, 1 destroyed"
#define DOC_APPLY_APPROVAL "Who decides on applications: 0 everyone joins, 1 an administrator decides, 2 nobody joins"
#define DOC_MUTE_MODE "0 not muted, 1 no local notification, 2 no messages at all"
#define DOC_PUSH_MODE "What is pushed: 0 everything, 1 nothing, 2 administrators and mentions, 3 administrators, 4 mentions"
#define DOC_PENDING "0 pending, 1 accepted, 2 declined"

static const FlooField roster_item_fields[] = {
  { "alias", S, NULL, "The name that the user gave this friend" },
  { "auth_mode", I, NULL, DOC_AUTH_MODE },
  { "auth_question", S, NULL, DOC_AUTH_QUESTION },
  { "avatar", S, NULL, "URL or object name of the picture; Files.GetAvatar fetches it" },
  { "description", S, NULL, "The friend's description of themselves" },
  { "ext", S, NULL, "Free text of applications, kept with this friend" },
  { "mute_notification", B, NULL, "Whether notifications of this friend's messages are muted" },
  { "nick_name", S, NULL, "The friend's own nickname" },
  { "public_info", S, NULL, "Information that everybody may see" },
  { "relation", I, NULL, "0 friend, 1 deleted, 2 stranger, 3 blocked" },
  { "user_id", X, NULL, "The user's id" },
  { "username", S, NULL, "The name that the user logs in with" },
};

static const FlooField user_settings_fields[] = {
  { "auth_answer", S, NULL, "The right answer to auth_question" },
  { "auth_mode", I, NULL, DOC_AUTH_MODE },
  { "auth_question", S, NULL, DOC_AUTH_QUESTION },
  { "auto_download", B, NULL, "Whether clients fetch attachments by themselves" },
  { "group_confirm", B, NULL, "Whether an invitation to a group waits for the user's consent" },
  { "id", X, NULL, "Id of the settings" },
  { "no_push", B, NULL, "Whether nothing is pushed" },
  { "no_push_detail", B, NULL, "Whether pushed notifications leave the message's text out" },
  { "no_push_end_hour", I, NULL, "End of the hours without push, 0 to 23" },
  { "no_push_start_hour", I, NULL, "Beginning of the hours without push, 0 to 23" },
  { "no_sounds", B, NULL, "Whether messages arrive without a sound" },
  { "push_nick_name", S, NULL, "The name shown in pushed notifications" },
  { "push_token", S, NULL, "The device's token at its push service" },
  { "silence_end_time", I, NULL, "End of the silent hours, 0 to 23" },
  { "silence_start_time", I, NULL, "Beginning of the silent hours, 0 to 23" },
  { "user_id", X, NULL, "The user's id" },
  { "vibratory", B, NULL, "Whether messages make the device vibrate" },
};

static const FlooField user_profile_fields[] = {
  { "avatar", S, NULL, "URL or object name of the picture; Files.GetAvatar fetches it" },
  { "description", S, NULL, "What the user says of themselves" },
  { "email", S, NULL, "Mail address" },
  { "mobile", S, NULL, "Mobile phone number" },
  { "nick_name", S, NULL, "Nickname" },
  { "private_info", S, NULL, "Information that only the user sees" },
  { "public_info", S, NULL, "Information that everybody may see" },
  { "user_id", X, NULL, "The user's id" },
  { "username", S, NULL, "The name that the user logs in with" },
};

static const FlooField roster_application_fields[] = {
  { "expired_time", X, "expire_time", "When the application lapses" },
  { "reason", S, NULL, "What the applicant says" },
  { "status", I, NULL, DOC_PENDING },
  { "user_id", X, NULL, "The applicant's id" },
};

static const FlooField group_info_fields[] = {
  { "apply_approval", I, NULL, DOC_APPLY_APPROVAL },
  { "avatar", S, NULL, "URL or object name of the picture; Files.GetAvatar fetches it" },
  { "ban_expire_time", X, NULL, "Until when (in seconds since 1970) only administrators may write: 0 or past: not banned, -1: for ever" },
  { "created_at", X, NULL, "When the group was created" },
  { "description", S, NULL, "What the group is about" },
  { "ext", S, NULL, "Free text of applications, kept with the group" },
  { "group_id", X, NULL, "The group's id" },
  { "history_visible", B, NULL, "Whether new members see older messages" },
  { "member_invite", B, NULL, "Whether members may invite" },
  { "member_modify", B, NULL, "Whether members may change the group's details" },
  { "msg_mute_mode", I, NULL, DOC_MUTE_MODE },
  { "msg_push_mode", I, NULL, DOC_PUSH_MODE },
  { "name", S, NULL, "The group's name" },
  { "owner_id", X, NULL, "The owner's user id" },
  { "read_ack", B, NULL, "Whether members' reading is acknowledged to the sender" },
  { "status", I, NULL, DOC_GROUP_STATUS },
  { "type", I, NULL, DOC_GROUP_TYPE },
  { "updated_at", X, NULL, "When the details last changed" },
  { "count", X, NULL, "Number of members" },
  { "capacity", X, NULL, "How many members there may be" },
  { "hide_member_info", B, NULL, "Whether members do not see each other's details" },
};

static const FlooField brief_group_info_fields[] = {
  { "apply_approval", I, NULL, DOC_APPLY_APPROVAL },
  { "avatar", S, NULL, "URL or object name of the picture; Files.GetAvatar fetches it" },
  { "capacity", X, NULL, "How many members there may be" },
  { "count", X, NULL, "Number of members" },
  { "group_id", X, NULL, "The group's id" },
  { "msg_mute_mode", I, NULL, DOC_MUTE_MODE },
  { "msg_push_mode", I, NULL, DOC_PUSH_MODE },
  { "name", S, NULL, "The group's name" },
  { "owner", X, NULL, "The owner's user id" },
  { "status", I, NULL, DOC_GROUP_STATUS },
  { "type", I, NULL, DOC_GROUP_TYPE },
};

static const FlooField group_member_fields[] = {
  { "display_name", S, NULL, "The member's name in this group" },
  { "join_time", X, NULL, "When the member joined" },
  { "user_id", X, NULL, "The member's id" },
  { "avatar", S, NULL, "URL or object name of the picture, from cached details; Files.GetAvatar fetches it" },
  { "expired_time", X, NULL, "Until when the member is banned; only in lists of banned members" },
};

static const FlooField group_relation_fields[] = {
  { "reason", S, NULL, "Why it failed" },
  { "result", S, NULL, "\"success\" or \"fail\"" },
  { "user_id", X, NULL, "The user that it is about" },
};

static const FlooField announcement_fields[] = {
  { "author", X, NULL, "User id of who posted it" },
  { "content", S, NULL, "The text" },
  { "created_at", X, NULL, "When it was posted" },
  { "group_id", X, NULL, "The group's id" },
  { "id", X, NULL, "The announcement's id" },
  { "title", S, NULL, "The title" },
};

static const FlooField group_blocked_fields[] = {
  { "user_id", X, NULL, "The blocked user's id" },
  { "group_id", X, NULL, "The group's id" },
  { "create_at", S, "created_at|updated_at", "When the user was blocked, as the service words it" },
};

static const FlooField invitation_fields[] = {
  { "group_id", X, NULL, "The group's id" },
  { "inviter_id", X, NULL, "User id of who invites" },
  { "invitee_id", X, NULL, "User id of who is invited" },
  { "reason", S, NULL, "What the inviter says" },
  { "status", I, NULL, DOC_PENDING },
  { "expire_time", X, "expired_time", "When the invitation lapses" },
  { "create_at", S, "created_at|updated_at", "When it was made, as the service words it" },
};

static const FlooField group_application_fields[] = {
  { "group_id", X, NULL, "The group's id" },
  { "applicant_id", X, NULL, "User id of who wants to join" },
  { "reason", S, NULL, "What the applicant says" },
  { "expire_time", X, "expired_time", "When the application lapses" },
  { "status", I, NULL, DOC_PENDING },
};

static const FlooField shared_file_fields[] = {
  { "created_at", X, NULL, "When it was shared" },
  { "file_id", X, NULL, "The file's id" },
  { "group_id", X, NULL, "The group's id" },
  { "name", S, NULL, "The file's name" },
  { "size", X, NULL, "Its size in bytes" },
  { "type", S, NULL, "What kind of file it is" },
  { "updated_at", X, NULL, "When its details last changed" },
  { "uploader", X, NULL, "User id of who shared it" },
  { "url", S, NULL, "Where it is; Groups.DownloadFile fetches it" },
};

static const FlooField shared_file_result_fields[] = {
  { "file_id", X, NULL, "The file's id" },
  { "reason", S, NULL, "Why it failed" },
  { "result", S, NULL, "\"success\" or \"fail\"" },
};

static const FlooField ban_all_fields[] = {
  { "ban_expire_time", X, NULL, "Until when (in seconds since 1970) only administrators may write; -1: for ever" },
};

static const FlooField device_fields[] = {
  { "device_sn", I, NULL, "The device's number" },
  { "platform", I, NULL, "What the device runs, as the service numbers it (6: web)" },
  { "user_agent", S, NULL, "The device's description of itself" },
  { "user_id", X, NULL, "The user's id" },
};

static const FlooField app_settings_fields[] = {
  { "account_verification_name", S, NULL, "The name that the application's owner is verified under" },
  { "account_verification_status", S, NULL, "State of that verification: unverified, verified or expired" },
  { "account_verification_type", S, NULL, "What kind of owner the application has" },
  { "disable_send_location", B, NULL, "Whether no locations are to be sent" },
  { "hide_member_info", B, NULL, "Whether members of groups do not see each other's details" },
  { "message_forward_max_message_num", I, NULL, "How many messages may be forwarded at once; up to 100 it does not count" },
  { "message_forward_max_user_num", I, NULL, "To how many users or groups one may forward at once; up to 20 it does not count" },
};

static const FlooField verification_fields[] = {
  { "mobile", S, NULL, "The number that the account was verified with, or could be" },
  { "status", I, NULL, "1: verified, 0: not" },
};

/* What of a profile and of settings a client may change; user_id is our own. */
static const FlooField profile_changes_fields[] = {
  { "description", S, NULL, "What the user says of themselves" },
  { "nick_name", S, NULL, "Nickname" },
  { "private_info", S, NULL, "Information that only the user sees" },
  { "public_info", S, NULL, "Information that everybody may see" },
};

static const FlooField settings_changes_fields[] = {
  { "auth_answer", S, NULL, "The right answer to auth_question" },
  { "auth_mode", I, NULL, DOC_AUTH_MODE },
  { "auth_question", S, NULL, DOC_AUTH_QUESTION },
  { "auto_download", B, NULL, "Whether clients fetch attachments by themselves" },
  { "group_confirm", B, NULL, "Whether an invitation to a group waits for the user's consent" },
  { "no_push", B, NULL, "Whether nothing is pushed" },
  { "no_push_detail", B, NULL, "Whether pushed notifications leave the message's text out" },
  { "no_push_end_hour", I, NULL, "End of the hours without push, 0 to 23" },
  { "no_push_start_hour", I, NULL, "Beginning of the hours without push, 0 to 23" },
  { "no_sounds", B, NULL, "Whether messages arrive without a sound" },
  { "push_nick_name", S, NULL, "The name shown in pushed notifications" },
  { "push_token", S, NULL, "The device's token at its push service" },
  { "silence_end_time", I, NULL, "End of the silent hours, 0 to 23" },
  { "silence_start_time", I, NULL, "Beginning of the silent hours, 0 to 23" },
  { "vibratory", B, NULL, "Whether messages make the device vibrate" },
};

static const FlooField file_upload_fields[] = {
  { "download_url", S, NULL, "Where the file will be" },
  { "oss_body_param", FLOO_FIELD_OBJECT, NULL, "Further fields of the form; they sign the upload" },
  { "upload_url", S, NULL, "Where the form goes" },
  { "upload_method", S, NULL, "How it is sent" },
};

static const FlooField pinned_conversations_fields[] = {
  { "conversation_ids", FLOO_FIELD_IDS, NULL, "Users and groups whose conversations are pinned" },
};

#define RECORD(variable, name, key) \
  const FlooRecord floo_record_##variable = { name, key, variable##_fields, G_N_ELEMENTS (variable##_fields) }

RECORD (roster_item, "RosterItem", "user_id");
RECORD (user_settings, "UserSettings", NULL);
RECORD (user_profile, "UserProfile", NULL);
RECORD (roster_application, "RosterApplication", "user_id");
RECORD (group_info, "GroupInfoAndSettings", "group_id");
RECORD (brief_group_info, "BriefGroupInfoAndSettings", "group_id");
RECORD (group_member, "GroupMember", "user_id");
RECORD (group_relation, "GroupUserRelationResponse", "user_id");
RECORD (announcement, "GroupAnnouncement", "id");
RECORD (group_blocked, "GroupBlockedListItem", "user_id");
RECORD (invitation, "GroupInvitation", "group_id");
RECORD (group_application, "GroupApplication", "applicant_id");
RECORD (shared_file, "GroupSharedFile", "file_id");
RECORD (shared_file_result, "GroupSharedFileResponse", "file_id");
RECORD (ban_all, "GroupBanAllResponse", "ban_expire_time");
RECORD (device, "Device", "device_sn");
RECORD (app_settings, "AppSettings", NULL);
RECORD (verification, "Verification", NULL);
RECORD (profile_changes, "UserProfile", NULL);
RECORD (settings_changes, "UserSettings", NULL);
RECORD (file_upload, "FileUpload", "upload_url");
RECORD (pinned_conversations, "PinnedConversations", NULL);

const FlooRecord *const floo_records[] = {
  &floo_record_roster_item,   &floo_record_user_settings,      &floo_record_user_profile, &floo_record_roster_application,
  &floo_record_group_info,    &floo_record_brief_group_info,   &floo_record_group_member, &floo_record_group_relation,
  &floo_record_announcement,  &floo_record_group_blocked,      &floo_record_invitation,   &floo_record_group_application,
  &floo_record_shared_file,   &floo_record_shared_file_result, &floo_record_ban_all,      &floo_record_device,
  &floo_record_verification,
  &floo_record_app_settings,
  NULL,
};
