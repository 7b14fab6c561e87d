/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * refusal.h: which of our error names a refusal by the service has.
 */
#pragma once

#include "base/error.h"

G_BEGIN_DECLS

/**
 * floo_refusal_get_error:
 * @code: a code of the service: of a REST answer, or the status of a frame (0 to 20; the two kinds do not overlap)
 * @reason: (nullable): the service's words. Known ones say more than the code; they are matched without case
 *
 * The one table from codes and words to names: for REST errors, for messages and operations that were refused, and for what the outbox keeps.
 *
 * Returns: the error; FLOO_ERROR_REJECTED where neither code nor words are known
 */
FlooError floo_refusal_get_error (gint64 code, const char *reason);

/* Whether @error is about the one thing that was asked for, and says nothing of the login, the application or the connection. */
gboolean floo_refusal_is_of_request (FlooError error);

G_END_DECLS
