/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * waits.h: control calls that are answered when a condition is true, so that tests need not poll.
 */
#pragma once

#include "sandbox.h"

G_BEGIN_DECLS

SbWaits *sb_waits_new (Sandbox *sandbox);
void sb_waits_free (SbWaits *waits);

/* To be called after a change: answers the calls whose condition is true now. Cheap if there are none. */
void sb_waits_check (Sandbox *sandbox);

/* POST /control/wait: {for, user?, conversation?, count?, since?, timeout_ms?}. Answers @msg later, or returns FALSE with @error. */
gboolean sb_waits_add (Sandbox *sandbox, SoupServerMessage *msg, JsonObject *body, GError **error);

G_END_DECLS
