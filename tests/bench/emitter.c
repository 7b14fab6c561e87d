/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reference for the daemon: a program that does nothing but emit the signals that a subscriber has recorded from it, by GDBus,
 * as quickly as it can. It begins at a line on its standard input and prints the times as JSON. With --latency, at each line, it emits the
 * first recorded signal with messages, with one message, whose content is the time.
 */
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define EVENTS "im.floo.Daemon1.Events"
#define FLUSH_EVERY 64 /* signals: GDBus queues without bound */
#define CONTENT_INDEX 5 /* in a message */

static char *opt_address;
static char *opt_record;
static gboolean opt_latency;

static const GOptionEntry entries[] = {
  { "address", 0, 0, G_OPTION_ARG_STRING, &opt_address, "Address of the bus", "ADDRESS" },
  { "record", 0, 0, G_OPTION_ARG_FILENAME, &opt_record, "The signals", "FILE" },
  { "latency", 0, 0, G_OPTION_ARG_NONE, &opt_latency, "Emit one signal at each line, until their end", NULL },
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
      if (!g_dbus_connection_emit_signal (connection, NULL, "/im/floo/Daemon1", EVENTS, name, body, error)
          || (i % FLUSH_EVERY == 0 && !g_dbus_connection_flush_sync (connection, NULL, error)))
        return FALSE;
    }
  return g_dbus_connection_flush_sync (connection, NULL, error);
}

/* The first message of @body, the arguments of RosterMessages, with the present time as its content, in such a signal. */
static GVariant *
stamp (GVariant *body)
{
  g_autoptr (GVariant) messages = g_variant_get_child_value (body, 1);
  g_autoptr (GVariant) message = g_variant_get_child_value (messages, 0);
  g_autofree char *now = g_strdup_printf ("%" G_GINT64_FORMAT, g_get_monotonic_time ());
  GVariantBuilder all, stamped;
  GVariant *one;

  g_variant_builder_init (&stamped, g_variant_get_type (message));
  for (gsize i = 0; i < g_variant_n_children (message); i++)
    {
      g_autoptr (GVariant) member = g_variant_get_child_value (message, i);

      g_variant_builder_add_value (&stamped, i == CONTENT_INDEX ? g_variant_new_string (now) : member);
    }
  one = g_variant_builder_end (&stamped);
  g_variant_builder_init (&all, g_variant_get_type (body));
  for (gsize i = 0; i < g_variant_n_children (body); i++)
    {
      g_autoptr (GVariant) argument = g_variant_get_child_value (body, i);

      g_variant_builder_add_value (&all, i == 1 ? g_variant_new_array (NULL, &one, 1) : argument);
    }
  return g_variant_builder_end (&all);
}

static gboolean
emit_by_lines (GDBusConnection *connection, GVariant *records, GError **error)
{
  g_autoptr (GVariant) body = NULL;

  for (gsize i = 0; body == NULL && i < g_variant_n_children (records); i++)
    {
      const char *name;

      g_variant_get_child (records, i, "(&sv)", &name, &body);
      if (strcmp (name, "RosterMessages") != 0)
        g_clear_pointer (&body, g_variant_unref);
    }
  g_assert (body != NULL);
  while (getchar () != EOF)
    if (!g_dbus_connection_emit_signal (connection, NULL, "/im/floo/Daemon1", EVENTS, "RosterMessages", stamp (body), error))
      return FALSE;
  return TRUE;
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
  if (opt_latency)
    return emit_by_lines (connection, records, error);
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
