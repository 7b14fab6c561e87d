/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The measure for the daemon: a program that does nothing but emit the signals that a subscriber has recorded from it, by GDBus,
 * as quickly as it can. It begins at a line on its standard input and says in JSON what it took.
 */
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define FLUSH_EVERY 64 /* signals: GDBus queues without bound */

static char *opt_address;
static char *opt_record;

static const GOptionEntry entries[] = {
  { "address", 0, 0, G_OPTION_ARG_STRING, &opt_address, "Address of the bus", "ADDRESS" },
  { "record", 0, 0, G_OPTION_ARG_FILENAME, &opt_record, "The signals", "FILE" },
  { NULL }
};

static gint64
cpu_time (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_USEC_PER_SEC + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static gboolean
emit_all (GDBusConnection *connection, GVariant *records, GError **error)
{
  gsize n = g_variant_n_children (records);

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) body = NULL;
      const char *name;

      g_variant_get_child (records, i, "(&sv)", &name, &body);
      if (!g_dbus_connection_emit_signal (connection, NULL, "/im/floo/Daemon1", "im.floo.Daemon1.Events", name, body, error)
          || (i % FLUSH_EVERY == 0 && !g_dbus_connection_flush_sync (connection, NULL, error)))
        return FALSE;
    }
  return g_dbus_connection_flush_sync (connection, NULL, error);
}

static gboolean
run (GError **error)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (opt_record, FALSE, error);
  g_autoptr (GBytes) bytes = file != NULL ? g_mapped_file_get_bytes (file) : NULL;
  g_autoptr (GVariant) records = NULL;
  g_autoptr (GDBusConnection) connection = NULL;
  gint64 began, cpu;

  if (bytes == NULL)
    return FALSE;
  records = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE ("a(sv)"), bytes, TRUE));
  connection = g_dbus_connection_new_for_address_sync (
      opt_address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, error);
  if (connection == NULL)
    return FALSE;
  g_print ("ready\n");
  (void) getchar ();
  began = g_get_monotonic_time ();
  cpu = cpu_time ();
  if (!emit_all (connection, records, error))
    return FALSE;
  g_print ("{\"signals\": %" G_GSIZE_FORMAT ", \"wall_us\": %" G_GINT64_FORMAT ", \"cpu_us\": %" G_GINT64_FORMAT "}\n",
           g_variant_n_children (records), g_get_monotonic_time () - began, cpu_time () - cpu);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, &argc, &argv, &error) && opt_address != NULL && opt_record != NULL && run (&error))
    return EXIT_SUCCESS;
  g_printerr ("emitter: %s\n", error != NULL ? error->message : "--address and --record are needed");
  return EXIT_FAILURE;
}
