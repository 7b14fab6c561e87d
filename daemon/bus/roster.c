/* SPDX-License-Identifier: GPL-3.0-or-later */
/* roster.c: im.floo.Daemon1.Roster */
#include "base/names.h"
#include "bus/interface.h"
#include "dbus-info.h"

static const FlooOption apply_options[] = {
  { .key = "alias", .type = 's' },
  { .key = "auth_answer", .type = 's' },
  { NULL }
};

static const FlooBusBound bounds[] = {
  { .arg = "user_id", .min = 1, .max = G_MAXINT64 },
  { .arg = "limit", .min = 1, .max = FLOO_MAX_LIMIT },
  { .arg = "user_ids", .min = 1, .max = G_MAXINT64, .max_n = FLOO_MAX_IDS },
  { NULL }
};

static void
handle_list (const FlooBusCall *call)
{
  gboolean refresh;

  g_variant_get (call->args, "(b)", &refresh);
  floo_session_roster_list (call->session, refresh, floo_bus_reply, call->invocation);
}

static void
handle_get_items (const FlooBusCall *call)
{
  g_autoptr (GVariant) ids = NULL;
  const gint64 *array;
  gboolean refresh;
  gsize n;

  g_variant_get (call->args, "(@axb)", &ids, &refresh);
  array = g_variant_get_fixed_array (ids, &n, sizeof *array);
  floo_session_roster_get_items (call->session, array, (guint) n, refresh, floo_bus_reply, call->invocation);
}

static const FlooBusMethod methods[] = {
  { "List", handle_list },
  { "GetItems", handle_get_items },
  { "Apply", NULL, apply_options },
};

const FlooBusTable floo_bus_roster = {
  .info = &im_floo_daemon1_roster_interface,
  .version = 1,
  .methods = methods,
  .n_methods = G_N_ELEMENTS (methods),
  .bounds = bounds,
};
