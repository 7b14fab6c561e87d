/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.c: im.floo.Daemon1.Files */
#include "bus/interface.h"
#include "dbus-info.h"

static const char *const formats[] = { "mp3", NULL };

static const FlooOption download_options[] = {
  { .key = "thumbnail", .type = 'b' },
  { .key = "width", .type = 'u', .min = 1, .max = 4096 },
  { .key = "height", .type = 'u', .min = 1, .max = 4096 },
  { .key = "format", .type = 's', .choices = formats },
  { NULL }
};

static const FlooBusBound bounds[] = {
  { .arg = "to", .min = 1, .max = G_MAXINT64 },
  { .arg = "message", .min = 1, .max = G_MAXINT64 },
  { .arg = "id", .min = 1, .max = G_MAXINT64 },
  { .arg = "conversations", .min = 0, .max = G_MAXINT64, .max_n = 1000 },
  { NULL }
};

static void
handle_upload (const FlooBusCall *call)
{
  const char *to_type, *type, *name;
  gint64 to;
  int fd = floo_bus_call_take_fd (call, 3);

  if (fd < 0)
    return;
  g_variant_get (call->args, "(&sx&sh&s)", &to_type, &to, &type, NULL, &name);
  floo_session_upload (call->session, to_type, to, type, fd, name, floo_bus_reply, call->invocation);
}

static void
handle_download (const FlooBusCall *call)
{
  const FlooFileForm form = {
    .thumbnail = floo_options_get_boolean (call->options, "thumbnail"),
    .width = (guint) floo_options_get_number (call->options, "width"),
    .height = (guint) floo_options_get_number (call->options, "height"),
    .format = floo_options_get_string (call->options, "format"),
  };
  gint64 message;

  g_variant_get (call->args, "(x@a{sv})", &message, NULL);
  floo_session_download (call->session, message, &form, floo_bus_reply, call->invocation);
}

static void
handle_get_avatar (const FlooBusCall *call)
{
  const char *to_type;
  gint64 id;
  gboolean thumbnail;

  g_variant_get (call->args, "(&sxb)", &to_type, &id, &thumbnail);
  floo_session_get_avatar (call->session, to_type, id, thumbnail, floo_bus_reply, call->invocation);
}

static void
handle_get_cache_usage (const FlooBusCall *call)
{
  floo_session_get_cache_usage (call->session, floo_bus_reply, call->invocation);
}

static void
handle_clear_cache (const FlooBusCall *call)
{
  g_autoptr (GVariant) array = NULL;
  const gint64 *conversations;
  gsize n;

  g_variant_get (call->args, "(@ax)", &array);
  conversations = g_variant_get_fixed_array (array, &n, sizeof *conversations);
  floo_session_clear_cache (call->session, conversations, (guint) n, floo_bus_reply, call->invocation);
}

static void
handle_list_transfers (const FlooBusCall *call)
{
  floo_session_list_transfers (call->session, floo_bus_reply, call->invocation);
}

static const FlooBusMethod methods[] = {
  { "Upload", handle_upload },
  { "Download", handle_download, download_options },
  { "GetAvatar", handle_get_avatar },
  { "GetCacheUsage", handle_get_cache_usage },
  { "ClearCache", handle_clear_cache },
  { "ListTransfers", handle_list_transfers },
};

const FlooBusTable floo_bus_files = {
  .info = &im_floo_daemon1_files_interface,
  .version = 1,
  .methods = methods,
  .n_methods = G_N_ELEMENTS (methods),
  .bounds = bounds,
};
