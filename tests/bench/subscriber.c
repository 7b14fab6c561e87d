/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An application that receives all events: it counts messages until it has --count of them, then prints as JSON when the first and the last
 * arrived. It counts on GDBus's own thread, so that it is as quick as a GDBus client can be. With --latency it prints for each message how
 * long ago it was made: its content is that time.
 */
#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS "im.floo.Daemon1.Events"
#define CONTENT_INDEX 5 /* in a message */

static char *opt_address;
static int opt_count;
static char *opt_record;
static gboolean opt_latency;

static const GOptionEntry entries[] = {
  { "address", 0, 0, G_OPTION_ARG_STRING, &opt_address, "Address of the bus", "ADDRESS" },
  { "count", 0, 0, G_OPTION_ARG_INT, &opt_count, "Messages to wait for", "N" },
  { "record", 0, 0, G_OPTION_ARG_FILENAME, &opt_record, "Write the signals to this file, for the emitter", "FILE" },
  { "latency", 0, 0, G_OPTION_ARG_NONE, &opt_latency, "Print the age of each message, in us, on a line as it comes", NULL },
  { NULL }
};

/* Only the worker thread of GDBus uses it until the loop quits. */
typedef struct {
  GMainLoop *loop;
  gint64 first, last;         /* us, monotonic */
  guint first_messages;       /* in the first signal */
  guint messages, signals;
  gint64 last_id;
  guint disorder;
  GVariantBuilder *record;    /* (nullable): (name, arguments) */
} Counter;

static gboolean
quit (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static void
print_age (GVariant *message)
{
  gint64 now = g_get_monotonic_time ();
  const char *content;

  g_variant_get_child (message, CONTENT_INDEX, "&s", &content);
  g_print ("%" G_GINT64_FORMAT "\n", now - g_ascii_strtoll (content, NULL, 10));
}

static void
count_messages (Counter *self, GVariant *messages)
{
  gsize n = g_variant_n_children (messages);

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) message = g_variant_get_child_value (messages, i);
      gint64 id;

      g_variant_get_child (message, 0, "x", &id);
      if (opt_latency)
        print_age (message);
      self->disorder += id <= self->last_id;
      self->last_id = id;
    }
  self->last = g_get_monotonic_time ();
  if (self->signals++ == 0)
    {
      self->first = self->last;
      self->first_messages = n;
    }
  self->messages += n;
  if (self->messages >= (guint) opt_count)
    g_idle_add (quit, self->loop);
}

static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  Counter *self = user_data;
  GVariant *body = g_dbus_message_get_body (message);

  if (!incoming || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_SIGNAL
      || g_strcmp0 (g_dbus_message_get_interface (message), EVENTS) != 0 || body == NULL || self->messages >= (guint) opt_count)
    return message;
  if (self->record != NULL)
    g_variant_builder_add (self->record, "(sv)", g_dbus_message_get_member (message), body);
  if (strcmp (g_dbus_message_get_member (message), "RosterMessages") == 0)
    {
      g_autoptr (GVariant) messages = g_variant_get_child_value (body, 1);

      count_messages (self, messages);
    }
  g_object_unref (message);
  return NULL;
}

static gboolean
save_record (Counter *self, GError **error)
{
  g_autoptr (GVariant) records = g_variant_ref_sink (g_variant_builder_end (self->record));

  return g_file_set_contents (opt_record, g_variant_get_data (records), (gssize) g_variant_get_size (records), error);
}

static gboolean
run (GError **error)
{
  g_autoptr (GDBusConnection) connection = g_dbus_connection_new_for_address_sync (
      opt_address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, error);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  GVariantBuilder records = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(sv)"));
  Counter counter = { loop };
  g_autoptr (GVariant) reply = NULL;

  if (connection == NULL)
    return FALSE;
  counter.record = opt_record != NULL ? &records : NULL;
  g_dbus_connection_add_filter (connection, on_message, &counter, NULL);
  reply = g_dbus_connection_call_sync (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch",
                                       g_variant_new ("(s)", "type='signal',interface='" EVENTS "'"), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                                       NULL, error);
  if (reply == NULL)
    return FALSE;
  g_print ("ready\n");
  g_main_loop_run (loop);
  g_print ("{\"first_us\": %" G_GINT64_FORMAT ", \"last_us\": %" G_GINT64_FORMAT ", \"first_messages\": %u, \"messages\": %u, "
           "\"signals\": %u, \"disorder\": %u}\n",
           counter.first, counter.last, counter.first_messages, counter.messages, counter.signals, counter.disorder);
  if (counter.record != NULL)
    return save_record (&counter, error);
  g_variant_builder_clear (&records);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, &argc, &argv, &error) && opt_address != NULL && opt_count > 0 && run (&error))
    return EXIT_SUCCESS;
  g_printerr ("subscriber: %s\n", error != NULL ? error->message : "--address and --count are needed");
  return EXIT_FAILURE;
}
