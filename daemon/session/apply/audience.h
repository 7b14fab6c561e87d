/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * audience.h: in groups with read_ack a message lists all other members, who are to acknowledge reading, in its config. Store thread.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* What is stored about a group, as far as its messages' audience needs it. */
typedef enum {
  FLOO_AUDIENCE_NONE,           /* the group has no read_ack */
  FLOO_AUDIENCE_NO_SETTINGS,    /* whether it has is not known yet */
  FLOO_AUDIENCE_NO_MEMBERS,     /* it has, and its members are not known yet, or not all */
  FLOO_AUDIENCE_KNOWN,
} FlooAudience;

gboolean floo_audience_get (FlooDb *db, gint64 group, FlooAudience *audience, GError **error);

/**
 * floo_audience_merge:
 * @config: (nullable): of a message to @group
 * @merged: (out) (transfer full) (nullable): the config with groupMemberList; NULL: it stays as it is
 * @missing: (out): the settings or members that it depends on are not known yet
 */
gboolean floo_audience_merge (FlooDb *db, gint64 group, const char *config, char **merged, gboolean *missing, GError **error);

G_END_DECLS
