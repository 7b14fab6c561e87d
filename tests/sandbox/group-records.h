/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * group-records.h: groups and members as the records that REST answers with.
 */
#pragma once

#include "rest.h"

G_BEGIN_DECLS

/* The record GroupInfoAndSettings; @member: whose settings are in it, (nullable). */
JsonObject *sb_group_record (SbGroup *group, SbMember *member);
/* The record BriefGroupInfoAndSettings. */
JsonObject *sb_group_brief_record (SbGroup *group, SbMember *member);
/* The record GroupMember. */
JsonObject *sb_member_record (SbMember *member);
/* Orders pointers to ids. */
int sb_compare_ids (gconstpointer a, gconstpointer b);

G_END_DECLS
