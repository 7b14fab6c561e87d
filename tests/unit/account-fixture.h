/* SPDX-License-Identifier: GPL-3.0-or-later */
/* account-fixture.h: an account with the store of the fixture, without the daemon's parts that use it: a test adds those that it needs. */
#pragma once

#include "session/account/owner.h"
#include "store-fixture.h"

typedef struct {
  Fixture fixture;
  FlooConfig config;
  GObject *keeper;
  FlooAccount *account;
  GString *news;                /* events without a store, and changes of the state */
} AccountFixture;

static inline void
on_account_event (const FlooEvent *event, gpointer data)
{
  g_string_append_printf (((AccountFixture *) data)->news, "%s ", event->name);
}

static inline void
on_account_state (FlooState state, gpointer data)
{
  AccountFixture *w = data;

  g_string_append_printf (w->news, "%s ", floo_account_get_state_name (w->account));
}

static inline void
on_account_changed (gpointer data)
{
}

/* The account alone: nobody is logged in. */
static inline void
account_fixture_set_up_without_store (AccountFixture *w)
{
  static const FlooAccountListener listener = { on_account_event, on_account_state, on_account_changed, on_account_changed,
                                                on_account_changed };

  fixture_prepare (&w->fixture, NULL);
  w->config.app_id = w->config.dns_server = w->config.device_info = w->config.rest_url = w->config.socket_url = (char *) "";
  w->config.discovery_source = (char *) "sdk";
  w->config.os_type = (char *) "linux";
  w->config.data_dir = w->config.cache_dir = w->fixture.root;
  w->news = g_string_new (NULL);
  w->keeper = g_object_new (G_TYPE_OBJECT, NULL);
  w->account = floo_account_new (w->keeper, &w->config, &listener, w);
}

static inline void
account_fixture_set_up (AccountFixture *w)
{
  account_fixture_set_up_without_store (w);
  fixture_open (&w->fixture);
  floo_account_take_store (w->account, w->fixture.store);
  floo_store_set_event_func (w->fixture.store, fixture_on_event, &w->fixture);
}

/* Waits for the pending jobs of the store: they hold references to the account. */
static inline void
account_fixture_drain (AccountFixture *w)
{
  g_object_add_weak_pointer (w->keeper, (gpointer *) &w->keeper);
  g_object_unref (w->keeper);
  run_until (w->keeper == NULL);
}

/* Call after account_fixture_drain(), and after freeing the parts that use the account. */
static inline void
account_fixture_tear_down (AccountFixture *w)
{
  floo_account_free (w->account);
  g_string_free (w->news, TRUE);
  fixture_tear_down (&w->fixture, NULL);
}
