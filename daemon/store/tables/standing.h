/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * standing.h: what we are in each group: our role, the name we have there, until when we may not write. All functions run inside a job.
 *
 * Columns of contacts have it. Whether we own the group and whether all are banned follows from its details (contacts.c). Whether we are an
 * admin, our name and our own ban are asked for once after we came in; notices and our own calls keep them true.
 */
#pragma once

#include "store/engine/store.h"

G_BEGIN_DECLS

/* Numbers of the column role; it is NULL where we are in the group and do not know more yet. */
typedef enum { FLOO_ROLE_NONE = 0, FLOO_ROLE_MEMBER = 1, FLOO_ROLE_ADMIN = 2, FLOO_ROLE_OWNER = 3, FLOO_N_ROLES } FlooRole;

/* "none", "member", "admin", "owner"; of an unknown number "none" */
const char *floo_role_to_string (gint64 role);

/* News, by a notice or by what we did: an answer to a question from before is outdated by it. */
gboolean floo_standing_set_admin (FlooDb *db, gint64 group, gboolean admin, GError **error);
gboolean floo_standing_set_name (FlooDb *db, gint64 group, const char *name, GError **error);
/* @until: ms; 0: not banned, -1: permanently */
gboolean floo_standing_set_ban (FlooDb *db, gint64 group, gint64 until, GError **error);
/* Something changed that we were not told: it is to be asked for again. */
gboolean floo_standing_forget (FlooDb *db, gint64 group, GError **error);

/* What the service says of us, where @member (a{sv}, a GroupMember) has it. */
gboolean floo_standing_take_member (FlooDb *db, gint64 group, GVariant *member, GError **error);

/* Whether there was news since @moment, floo_contacts_get_moment() when the service was asked. */
gboolean floo_standing_changed_since (FlooDb *db, gint64 group, gint64 moment);
/* All of it has been asked for. */
gboolean floo_standing_mark_known (FlooDb *db, gint64 group, GError **error);
/* A group that we are in and whose standing is to be asked for; 0: none. */
gboolean floo_standing_next (FlooDb *db, gint64 *group, GError **error);

/* Adds `role`, `my_display_name` and `banned_until` to the details of a group. */
gboolean floo_standing_describe (FlooDb *db, gint64 group, GVariantDict *details, GError **error);

G_END_DECLS
