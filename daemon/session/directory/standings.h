/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * standings.h: what we are in each group that we are in: fetched once after we came in, in the background, ten groups a second at most,
 * with the group's admins; notices keep it true.
 */
#pragma once

#include "session/account/account.h"

G_BEGIN_DECLS

typedef struct _FlooStandings FlooStandings;

FlooStandings *floo_standings_new (FlooAccount *account);
void floo_standings_free (FlooStandings *self);
void floo_standings_offline (FlooStandings *self);
/* Fetches what is missing, while online. */
void floo_standings_fetch (FlooStandings *self);

G_END_DECLS
