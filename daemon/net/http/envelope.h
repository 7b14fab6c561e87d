/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * envelope.h: the envelope of every REST answer: {code, data, message}.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * FlooRestAnswer:
 *
 * A successful envelope. @data is never NULL (a JSON null where the service sent none).
 */
typedef struct {
  JsonNode *data;
  char *cursor;         /* (not nullable): "" is the last page */
  gint64 version;
  gint64 total;         /* -1: not sent */
  gsize bytes;          /* that it takes in memory, about */
  gboolean large;       /* reading all of it takes too long for the main loop */
} FlooRestAnswer;

void floo_rest_answer_free (FlooRestAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooRestAnswer, floo_rest_answer_free)

/**
 * floo_envelope_open:
 * @body: what came
 * @status: with this HTTP status
 *
 * Returns: (transfer full): the answer of a code 200, or NULL with floo_rest_error() for any other; FLOO_ERROR_PROTOCOL, naming
 * @status, for what is no envelope or not HTTP 2xx
 */
FlooRestAnswer *floo_envelope_open (GBytes *body, guint status, GError **error);

/* Whether an HTTP status is an answer of the service, not a failure of a proxy before it. */
gboolean floo_http_status_is_success (guint status);

/* Returns: (transfer full): floo_error_new_refusal() for an envelope's code, by the table of base/refusal.h. @message: (nullable) */
GError *floo_rest_error (gint64 code, const char *message);
/* Whether it says that the token is not valid any more. */
gboolean floo_rest_error_is_token_void (const GError *error);

G_END_DECLS
