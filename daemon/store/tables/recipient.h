/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recipient.h: whether an id is that of a user or of a group. Inside a job.
 */
#pragma once

#include "store/engine/store.h"

G_BEGIN_DECLS

/**
 * floo_recipient_resolve:
 * @to_type: (inout): FLOO_TO_ANY: it is determined from the contacts and groups, else from the conversation of @id; any other is checked
 *    against the contacts and groups
 *
 * FLOO_ERROR_INVALID_ARGUMENTS where @to_type is FLOO_TO_ANY and @id is not known or belongs to both a user and a group; and where it
 * is known only as the other kind.
 */
gboolean floo_recipient_resolve (FlooDb *db, gint64 id, FlooToType *to_type, GError **error);

G_END_DECLS
