/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job.h: jobs of the account's store: all changes are made by these, which also update the counts.
 */
#pragma once

#include "session/account/account.h"

G_BEGIN_DECLS

/**
 * floo_job_write:
 *
 * floo_store_write() on the account's store, which also updates UnreadTotal and Queued. Without a store @done gets
 * FLOO_ERROR_NOT_LOGGED_IN at once.
 */
void floo_job_write (FlooAccount *account, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy);
/* For the caller whose call is just beginning; else it is the daemon's own job. */
void floo_job_read (FlooAccount *account, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy);
/* For @caller. */
void floo_job_read_for (FlooAccount *account, guint caller, FlooReadFlags flags, FlooStoreFunc func, FlooStoreDone done, gpointer data,
                        GDestroyNotify destroy);

/* Journals and emits an event that belongs to no other change; without a store it is emitted with serial 0. @body: (transfer floating) */
void floo_job_journal (FlooAccount *account, FlooSignal signal, GVariant *body);
/* FlooNotice and FlooError, likewise. */
void floo_job_notice (FlooAccount *account, const char *category, const char *desc);
void floo_job_error (FlooAccount *account, const char *category, const char *desc);

G_END_DECLS
