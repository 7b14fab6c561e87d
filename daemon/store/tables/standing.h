/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * standing.h: our standing in each group: role, name, and the end of a ban. All functions run inside a job.
 *
 * It is stored in columns of contacts. Whether we own the group and whether all are banned follows from its details (contacts.c). Whether we are
 * an admin, our name and our own ban are fetched once after we joined; notices and our own calls keep them up to date.
 */
#pragma once

#include "store/engine/store.h"

G_BEGIN_DECLS

/* Numbers of the column role; it is NULL where we are in the group and do not know more yet. */
typedef enum { FLOO_ROLE_NONE = 0, FLOO_ROLE_MEMBER = 1, FLOO_ROLE_ADMIN = 2, FLOO_ROLE_OWNER = 3, FLOO_N_ROLES } FlooRole;

/* "none", "member", "admin", "owner"; of an unknown number "none" */
const char *floo_role_to_string (gint64 role);

/* A change by a notice or our own call, which makes answers to earlier requests outdated. */
gboolean floo_standing_set_admin (FlooDb *db, gint64 group, gboolean admin, GError **error);
gboolean floo_standing_set_name (FlooDb *db, gint64 group, const char *name, GError **error);
/* @until: ms; 0: not banned, -1: permanently */
gboolean floo_standing_set_ban (FlooDb *db, gint64 group, gint64 until, GError **error);
/* It changed in an unknown way, and is to be fetched again. */
gboolean floo_standing_forget (FlooDb *db, gint64 group, GError **error);

/* Stores our standing from @member (a{sv}, a GroupMember), as far as it has it. */
gboolean floo_standing_take_member (FlooDb *db, gint64 group, GVariant *member, GError **error);

/* Whether it changed since @moment, floo_contacts_get_moment() when the service was asked. */
gboolean floo_standing_changed_since (FlooDb *db, gint64 group, gint64 moment);
/* All of it was fetched. */
gboolean floo_standing_mark_known (FlooDb *db, gint64 group, GError **error);
/* A joined group whose standing is to be fetched; 0: none. */
gboolean floo_standing_next (FlooDb *db, gint64 *group, GError **error);

/* Adds `role`, `my_display_name` and `banned_until` to the details of a group. */
gboolean floo_standing_describe (FlooDb *db, gint64 group, GVariantDict *details, GError **error);

G_END_DECLS
