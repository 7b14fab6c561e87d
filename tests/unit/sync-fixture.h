/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sync-fixture.h: the synchronisation of an account that is online, over a connection on which everything that is sent is lost. */
#pragma once

#include "account-fixture.h"
#include "session/sync/parts.h"

typedef struct {
  AccountFixture base;
  FlooOperations *operations;
  FlooSync *sync;
} Online;

static inline char *
no_url (FlooLink *link, guint attempts, gpointer user_data)
{
  return NULL;
}

static inline void
ignore_stale (gpointer data)
{
}

static inline void
ignore_result (const FlooInboundResult *result, gpointer data)
{
}

static inline gboolean
ignore_status (int code, const char *reason, gpointer data)
{
  return FALSE;
}

static inline void
ignore_failure (const GError *error, gpointer data)
{
}

static inline void
set_up (Online *o, gconstpointer data)
{
  static const FlooOperationsListener operations_listener = { ignore_stale };
  static const FlooSyncListener listener = { ignore_result, ignore_status, ignore_failure };

  account_fixture_set_up (&o->base);
  floo_account_set_service (o->base.account, NULL, NULL, floo_link_new (no_url, NULL));
  o->operations = floo_operations_new (o->base.account, &operations_listener, NULL);
  o->sync = floo_sync_new (o->base.account, o->operations, &listener, NULL);
  floo_sync_online (o->sync);
}

static inline void
tear_down (Online *o, gconstpointer data)
{
  floo_sync_offline (o->sync);
  account_fixture_drain (&o->base);
  floo_sync_free (o->sync);
  floo_operations_free (o->operations);
  account_fixture_tear_down (&o->base);
}
