/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request.h: a call's arguments as the query and the body of its request. Only for this folder.
 */
#pragma once

#include "session/operations/table.h"

G_BEGIN_DECLS

/**
 * floo_operation_pack:
 * @query: key, value, ..., NULL are added; freed with g_free()
 * @body: (out) (transfer full): NULL: there is none; set where it fails, too
 *
 * Errors: FLOO_ERROR_TOO_LARGE, and those of floo_record_to_json()
 */
gboolean floo_operation_pack (const FlooOperationCall *op, GPtrArray *query, JsonNode **body, GError **error);

G_END_DECLS
