/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * members.h: details of group members that changed without our being told how, fetched in batches. Only for this folder.
 */
#pragma once

#include "session/account/account.h"

G_BEGIN_DECLS

typedef struct _FlooMembers FlooMembers;

FlooMembers *floo_members_new (FlooAccount *account);
void floo_members_free (FlooMembers *members);
/* Fetches what is stale, one request a second, while online. */
void floo_members_fetch (FlooMembers *members);
void floo_members_offline (FlooMembers *members);

G_END_DECLS
