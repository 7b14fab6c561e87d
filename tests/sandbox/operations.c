/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "operations.h"

#include "files.h"

/* Where a parameter is sent, and whether it is optional (O). */
#define Q(name, type) { #name, SB_##type, SB_QUERY, TRUE }
#define QO(name, type) { #name, SB_##type, SB_QUERY, FALSE }
#define B(name, type) { #name, SB_##type, SB_BODY, TRUE }
#define BO(name, type) { #name, SB_##type, SB_BODY, FALSE }
#define GET "GET"
#define POST "POST"
#define PAGE QO (cursor, STRING), QO (limit, INT32)

const SbOperation sb_operations[] = {
  /* login */
  { POST, "/token/id", SB_ANYBODY, sb_rest_token, { BO (device_guid, STRING), B (password, STRING), B (user_id, INT64) } },
  { POST, "/token/login", SB_ANYBODY, sb_rest_token, { BO (device_guid, STRING), B (login_name, STRING), B (password, STRING) } },
  { POST, "/token/user", SB_ANYBODY, sb_rest_token,
    { BO (device_guid, STRING), BO (mobile, STRING), BO (name, STRING), B (password, STRING) } },
  { POST, "/user/register/v2", SB_OPEN, sb_rest_register, { B (password, STRING), B (username, STRING) } },
  { GET, "/app/config", SB_OPEN, sb_rest_app_config, { QO (platform, INT32) } },
  { GET, "/app/support_staff", SB_OPEN, sb_rest_support_staff, { { 0 } } },
  { GET, "/app/user/name_check", SB_OPEN, sb_rest_name_check, { Q (username, STRING) } },

  { POST, "/user/register/anonymous", SB_OPEN, sb_rest_register_anonymous, { B (password, STRING), B (username, STRING) } },

  /* login by QR code and by mobile number; a picture itself is in captcha.c */
#define BY_SMS { B (captcha, STRING), B (mobile, STRING) }
  { GET, "/app/qr_code", SB_OPEN, sb_rest_qr_code, { { 0 } } },
  { GET, "/app/qr_login", SB_OPEN, sb_rest_qr_login, { Q (qr_code, STRING) } },
  { GET, "/app/allow", SB_USER, sb_rest_qr_allow, { Q (allow, INT32), Q (qr_code, STRING) } },
  { POST, "/app/captcha/image", SB_OPEN, sb_rest_captcha_image, { { 0 } } },
  { GET, "/app/captcha/sms", SB_OPEN, sb_rest_captcha_sms, { Q (mobile, STRING) } },
  { GET, "/app/captcha/sms_web", SB_OPEN, sb_rest_captcha_sms_web, { Q (captcha, STRING), Q (image_id, STRING), Q (mobile, STRING) } },
  { GET, "/app/user/info_pwd", SB_OPEN, sb_rest_info_pwd, { Q (captcha, STRING), Q (mobile, STRING) } },
  { POST, "/app/user/mobile_bind", SB_USER, sb_rest_mobile_bind, BY_SMS },
  { POST, "/app/user/mobile_bind_with_sign", SB_OPEN, sb_rest_mobile_bind_with_sign, { B (mobile, STRING), B (sign, STRING) } },
  { POST, "/app/user/mobile_prechange_by_password", SB_USER, sb_rest_mobile_prechange_by_password, { B (password, STRING) } },
  { POST, "/app/user/mobile_prechange_by_mobile", SB_USER, sb_rest_mobile_prechange_by_mobile, BY_SMS },
  { POST, "/app/user/mobile_change", SB_USER, sb_rest_mobile_change, { B (captcha, STRING), B (mobile, STRING), B (sign, STRING) } },
  { POST, "/app/pwd_change/verify_by_mobile", SB_OPEN, sb_rest_pwd_verify_by_mobile, BY_SMS },
  { POST, "/app/pwd_change/verify_by_password", SB_USER, sb_rest_pwd_verify_by_password, { B (password, STRING) } },
  { POST, "/app/pwd_change", SB_OPEN, sb_rest_pwd_change, { B (new_password, STRING), B (new_password_check, STRING), B (sign, STRING) } },
  { GET, "/app/user_verification", SB_USER, sb_rest_user_verification, { { 0 } } },
  { POST, "/app/user_verification_by_mobile", SB_USER, sb_rest_user_verify, BY_SMS },
  { GET, "/app/qrcode/group_sign", SB_GROUP_MEMBER, sb_rest_group_sign, { Q (group_id, INT64) } },
  { GET, "/app/qrcode/group_invite", SB_USER, sb_rest_group_qr_invite, { Q (qr_info, STRING) } },
  { POST, "/app/qrcode/group_invite", SB_USER, sb_rest_group_qr_invite, { B (qr_info, STRING) } },

  /* user */
  { POST, "/user/authmode", SB_USER, sb_rest_set_setting, { Q (value, INT32) } },
  { POST, "/user/avatar", SB_USER, sb_rest_set_profile, { B (avatar, STRING) } },
  { POST, "/user/change_password", SB_USER, sb_rest_change_password, { B (new_password, STRING), B (old_password, STRING) } },
  { POST, "/user/conversation/pin", SB_USER, sb_rest_pin, { B (conversation_id, INT64) } },
  { GET, "/user/conversation/pin_list", SB_USER, sb_rest_pin_list, { { 0 } } },
  { POST, "/user/conversation/unpin", SB_USER, sb_rest_unpin, { B (conversation_id, INT64) } },
  { POST, "/user/delete", SB_USER, sb_rest_delete_user, { BO (password, STRING) } },
  { GET, "/user/device/list", SB_USER, sb_rest_device_list, { { 0 } } },
  { POST, "/user/device/remove", SB_USER, sb_rest_device_remove, { Q (device_sn, INT32) } },
  { POST, "/user/download", SB_USER, sb_rest_set_setting, { Q (value, BOOL) } },
  { POST, "/user/kick", SB_USER, sb_rest_kick, { QO (device_sn, INT32), BO (device_sn, INT32) } },
  { POST, "/user/mobile", SB_USER, sb_rest_set_mobile, { Q (mobile, STRING) } },
  { POST, "/user/nickname", SB_USER, sb_rest_set_profile, { Q (nick_name, STRING) } },
  { GET, "/user/online_status", SB_USER, sb_rest_online_status, { { 0 } } },
  { GET, "/user/profile", SB_USER, sb_rest_get_profile, { { 0 } } },
  { POST, "/user/profile", SB_USER, sb_rest_set_profile,
    { BO (description, STRING), BO (nick_name, STRING), BO (private_info, STRING), BO (public_info, STRING) } },
  { POST, "/user/push", SB_USER, sb_rest_set_setting, { Q (value, BOOL) } },
  { POST, "/user/push/detail", SB_USER, sb_rest_set_setting, { Q (value, BOOL) } },
  { POST, "/user/push/limit", SB_USER, sb_rest_set_settings, { Q (no_push_end_hour, INT32), Q (no_push_start_hour, INT32) } },
  { POST, "/user/push/nickname", SB_USER, sb_rest_set_setting, { Q (value, STRING) } },
  { GET, "/user/settings", SB_USER, sb_rest_get_settings, { { 0 } } },
  { POST, "/user/settings", SB_USER, sb_rest_set_settings,
    { BO (auth_answer, STRING), BO (auth_mode, INT32), BO (auth_question, STRING), BO (auto_download, BOOL),
      BO (group_confirm, BOOL), BO (id, INT64), BO (no_push, BOOL), BO (no_push_detail, BOOL), BO (no_push_end_hour, INT32),
      BO (no_push_start_hour, INT32), BO (no_sounds, BOOL), BO (push_nick_name, STRING), BO (push_token, STRING),
      BO (silence_end_time, INT32), BO (silence_start_time, INT32), B (user_id, INT64), BO (vibratory, BOOL) } },
  { POST, "/user/sounds", SB_USER, sb_rest_set_setting, { Q (value, BOOL) } },
  { POST, "/user/token/bind", SB_USER, sb_rest_bind_push_token,
    { B (device_sn, INT32), B (device_token, STRING), B (notifier_name, STRING) } },
  { POST, "/user/token/unbind", SB_USER, sb_rest_unbind_push_token, { Q (deviceSn, INT32) } },
  { POST, "/user/username", SB_USER, sb_rest_set_username, { Q (username, STRING) } },
  { POST, "/user/vibratory", SB_USER, sb_rest_set_setting, { Q (value, BOOL) } },

  /* roster */
  { POST, "/roster/accept", SB_USER, sb_rest_roster_accept, { Q (user_id, INT64) } },
  { POST, "/roster/apply", SB_USER, sb_rest_roster_apply,
    { BO (alias, STRING), BO (auth_answer, STRING), BO (reason, STRING), B (user_id, INT64) } },
  { GET, "/roster/apply/list", SB_USER, sb_rest_roster_applications, { PAGE } },
  { POST, "/roster/block", SB_USER, sb_rest_roster_block, { Q (user_id, INT64) } },
  { GET, "/roster/blocked_list", SB_USER, sb_rest_roster_blocked, { { 0 } } },
  { POST, "/roster/decline", SB_USER, sb_rest_roster_decline, { BO (reason, STRING), B (user_id, INT64) } },
  { POST, "/roster/delete", SB_USER, sb_rest_roster_delete, { Q (user_id, INT64) } },
  { POST, "/roster/ext", SB_USER, sb_rest_roster_ext,
    { BO (alias, STRING), BO (ext, STRING), BO (mute_notification, BOOL), B (user_id, INT64) } },
  { GET, "/roster/id", SB_USER, sb_rest_roster_by_id, { Q (user_id, INT64) } },
  { GET, "/roster/list", SB_USER, sb_rest_roster_list, { PAGE } },
  { POST, "/roster/list", SB_USER, sb_rest_roster_items, { BO (list, IDS) } },
  { GET, "/roster/may_message", SB_USER, sb_rest_may_message, { Q (roster_id, INT64), Q (user_id, INT64) } },
  { GET, "/roster/mobile", SB_USER, sb_rest_roster_by_mobile, { Q (mobile, STRING) } },
  { GET, "/roster/name", SB_USER, sb_rest_roster_by_name, { Q (username, STRING) } },
  { POST, "/roster/unblock", SB_USER, sb_rest_roster_unblock, { Q (user_id, INT64) } },

  /* groups: their records and lists */
  { GET, "/group/admin_list", SB_GROUP_MEMBER, sb_rest_group_admins, { Q (group_id, INT64) } },
  { GET, "/group/banned_list", SB_GROUP_ADMIN, sb_rest_group_banned, { Q (group_id, INT64), PAGE, QO (version, INT64) } },
  { GET, "/group/blocked_list", SB_GROUP_ADMIN, sb_rest_group_blocked, { Q (group_id, INT64), PAGE, QO (version, INT64) } },
  { GET, "/group/info", SB_GROUP_ANY, sb_rest_group_info, { Q (group_id, INT64) } },
  { POST, "/group/info/batch", SB_USER, sb_rest_group_batch, { B (group_list, IDS) } },
  { GET, "/group/member_list", SB_GROUP_MEMBER, sb_rest_group_members, { Q (group_id, INT64), PAGE, QO (version, INT64) } },
  { POST, "/group/members/display_name", SB_GROUP_MEMBER, sb_rest_group_names, { B (group_id, INT64), B (user_list, IDS) } },
  { GET, "/group/public_list", SB_USER, sb_rest_group_public, { { 0 } } },
  { GET, "/group/settings", SB_GROUP_MEMBER, sb_rest_group_info, { Q (group_id, INT64) } },
  { GET, "/group/user_joined", SB_USER, sb_rest_group_joined, { { 0 } } },

  /* groups: joining and leaving */
  { POST, "/group/apply", SB_GROUP_ANY, sb_rest_group_apply, { B (group_id, INT64), BO (reason, STRING) } },
  { POST, "/group/apply/handle", SB_GROUP_ADMIN, sb_rest_group_apply_handle,
    { B (approval, BOOL), B (group_id, INT64), B (user_id, INT64) } },
  { POST, "/group/application_list", SB_USER, sb_rest_group_applications, { PAGE, QO (version, INT64), B (group_list, IDS) } },
  { POST, "/group/block", SB_GROUP_ADMIN, sb_rest_group_block, { B (group_id, INT64), B (user_list, IDS) } },
  { POST, "/group/create", SB_USER, sb_rest_group_create,
    { BO (avatar, STRING), BO (description, STRING), BO (name, STRING), BO (type, INT32), BO (user_list, IDS) } },
  { POST, "/group/destroy", SB_GROUP_OWNER, sb_rest_group_destroy, { Q (group_id, INT64) } },
  { GET, "/group/invitation_list", SB_USER, sb_rest_group_invitations, { PAGE, QO (version, INT64) } },
  { POST, "/group/invite", SB_GROUP_MEMBER, sb_rest_group_invite,
    { B (group_id, INT64), BO (reason, STRING), B (user_list, IDS) } },
  { POST, "/group/invite/handle", SB_GROUP_ANY, sb_rest_group_invite_handle,
    { B (approval, BOOL), B (group_id, INT64), B (user_id, INT64) } },
  { POST, "/group/kick", SB_GROUP_ADMIN, sb_rest_group_kick, { B (group_id, INT64), B (user_list, IDS) } },
  { POST, "/group/leave", SB_GROUP_MEMBER, sb_rest_group_leave, { Q (group_id, INT64) } },
  { POST, "/group/qrcode/invite", SB_USER, sb_rest_group_qr_invite, { B (qr_info, STRING) } },
  { GET, "/group/qrcode/sign", SB_GROUP_MEMBER, sb_rest_group_qr_sign, { Q (group_id, INT64) } },
  { POST, "/group/unblock", SB_GROUP_ADMIN, sb_rest_group_unblock, { B (group_id, INT64), B (user_list, IDS) } },

  /* groups: rank and bans */
  { POST, "/group/admin/add", SB_GROUP_OWNER, sb_rest_group_admin_add, { B (group_id, INT64), B (user_list, IDS) } },
  { POST, "/group/admin/remove", SB_GROUP_OWNER, sb_rest_group_admin_remove, { B (group_id, INT64), B (user_list, IDS) } },
  { POST, "/group/ban", SB_GROUP_ADMIN, sb_rest_group_ban, { B (duration, INT64), B (group_id, INT64), B (user_list, IDS) } },
  { POST, "/group/settings/ban_all", SB_GROUP_ADMIN, sb_rest_group_ban_all, { B (duration, INT64), B (group_id, INT64) } },
  { POST, "/group/settings/unban_all", SB_GROUP_ADMIN, sb_rest_group_unban_all, { B (group_id, INT64) } },
  { POST, "/group/transfer", SB_GROUP_OWNER, sb_rest_group_transfer, { B (group_id, INT64), B (new_owner, INT64) } },
  { POST, "/group/unban", SB_GROUP_ADMIN, sb_rest_group_unban, { B (group_id, INT64), B (user_list, IDS) } },

  /* groups: settings; the handler's table has who may change them */
#define TEXT_PROPERTY { B (group_id, INT64), B (value, STRING) }
#define SWITCH_PROPERTY { B (group_id, INT64), B (value, BOOL) }
  { POST, "/group/display_name", SB_GROUP_MEMBER, sb_rest_group_display_name, TEXT_PROPERTY },
  { POST, "/group/info/avatar", SB_GROUP_MEMBER, sb_rest_group_set_property, TEXT_PROPERTY },
  { POST, "/group/info/description", SB_GROUP_MEMBER, sb_rest_group_set_property, TEXT_PROPERTY },
  { POST, "/group/info/ext", SB_GROUP_MEMBER, sb_rest_group_set_property, TEXT_PROPERTY },
  { POST, "/group/info/name", SB_GROUP_MEMBER, sb_rest_group_set_property, TEXT_PROPERTY },
  { POST, "/group/msg/mute_mode", SB_GROUP_MEMBER, sb_rest_group_mute_mode, { B (group_id, INT64), B (msg_mute_mode, INT32) } },
  { POST, "/group/msg/not_disturb", SB_GROUP_MEMBER, sb_rest_group_not_disturb, SWITCH_PROPERTY },
  { POST, "/group/msg/push_mode", SB_GROUP_MEMBER, sb_rest_group_push_mode, { B (group_id, INT64), B (msg_push_mode, INT32) } },
  { POST, "/group/settings/allow_member_invitation", SB_GROUP_MEMBER, sb_rest_group_set_property, SWITCH_PROPERTY },
  { POST, "/group/settings/allow_member_modify", SB_GROUP_MEMBER, sb_rest_group_set_property, SWITCH_PROPERTY },
  { POST, "/group/settings/enable_read_ack", SB_GROUP_MEMBER, sb_rest_group_set_property, SWITCH_PROPERTY },
  { POST, "/group/settings/hide_member_info", SB_GROUP_MEMBER, sb_rest_group_set_property, SWITCH_PROPERTY },
  { POST, "/group/settings/history_visible", SB_GROUP_MEMBER, sb_rest_group_set_property, SWITCH_PROPERTY },
  { POST, "/group/settings/require_admin_approval", SB_GROUP_MEMBER, sb_rest_group_set_property,
    { B (apply_approval, INT32), B (group_id, INT64) } },

  /* groups: announcements and files */
  { GET, "/group/announcement", SB_GROUP_MEMBER, sb_rest_announcement, { Q (announcement_id, INT64), Q (group_id, INT64) } },
  { POST, "/group/announcement/delete", SB_GROUP_ADMIN, sb_rest_announcement_delete,
    { Q (announcement_id, INT64), Q (group_id, INT64) } },
  { POST, "/group/announcement/edit", SB_GROUP_ADMIN, sb_rest_announcement_edit,
    { B (content, STRING), B (group_id, INT64), B (title, STRING) } },
  { GET, "/group/announcement/last", SB_GROUP_MEMBER, sb_rest_announcement_last, { Q (group_id, INT64) } },
  { GET, "/group/announcement/list", SB_GROUP_MEMBER, sb_rest_announcement_list, { Q (group_id, INT64) } },
  { GET, "/group/file", SB_GROUP_MEMBER, sb_rest_group_file, { Q (file_id, INT64), Q (group_id, INT64) } },
  { POST, "/group/file/delete", SB_GROUP_MEMBER, sb_rest_group_file_delete, { B (file_list, IDS), B (group_id, INT64) } },
  { GET, "/group/file/list", SB_GROUP_MEMBER, sb_rest_group_files, { Q (group_id, INT64) } },
  { POST, "/group/file/update_name", SB_GROUP_MEMBER, sb_rest_group_file_rename,
    { B (file_id, INT64), B (group_id, INT64), B (name, STRING) } },
  { POST, "/group/file/upload", SB_GROUP_MEMBER, sb_rest_group_file_upload,
    { B (group_id, INT64), B (name, STRING), B (size, INT64), BO (type, STRING), B (url, STRING) } },

  /* files; the downloads are in files.c */
  { GET, "/file/upload/avatar/group", SB_GROUP_MEMBER, sb_rest_upload_avatar, { Q (group_id, INT64) } },
  { GET, "/file/upload/avatar/user", SB_USER, sb_rest_upload_avatar, { { 0 } } },
  { GET, "/file/upload/chat", SB_USER, sb_rest_upload_chat, { Q (file_type, INT32), Q (to_id, INT64), QO (to_type, INT32) } },
  { GET, "/file/upload/forward", SB_USER, sb_rest_forward_file, { Q (file_sign, STRING), Q (to_id, INT64), QO (to_type, INT32) } },

  /* messages */
  { GET, "/message/conversation", SB_USER, sb_rest_message_page,
    { Q (limit, INT32), Q (msg_id_start, INT64), Q (opposite_id, INT64) } },
  { POST, "/message/recall", SB_USER, sb_rest_message_recall, { B (conversation_id, INT64), B (msg_id, INT64) } },
  { GET, "/message/unread", SB_USER, sb_rest_message_unread, { { 0 } } },

  { NULL }
};
