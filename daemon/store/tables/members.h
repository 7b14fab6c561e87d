/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * members.h: what the store knows about members of a group beyond the records of the service. All functions run inside a job.
 */
#pragma once

#include "store/engine/store.h"

G_BEGIN_DECLS

/**
 * floo_members_describe:
 * @members: aa{sv} of GroupMember records
 *
 * Adds `role`, `name` and `avatar`, each where it is known. One query, however many members there are.
 *
 * Returns: (transfer floating): aa{sv}, in the same order
 */
GVariant *floo_members_describe (FlooDb *db, gint64 group, GVariant *members, GError **error);

G_END_DECLS
