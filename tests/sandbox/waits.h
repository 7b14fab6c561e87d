/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * waits.h: control calls that are answered when something has come true, so that tests need not poll.
 */
#pragma once

#include "sandbox.h"

G_BEGIN_DECLS

SbWaits *sb_waits_new (Sandbox *sandbox);
void sb_waits_free (SbWaits *waits);

/* Something changed: answers the calls whose condition is met now. Cheap where nobody waits. */
void sb_waits_check (Sandbox *sandbox);

/* POST /control/wait: {for, user?, conversation?, count?, since?, timeout_ms?}. Answers @msg by and by, or FALSE with @error. */
gboolean sb_waits_add (Sandbox *sandbox, SoupServerMessage *msg, JsonObject *body, GError **error);

G_END_DECLS
