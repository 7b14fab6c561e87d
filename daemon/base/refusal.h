/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * refusal.h: maps the service's refusals to our error names.
 */
#pragma once

#include "base/error.h"

G_BEGIN_DECLS

/**
 * floo_refusal_get_error:
 * @code: a code of the service: of a REST answer, or the status of a frame (0 to 20; the two kinds do not overlap)
 * @reason: (nullable): the service's text. Known phrases in it take precedence over the code; case is ignored
 *
 * The one table from codes and phrases to names: for REST errors, for messages and operations that were refused, and for what the outbox keeps.
 *
 * Returns: the error; FLOO_ERROR_REJECTED where neither code nor text are known
 */
FlooError floo_refusal_get_error (gint64 code, const char *reason);

/* Whether @error is about the one thing that was asked for, and says nothing of the login, the application or the connection. */
gboolean floo_refusal_is_of_request (FlooError error);

G_END_DECLS
