/* SPDX-License-Identifier: GPL-3.0-or-later */
/* events.c: im.floo.Daemon1.Events; its signals are emitted by bus.c */
#include "base/names.h"
#include "bus/interface.h"
#include "dbus-info.h"

static const FlooBusBound bounds[] = {
  { .arg = "limit", .min = 0, .max = FLOO_REPLAY_EVENTS },
  { NULL }
};

static void
handle_get_position (const FlooBusCall *call)
{
  floo_session_get_position (call->session, floo_bus_reply, call->invocation);
}

static void
handle_replay (const FlooBusCall *call)
{
  const char *journal;
  guint64 since;
  guint limit;

  g_variant_get (call->args, "(&stu)", &journal, &since, &limit);
  floo_session_replay (call->session, journal, since, limit, floo_bus_reply, call->invocation);
}

static const FlooBusMethod methods[] = {
  { "GetPosition", handle_get_position },
  { "Replay", handle_replay },
};

const FlooBusTable floo_bus_events = {
  .info = &im_floo_daemon1_events_interface,
  .version = 1,
  .methods = methods,
  .n_methods = G_N_ELEMENTS (methods),
  .bounds = bounds,
};
