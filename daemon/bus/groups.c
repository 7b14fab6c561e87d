/* SPDX-License-Identifier: GPL-3.0-or-later */
/* groups.c: im.floo.Daemon1.Groups */
#include "base/names.h"
#include "bus/interface.h"
#include "dbus-info.h"

static const FlooOption create_options[] = {
  { .key = "avatar", .type = 's' },
  { .key = "description", .type = 's' },
  { .key = "type", .type = 'u', .min = 0, .max = 3 },
  { NULL }
};

static const FlooBusBound bounds[] = {
  { .arg = "user_ids", .min = 1, .max = G_MAXINT64, .max_n = FLOO_MAX_IDS },
  { .arg = "inviter_id", .min = 1, .max = G_MAXINT64 },
  { .arg = "applicant_id", .min = 1, .max = G_MAXINT64 },
  { .arg = "new_owner", .min = 1, .max = G_MAXINT64 },
  { .arg = "announcement_id", .min = 1, .max = G_MAXINT64 },
  { .arg = "file_id", .min = 1, .max = G_MAXINT64 },
  { .arg = "file_ids", .min = 1, .max = G_MAXINT64, .max_n = FLOO_MAX_IDS },
  { .arg = "minutes", .min = -1, .max = G_MAXINT32 },
  { .arg = "limit", .min = 1, .max = FLOO_MAX_LIMIT },
  { .arg = "group_id", .min = 1, .max = G_MAXINT64 },
  { .arg = "group_ids", .min = 1, .max = G_MAXINT64, .max_n = FLOO_MAX_IDS },
  { NULL }
};

static void
handle_list_joined (const FlooBusCall *call)
{
  gboolean refresh;

  g_variant_get (call->args, "(b)", &refresh);
  floo_session_groups_list_joined (call->session, refresh, floo_bus_reply, call->invocation);
}

static void
handle_get_brief (const FlooBusCall *call)
{
  g_autoptr (GVariant) ids = g_variant_get_child_value (call->args, 0);
  const gint64 *array;
  gsize n;

  array = g_variant_get_fixed_array (ids, &n, sizeof *array);
  floo_session_groups_get_brief (call->session, array, (guint) n, floo_bus_reply, call->invocation);
}

static void
handle_get_info (const FlooBusCall *call)
{
  gint64 id;
  gboolean refresh;

  g_variant_get (call->args, "(xb)", &id, &refresh);
  floo_session_groups_get_info (call->session, id, refresh, floo_bus_reply, call->invocation);
}

static const FlooBusMethod methods[] = {
  { "ListJoined", handle_list_joined },
  { "GetBrief", handle_get_brief },
  { "GetInfo", handle_get_info },
  { "Create", NULL, create_options },
};

const FlooBusTable floo_bus_groups = {
  .info = &im_floo_daemon1_groups_interface,
  .version = 1,
  .methods = methods,
  .n_methods = G_N_ELEMENTS (methods),
  .bounds = bounds,
};
