/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tokens.h: the idempotency tokens of callers. All functions run inside a job.
 */
#pragma once

#include "store/engine/store.h"

G_BEGIN_DECLS

/**
 * floo_tokens_find:
 * @digest: of all arguments of the call
 * @client_id: (out): 0: the token is new
 *
 * Fails with FLOO_ERROR_INVALID_ARGUMENTS where the token was used with other arguments. Tokens are kept for 30 days after use at least.
 */
gboolean floo_tokens_find (FlooDb *db, const char *token, const char *digest, gint64 *client_id, GError **error);
gboolean floo_tokens_add (FlooDb *db, const char *token, const char *digest, gint64 client_id, GError **error);

G_END_DECLS
