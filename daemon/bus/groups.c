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

static const FlooOption exit_options[] = {
  { .key = "keep_history", .type = 'b' },
  { NULL }
};

static const char *const file_types[] = { "file", "image", "audio", "video", NULL };

static const FlooOption share_file_options[] = {
  { .key = "type", .type = 's', .choices = file_types },
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

static void
handle_share_file (const FlooBusCall *call)
{
  const char *name;
  gint64 group;
  int fd = floo_bus_call_take_fd (call, 1);

  if (fd < 0)
    return;
  g_variant_get (call->args, "(xh&s@a{sv})", &group, NULL, &name, NULL);
  floo_session_groups_share_file (call->session, group, fd, name, floo_options_get_string (call->options, "type"), floo_bus_reply,
                                  call->invocation);
}

static void
handle_download_file (const FlooBusCall *call)
{
  gint64 group, file;

  g_variant_get (call->args, "(xx)", &group, &file);
  floo_session_groups_download_file (call->session, group, file, floo_bus_reply, call->invocation);
}

static void
handle_set_avatar (const FlooBusCall *call)
{
  const char *name;
  gint64 group;
  int fd = floo_bus_call_take_fd (call, 1);

  if (fd < 0)
    return;
  g_variant_get (call->args, "(xh&s)", &group, NULL, &name);
  floo_session_groups_set_avatar (call->session, group, fd, name, floo_bus_reply, call->invocation);
}

static void
handle_get_qr_code (const FlooBusCall *call)
{
  gint64 id;

  g_variant_get (call->args, "(x)", &id);
  floo_session_groups_get_qr_code (call->session, id, floo_bus_reply, call->invocation);
}

static void
handle_join_by_qr_code (const FlooBusCall *call)
{
  const char *text;

  g_variant_get (call->args, "(&s)", &text);
  floo_session_groups_join_by_qr_code (call->session, text, floo_bus_reply, call->invocation);
}

static const FlooBusMethod methods[] = {
  { "GetQrCode", handle_get_qr_code },
  { "JoinByQrCode", handle_join_by_qr_code },
  { "ListJoined", handle_list_joined },
  { "GetBrief", handle_get_brief },
  { "GetInfo", handle_get_info },
  { "Create", NULL, create_options },
  { "Destroy", NULL, exit_options },
  { "Leave", NULL, exit_options },
  { "ShareFile", handle_share_file, share_file_options },
  { "DownloadFile", handle_download_file },
  { "SetAvatar", handle_set_avatar },
};

const FlooBusTable floo_bus_groups = {
  .info = &im_floo_daemon1_groups_interface,
  .version = 1,
  .methods = methods,
  .n_methods = G_N_ELEMENTS (methods),
  .bounds = bounds,
};
