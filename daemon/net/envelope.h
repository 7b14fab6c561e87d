/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * envelope.h: what every answer of the service comes in: {code, data, message}.
 */
#pragma once

#include "net/rest.h"

G_BEGIN_DECLS

/**
 * floo_envelope_open:
 * @body: what came
 * @status: with this HTTP status
 *
 * Returns: (transfer full): the answer of a code 200, or NULL with floo_rest_error() for any other; FLOO_ERROR_PROTOCOL, naming
 * @status, for what is no envelope or not HTTP 2xx
 */
FlooRestAnswer *floo_envelope_open (GBytes *body, guint status, GError **error);

/* Whether an HTTP status is an answer and no failure of whoever stands before the service. */
gboolean floo_http_status_is_success (guint status);

G_END_DECLS
