/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tables.h: the tables as the engine sees them. Private to the store.
 */
#pragma once

#include "store/engine/hooks.h"

G_BEGIN_DECLS

extern const FlooTables floo_tables;

G_END_DECLS
