/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * operations.h: the handlers that the table in operations.c names, by area.
 */
#pragma once

#include "rest.h"

G_BEGIN_DECLS

/* rest-login.c: tokens, registration, configuration */
void sb_rest_token (SbCall *call);
void sb_rest_register (SbCall *call);
void sb_rest_register_anonymous (SbCall *call);
/* Whether a new password is long enough; else the call is answered. */
gboolean sb_call_check_password (SbCall *call, const char *password);
void sb_rest_app_config (SbCall *call);
void sb_rest_support_staff (SbCall *call);
void sb_rest_name_check (SbCall *call);
void sb_rest_change_password (SbCall *call);
void sb_rest_delete_user (SbCall *call);
void sb_rest_device_list (SbCall *call);
void sb_rest_device_remove (SbCall *call);
void sb_rest_kick (SbCall *call);
void sb_rest_bind_push_token (SbCall *call);
void sb_rest_unbind_push_token (SbCall *call);

/* rest-mobile.c: numbers, codes, verification */
void sb_rest_captcha_image (SbCall *call);
void sb_rest_captcha_sms (SbCall *call);
void sb_rest_captcha_sms_web (SbCall *call);
void sb_rest_info_pwd (SbCall *call);
void sb_rest_mobile_bind (SbCall *call);
void sb_rest_mobile_bind_with_sign (SbCall *call);
void sb_rest_mobile_prechange_by_password (SbCall *call);
void sb_rest_mobile_prechange_by_mobile (SbCall *call);
void sb_rest_mobile_change (SbCall *call);
void sb_rest_pwd_verify_by_mobile (SbCall *call);
void sb_rest_pwd_verify_by_password (SbCall *call);
void sb_rest_pwd_change (SbCall *call);
void sb_rest_user_verification (SbCall *call);
void sb_rest_user_verify (SbCall *call);

/* rest-qr.c */
void sb_rest_qr_code (SbCall *call);
void sb_rest_qr_login (SbCall *call);
void sb_rest_qr_allow (SbCall *call);
void sb_rest_group_sign (SbCall *call);

/* rest-user.c: a user's own profile and settings */
void sb_rest_get_profile (SbCall *call);
void sb_rest_set_profile (SbCall *call);
void sb_rest_get_settings (SbCall *call);
void sb_rest_set_settings (SbCall *call);
void sb_rest_set_setting (SbCall *call);
void sb_rest_set_mobile (SbCall *call);
void sb_rest_set_username (SbCall *call);
void sb_rest_online_status (SbCall *call);
void sb_rest_pin (SbCall *call);
void sb_rest_unpin (SbCall *call);
void sb_rest_pin_list (SbCall *call);

/* rest-roster.c */
void sb_rest_roster_list (SbCall *call);
void sb_rest_roster_items (SbCall *call);
void sb_rest_roster_by_id (SbCall *call);
void sb_rest_roster_by_name (SbCall *call);
void sb_rest_roster_by_mobile (SbCall *call);
void sb_rest_roster_apply (SbCall *call);
void sb_rest_roster_accept (SbCall *call);
void sb_rest_roster_decline (SbCall *call);
void sb_rest_roster_delete (SbCall *call);
void sb_rest_roster_block (SbCall *call);
void sb_rest_roster_unblock (SbCall *call);
void sb_rest_roster_blocked (SbCall *call);
void sb_rest_roster_applications (SbCall *call);
void sb_rest_roster_ext (SbCall *call);
void sb_rest_may_message (SbCall *call);

/* rest-group.c: records and lists of groups */
void sb_rest_group_joined (SbCall *call);
void sb_rest_group_public (SbCall *call);
void sb_rest_group_info (SbCall *call);
void sb_rest_group_batch (SbCall *call);
void sb_rest_group_members (SbCall *call);
void sb_rest_group_admins (SbCall *call);
void sb_rest_group_banned (SbCall *call);
void sb_rest_group_blocked (SbCall *call);
void sb_rest_group_names (SbCall *call);

/* rest-members.c: joining and leaving */
void sb_rest_group_create (SbCall *call);
void sb_rest_group_destroy (SbCall *call);
void sb_rest_group_leave (SbCall *call);
void sb_rest_group_invite (SbCall *call);
void sb_rest_group_invite_handle (SbCall *call);
void sb_rest_group_invitations (SbCall *call);
void sb_rest_group_apply (SbCall *call);
void sb_rest_group_apply_handle (SbCall *call);
void sb_rest_group_applications (SbCall *call);
void sb_rest_group_qr_sign (SbCall *call);
void sb_rest_group_qr_invite (SbCall *call);
void sb_rest_group_kick (SbCall *call);
void sb_rest_group_block (SbCall *call);
void sb_rest_group_unblock (SbCall *call);

/* rest-rights.c: rank and bans */
void sb_rest_group_admin_add (SbCall *call);
void sb_rest_group_admin_remove (SbCall *call);
void sb_rest_group_transfer (SbCall *call);
void sb_rest_group_ban (SbCall *call);
void sb_rest_group_unban (SbCall *call);
void sb_rest_group_ban_all (SbCall *call);
void sb_rest_group_unban_all (SbCall *call);

/* rest-group-settings.c */
void sb_rest_group_set_property (SbCall *call);
void sb_rest_group_display_name (SbCall *call);
void sb_rest_group_mute_mode (SbCall *call);
void sb_rest_group_push_mode (SbCall *call);
void sb_rest_group_not_disturb (SbCall *call);

/* rest-group-content.c */
void sb_rest_announcement (SbCall *call);
void sb_rest_announcement_last (SbCall *call);
void sb_rest_announcement_list (SbCall *call);
void sb_rest_announcement_edit (SbCall *call);
void sb_rest_announcement_delete (SbCall *call);
void sb_rest_group_file (SbCall *call);
void sb_rest_group_files (SbCall *call);
void sb_rest_group_file_upload (SbCall *call);
void sb_rest_group_file_rename (SbCall *call);
void sb_rest_group_file_delete (SbCall *call);

/* rest-message.c */
void sb_rest_message_page (SbCall *call);
void sb_rest_message_recall (SbCall *call);
void sb_rest_message_unread (SbCall *call);

G_END_DECLS
