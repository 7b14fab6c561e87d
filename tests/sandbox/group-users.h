/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * group-users.h: operations on a list of users in a group, and notices to the group.
 */
#pragma once

#include "notices.h"
#include "rest.h"

G_BEGIN_DECLS

/* The record GroupUserRelationResponse; @reason NULL: success. */
JsonObject *sb_relation_record (gint64 user, const char *reason);

/* Applies an operation to one user; NULL if it was done, otherwise why not. */
typedef const char *(*SbEachUser) (SbCall *call, SbUser *user);

/**
 * sb_group_each_user:
 *
 * Calls @each for every user in the argument user_list, and answers with the results.
 *
 * Returns: (transfer full) (element-type gint64): those for whom it was done
 */
GArray *sb_group_each_user (SbCall *call, SbEachUser each);
/* The same, and one notice to those whom @audience names, if anything was done. */
void sb_group_each_and_tell (SbCall *call, SbEachUser each, Floo__GroupNotice__Type type, const char *content,
                             SbAudience audience);

/* NULL where the caller's place in the group is above that of @user, otherwise why it is not. */
const char *sb_group_check_rank (SbCall *call, SbUser *user);

/* Notifies the members that a field of the group's record has changed: INFO_UPDATED {"property": NAME, NAME: VALUE}. */
void sb_group_tell_property (SbCall *call, const char *name, JsonNode *value);

G_END_DECLS
