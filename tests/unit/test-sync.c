/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-sync.c: what the service is asked for, and asked again for, where it refuses or does not answer. The connection leads nowhere: what is sent is lost.
 */
#include "session/sync.h"
#include "store-fixture.h"

typedef struct {
  Fixture fixture;
  FlooConfig config;
  FlooSession *session;
  FlooSync *sync;
} Online;

static char *
no_url (FlooLink *link, guint attempts, gpointer user_data)
{
  return NULL;
}

static void
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

static void
tear_down (Online *o, gconstpointer data)
{
  floo_sync_offline (o->sync);
  /* What is still in the store holds the session. */
  g_object_add_weak_pointer (G_OBJECT (o->session), (gpointer *) &o->session);
  g_object_unref (o->session);
  while (o->session != NULL)
    g_main_context_iteration (NULL, TRUE);
  fixture_tear_down (&o->fixture, NULL);
}

/* A page of @conversation that is refused. */
static void
refuse (Online *o, gint64 conversation)
{
  Floo__SyncDL dl = FLOO__SYNC_DL__INIT;
  Floo__Status status = FLOO__STATUS__INIT;
  Floo__XID xid = FLOO__XID__INIT;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (FlooFrame) frame = NULL;

  xid.has_uid = status.has_code = TRUE;
  xid.uid = (guint64) conversation;
  status.code = FLOO__STATUS__ERROR_CODE__INVALID_PARAMETER;
  dl.xid = &xid;
  dl.status = &status;
  bytes = floo_frame_encode (FLOO__FRAME__COMMAND__SYNC, &dl.base);
  frame = floo_frame_decode (bytes, FLOO_FROM_SERVICE, &error);
  g_assert_no_error (error);
  floo_sync_frame (o->sync, frame);
}

/* What is still to be asked for is refused, twice: it is asked for all the same, once. */
static void
test_refused_before_it_was_asked (Online *o, gconstpointer data)
{
  gint64 uid = 7;
  FlooPull *pull;

  o->session->congested = TRUE;
  floo_pull_want (o->sync, uid, FALSE);
  pull = g_hash_table_lookup (o->sync->pulls, &uid);
  pull->key = 5;
  floo_pull_want (o->sync, uid, FALSE);
  g_assert_true (pull->again);
  refuse (o, uid);
  g_assert_cmpuint (g_queue_get_length (o->sync->queued), ==, 1);
  refuse (o, uid);
  g_assert_cmpuint (g_queue_get_length (o->sync->queued), ==, 1);
  g_assert_true (g_hash_table_lookup (o->sync->pulls, &uid) == pull);
  o->session->congested = FALSE;
  floo_sync_pump (o->sync);
  g_assert_cmpint (pull->state, ==, FLOO_PULL_ASKED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/sync/refused-before-it-was-asked", Online, NULL, set_up, test_refused_before_it_was_asked, tear_down);
  return g_test_run ();
}
