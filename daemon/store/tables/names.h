/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * names.h: users and groups found by a part of a name. Inside a read job.
 */
#pragma once

#include "store/engine/store.h"

G_BEGIN_DECLS

/**
 * floo_names_find:
 * @text: not empty; compared without case
 * @limit: at most so many
 *
 * Among contacts, joined groups and users with whom there is a conversation: those of which a name (alias, nickname, user name; a group's name)
 * contains @text. Exact names come first, then names that begin with it, then names with a word that does, then the others; equal ones in the
 * order of their conversations' activity.
 *
 * Returns: (transfer floating): aa{sv}; or NULL with an error
 */
GVariant *floo_names_find (FlooDb *db, const char *text, guint limit, GError **error);

G_END_DECLS
