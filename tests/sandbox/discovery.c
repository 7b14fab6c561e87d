/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sandbox.h"

#include <string.h>

#include "hosts.h"
#include "rest.h"
#include "trace.h"

static void
add_host (JsonBuilder *builder, const Sandbox *sandbox, const char *key, const char *host)
{
  json_builder_begin_object (builder);
  if (strcmp (key, "host") == 0)
    {
      json_builder_set_member_name (builder, "protocol");
      json_builder_add_string_value (builder, sandbox->protocol);
    }
  json_builder_set_member_name (builder, key);
  json_builder_add_string_value (builder, host != NULL ? host : sandbox->host);
  json_builder_end_object (builder);
}

/* [{"protocol": "http", "host": HOST}, ...], with @key "domain": [{"domain": HOST}, ...]. @hosts: of char *, NULL is the sandbox's own; if it
 * is NULL itself, or empty, only the sandbox's own. */
static void
add_servers (JsonBuilder *builder, const char *name, const char *key, const Sandbox *sandbox, GPtrArray *hosts)
{
  guint n = hosts == NULL ? 0 : hosts->len;

  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (guint i = 0; i < MAX (n, 1); i++)
    add_host (builder, sandbox, key, n == 0 ? NULL : hosts->pdata[i]);
  json_builder_end_array (builder);
}

/* @dead: (nullable): the address of all that is in it */
static void
add_cluster (JsonBuilder *builder, const Sandbox *sandbox, const char *dead)
{
  static const char *const names[] = { "ratel", "webim", "rtc", "fireplace" };
  g_autoptr (GPtrArray) all = g_ptr_array_new ();

  g_ptr_array_add (all, (char *) dead);
  json_builder_begin_object (builder);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    add_servers (builder, names[i], "host", sandbox, dead != NULL || i > SB_WEBIM ? all : sb_hosts_list (sandbox->hosts, (SbHostList) i));
  json_builder_end_object (builder);
}

static void
add_text (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

const char *
sb_account_verification (Sandbox *sandbox)
{
  static const char *const names[] = { "verified", "unverified", "expired" };

  return names[sandbox->settings.account_verification];
}

static void
add_data (JsonBuilder *builder, Sandbox *sandbox)
{
  GPtrArray *clusters = sb_hosts_list (sandbox->hosts, SB_CLUSTERS);

  json_builder_set_member_name (builder, "data");
  json_builder_begin_object (builder);
  add_text (builder, "version", "1");
  add_text (builder, "app_status", sandbox->settings.app_status);
  json_builder_set_member_name (builder, "account_verification");
  json_builder_begin_object (builder);
  add_text (builder, "type", SB_APP_OWNER_TYPE);
  add_text (builder, "name", SB_APP_OWNER);
  add_text (builder, "status", sb_account_verification (sandbox));
  json_builder_end_object (builder);
  /* No dns_server_list: its domains are taken as https, which the sandbox does not speak by itself. */
  json_builder_set_member_name (builder, "dns_server_list");
  json_builder_begin_array (builder);
  json_builder_end_array (builder);
  add_servers (builder, "link_server_list", "domain", sandbox, NULL);
  json_builder_set_member_name (builder, "dns_list");
  json_builder_begin_array (builder);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "group_level");
  json_builder_add_int_value (builder, 0);
  json_builder_set_member_name (builder, "clusters");
  json_builder_begin_array (builder);
  for (guint i = 0; i < MAX (clusters->len, 1); i++)
    add_cluster (builder, sandbox, clusters->len == 0 ? NULL : clusters->pdata[i]);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

static void
answer_dns (Sandbox *sandbox, SoupServerMessage *msg, GHashTable *query)
{
  const char *app_id = query == NULL ? NULL : g_hash_table_lookup (query, "app_id");
  gboolean known = g_strcmp0 (app_id, SB_APP_ID) == 0;
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  if (query == NULL || g_strcmp0 (g_hash_table_lookup (query, "source"), "sdk") != 0)
    sb_trace_violation (sandbox, 0, "discovery without source=sdk");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "code");
  json_builder_add_int_value (builder, known ? 200 : 99998);
  if (known)
    add_data (builder, sandbox);
  else
    add_text (builder, "message", "no such app");
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  sb_trace_rest (sandbox, soup_server_message_get_method (msg), SB_DISCOVERY, 0, known ? 200 : 99998);
  sb_answer_json (msg, SOUP_STATUS_OK, root);
}

gboolean
sb_discovery_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *path, GHashTable *query)
{
  if (strcmp (path, SB_DISCOVERY) == 0 || strcmp (path, "/dns") == 0)
    {
      if (!sb_rest_misbehave (sandbox, msg, SB_DISCOVERY))
        answer_dns (sandbox, msg, query);
    }
  else if (strcmp (path, "/api/health") == 0 || strcmp (path, "/") == 0)
    {
      soup_server_message_set_status (msg, SOUP_STATUS_OK, NULL);
      soup_server_message_set_response (msg, "text/plain", SOUP_MEMORY_STATIC, "ok", 2);
    }
  else
    return FALSE;
  return TRUE;
}
