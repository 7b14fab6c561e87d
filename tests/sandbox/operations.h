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
void sb_rest_app_config (SbCall *call);
void sb_rest_name_check (SbCall *call);
void sb_rest_change_password (SbCall *call);
void sb_rest_delete_user (SbCall *call);
void sb_rest_device_list (SbCall *call);
void sb_rest_device_remove (SbCall *call);
void sb_rest_kick (SbCall *call);
void sb_rest_bind_push_token (SbCall *call);
void sb_rest_unbind_push_token (SbCall *call);

/* rest-user.c: what a user keeps about himself */
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

/* rest-group.c: what groups are */
void sb_rest_group_joined (SbCall *call);
void sb_rest_group_public (SbCall *call);
void sb_rest_group_info (SbCall *call);
void sb_rest_group_batch (SbCall *call);
void sb_rest_group_members (SbCall *call);
void sb_rest_group_admins (SbCall *call);
void sb_rest_group_banned (SbCall *call);
void sb_rest_group_blocked (SbCall *call);
void sb_rest_group_names (SbCall *call);

G_END_DECLS
