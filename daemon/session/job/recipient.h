/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recipient.h: the argument to_type of methods: roster, group, or "", where the daemon finds it by the id.
 */
#pragma once

#include "base/error.h"
#include "session/account/account.h"

G_BEGIN_DECLS

/* @out: FLOO_TO_ANY for "". FALSE: it is not one, the call is answered with InvalidArguments. */
gboolean floo_recipient_check (const char *to_type, FlooToType *out, FlooReply reply, gpointer user_data);

/* @to_type: never FLOO_TO_ANY unless @error is set */
typedef void (*FlooRecipientFunc) (FlooToType to_type, const GError *error, gpointer user_data);

/* floo_recipient_resolve() as a job of its own. @func is always called. */
void floo_recipient_find (FlooAccount *account, gint64 id, FlooToType to_type, FlooRecipientFunc func, gpointer user_data);

G_END_DECLS
