/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify/quiet.h"

#include "base/names.h"

/* The settings are asked for when something is to be told and they are older; a change here or elsewhere is not signalled. */
#define KEEP_US (5 * 60 * G_USEC_PER_SEC)

struct FlooQuiet
{
  GDBusConnection *connection;
  const char *bus_name;
  GCancellable *cancellable;
  GVariant *settings; /* an a{sv} */
  gint64 valid_until; /* monotonic */
  gboolean asking;
  void (*changed) (gpointer user_data);
  gpointer user_data;
};

FlooQuiet *
floo_quiet_new (GDBusConnection *connection, const char *bus_name, void (*changed) (gpointer user_data), gpointer user_data)
{
  FlooQuiet *quiet = g_new0 (FlooQuiet, 1);

  quiet->connection = connection;
  quiet->bus_name = bus_name;
  quiet->changed = changed;
  quiet->user_data = user_data;
  quiet->cancellable = g_cancellable_new ();
  quiet->settings = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
  return quiet;
}

void
floo_quiet_free (FlooQuiet *quiet)
{
  g_cancellable_cancel (quiet->cancellable);
  g_object_unref (quiet->cancellable);
  g_variant_unref (quiet->settings);
  g_free (quiet);
}

void
floo_quiet_expire (FlooQuiet *quiet)
{
  quiet->valid_until = 0;
}

static void
on_settings (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  FlooQuiet *quiet = user_data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  quiet->asking = FALSE;
  quiet->valid_until = g_get_monotonic_time () + KEEP_US;
  if (reply != NULL)
    {
      g_variant_unref (quiet->settings);
      quiet->settings = g_variant_get_child_value (reply, 0);
    }
  else
    g_message ("The user's settings cannot be read; using the last known ones: %s", error->message);
  quiet->changed (quiet->user_data);
}

gboolean
floo_quiet_refresh (FlooQuiet *quiet)
{
  if (!quiet->asking && g_get_monotonic_time () < quiet->valid_until)
    return TRUE;
  if (!quiet->asking)
    g_dbus_connection_call (quiet->connection, quiet->bus_name, FLOO_OBJECT_PATH, FLOO_IFACE_ACCOUNT, "GetSettings", NULL,
                            G_VARIANT_TYPE ("(a{sv})"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, quiet->cancellable, on_settings, quiet);
  quiet->asking = TRUE;
  return FALSE;
}

static gboolean
is_set (FlooQuiet *quiet, const char *name)
{
  gboolean value = FALSE;

  return g_variant_lookup (quiet->settings, name, "b", &value) && value;
}

/* From the beginning of the one hour to the beginning of the other, over midnight where the other is the smaller one; equal: never. */
static gboolean
is_between (FlooQuiet *quiet, const char *start_name, const char *end_name)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  int hour = g_date_time_get_hour (now), start = 0, end = 0;

  g_variant_lookup (quiet->settings, start_name, "i", &start);
  g_variant_lookup (quiet->settings, end_name, "i", &end);
  return start <= end ? hour >= start && hour < end : hour >= start || hour < end;
}

gboolean
floo_quiet_is_quiet (FlooQuiet *quiet)
{
  return is_set (quiet, "no_push") || is_between (quiet, "no_push_start_hour", "no_push_end_hour");
}

gboolean
floo_quiet_is_silent (FlooQuiet *quiet)
{
  return is_set (quiet, "no_sounds") || is_between (quiet, "silence_start_time", "silence_end_time");
}

gboolean
floo_quiet_hides_text (FlooQuiet *quiet)
{
  return is_set (quiet, "no_push_detail");
}
