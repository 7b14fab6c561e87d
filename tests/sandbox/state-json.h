/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state-json.h: parts of the state as JSON, for the seed and for --persist.
 */
#pragma once

#include "state.h"

G_BEGIN_DECLS

/* Copies all members of @from, (nullable), over those of @to. */
void sb_json_merge (JsonObject *to, JsonObject *from);

/* (transfer full) */
JsonNode *sb_state_to_json (SbState *state);
/* Fills a new state; FALSE with @error if sb_state_to_json() did not write the text. */
gboolean sb_state_from_json (SbState *state, JsonNode *root, GError **error);

G_END_DECLS
