/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sync-fixture.h: a session that is online with a connection that leads nowhere: what is sent is lost. */
#pragma once

#include "session/sync/sync.h"
#include "store-fixture.h"

typedef struct {
  Fixture fixture;
  FlooConfig config;
  FlooSession *session;
  FlooSync *sync;
} Online;

static inline char *
no_url (FlooLink *link, guint attempts, gpointer user_data)
{
  return NULL;
}

static inline void
set_up (Online *o, gconstpointer data)
{
  g_autoptr (FlooSecrets) secrets = NULL;

  fixture_set_up (&o->fixture, NULL);
  o->config.app_id = (char *) "";
  o->config.data_dir = o->config.cache_dir = o->fixture.root;
  secrets = floo_secrets_new ("file", NULL, o->fixture.root);
  o->session = floo_session_new (&o->config, secrets);
  o->session->store = g_object_ref (o->fixture.store);
  o->session->link = floo_link_new (no_url, NULL);
  o->sync = o->session->sync;
  floo_sync_online (o->sync);
}

static inline void
tear_down (Online *o, gconstpointer data)
{
  floo_sync_offline (o->sync);
  /* What is still in the store holds the session. */
  g_object_add_weak_pointer (G_OBJECT (o->session), (gpointer *) &o->session);
  g_object_unref (o->session);
  run_until (o->session == NULL);
  fixture_tear_down (&o->fixture, NULL);
}

