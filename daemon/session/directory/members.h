/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * members.h: stale details of group members, fetched in batches. Only for this folder.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "session/account/account.h"

G_BEGIN_DECLS

typedef struct _FlooMembers FlooMembers;

FlooMembers *floo_members_new (FlooAccount *account);
void floo_members_free (FlooMembers *members);
/* Fetches stale details, one request a second, while online. */
void floo_members_fetch (FlooMembers *members);
void floo_members_offline (FlooMembers *members);

/* The request for details of some members. */
#define FLOO_MEMBERS_PATH "/group/members/display_name"
/* Returns: (transfer full) */
JsonNode *floo_members_body (gint64 group, const gint64 *ids, guint n);

G_END_DECLS
