/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state-private.h: shared by the files of the state.
 */
#pragma once

#include "state.h"

/* A table whose values begin with their id, which is the key. */
GHashTable *sb_id_table_new (GDestroyNotify destroy);
void sb_inbox_free (SbInbox *inbox);
void sb_group_free (SbGroup *group);
