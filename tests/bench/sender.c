/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An application that sends --count texts, one after the other, and measures each: until SendText returns (the message is on the disk), and
 * until the service has acknowledged it. It prints both as sorted lists of microseconds in JSON.
 */
#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "im.floo.Daemon1"
#define PATH "/im/floo/Daemon1"

static char *opt_address;
static int opt_count = 100;
static gint64 opt_to;

static const GOptionEntry entries[] = {
  { "address", 0, 0, G_OPTION_ARG_STRING, &opt_address, "Address of the bus", "ADDRESS" },
  { "count", 0, 0, G_OPTION_ARG_INT, &opt_count, "Messages to send", "N" },
  { "to", 0, 0, G_OPTION_ARG_INT64, &opt_to, "The user to send them to", "ID" },
  { NULL }
};

typedef struct {
  GMainLoop *loop;
  GDBusConnection *connection;
  gint64 began;
  gint64 client_id;           /* 0: the call has not returned */
  GArray *returned, *sent;    /* gint64, us */
  GError *error;
} Sender;

static void send_one (Sender *self);

static void
on_returned (GObject *connection, GAsyncResult *result, gpointer user_data)
{
  Sender *self = user_data;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (connection), result, &self->error);
  gint64 took = g_get_monotonic_time () - self->began;

  if (reply == NULL)
    {
      g_main_loop_quit (self->loop);
      return;
    }
  g_variant_get (reply, "(x)", &self->client_id);
  g_array_append_val (self->returned, took);
}

static void
on_status (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
           GVariant *arguments, gpointer user_data)
{
  Sender *self = user_data;
  gint64 client_id, took;
  const char *status;

  g_variant_get (arguments, "(tx&s@a{sv})", NULL, &client_id, &status, NULL);
  if (client_id != self->client_id || strcmp (status, "sent") != 0)
    return;
  took = g_get_monotonic_time () - self->began;
  g_array_append_val (self->sent, took);
  if (self->sent->len < (guint) opt_count)
    send_one (self);
  else
    g_main_loop_quit (self->loop);
}

static void
send_one (Sender *self)
{
  self->client_id = 0;
  self->began = g_get_monotonic_time ();
  g_dbus_connection_call (self->connection, NAME, PATH, NAME ".Conversations", "SendText",
                          g_variant_new ("(sxs)", "roster", opt_to, "How long does it take?"), G_VARIANT_TYPE ("(x)"),
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_returned, self);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

static void
print_sorted (const char *name, GArray *times, const char *after)
{
  g_array_sort (times, compare);
  g_print ("\"%s\": [", name);
  for (guint i = 0; i < times->len; i++)
    g_print ("%s%" G_GINT64_FORMAT, i > 0 ? ", " : "", g_array_index (times, gint64, i));
  g_print ("]%s", after);
}

static gboolean
run (GError **error)
{
  g_autoptr (GDBusConnection) connection = g_dbus_connection_new_for_address_sync (
      opt_address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, error);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GArray) returned = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) sent = g_array_new (FALSE, FALSE, sizeof (gint64));
  Sender self = { loop, connection, .returned = returned, .sent = sent };

  if (connection == NULL)
    return FALSE;
  g_dbus_connection_signal_subscribe (connection, NAME, NAME ".Events", "SendingMessageStatusChanged", PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                      on_status, &self, NULL);
  send_one (&self);
  g_main_loop_run (loop);
  if (self.error != NULL)
    {
      g_propagate_error (error, self.error);
      return FALSE;
    }
  g_print ("{");
  print_sorted ("returned_us", returned, ", ");
  print_sorted ("sent_us", sent, "}\n");
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, &argc, &argv, &error) && opt_address != NULL && opt_count > 0 && opt_to > 0 && run (&error))
    return EXIT_SUCCESS;
  g_printerr ("sender: %s\n", error != NULL ? error->message : "--address and --to are needed");
  return EXIT_FAILURE;
}
