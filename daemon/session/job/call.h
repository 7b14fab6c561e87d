/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * call.h: a client's call: checks before it, the job of the store that it waits for, and its reply.
 */
#pragma once

#include "base/error.h"
#include "session/account/account.h"

G_BEGIN_DECLS

/**
 * FlooCall:
 *
 * A job that answers a client: @func leaves the method's out arguments in @result, the reply follows.
 * Whatever else it needs follows this struct (allocate with floo_call_new() and a larger size).
 */
typedef struct {
  FlooAccount *account;
  FlooReply reply;
  gpointer user_data;
  GVariant *result;             /* (nullable), sunk with the reply */
  char *text;                   /* (nullable): an argument; freed with the call */
  guint caller;                 /* whose call it is */
  gint64 until;                 /* monotonic time when the call times out */
  FlooStoreFunc func;           /* of floo_call_read() */
} FlooCall;

gpointer floo_call_new (gsize size, FlooAccount *account, FlooReply reply, gpointer user_data);
void floo_call_free (gpointer call);
/*
 * Serialises a large @result, on a thread that has time: it may wait for the bus, and takes a tenth of the memory then. A small one is left as it is:
 * GDBus takes it to pieces anyway, which costs more than twice as much with a serialised one.
 */
void floo_call_pack (GVariant *result);
/* Runs @func as a read job and replies. @destroy: floo_call_free or one that ends with it. */
void floo_call_read (gpointer call, FlooReadFlags flags, FlooStoreFunc func, GDestroyNotify destroy);
/* The done callback of it, and of write jobs (job.h): replies. */
void floo_call_done (FlooStore *store, gpointer call, const GError *error);

/* Fails with NotLoggedIn, and FALSE, where no account is open. */
gboolean floo_call_check_account (FlooAccount *account, FlooReply reply, gpointer user_data);
/* Fails with Offline, too, without a connection to the service. */
gboolean floo_call_check_online (FlooAccount *account, FlooReply reply, gpointer user_data);

G_END_DECLS
