/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * salvage.h: copies the data that must not be lost from a damaged file: the outbox, the tokens and the account's values. Private to the store.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* Copies what can be read of @from into @to, in a transaction of it. FALSE where writing failed. */
gboolean floo_salvage (FlooDb *to, FlooDb *from, GError **error);

G_END_DECLS
