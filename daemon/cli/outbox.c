/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outbox.c: `flooim outbox` and `transfers`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "cli/commands.h"
#include "cli/text.h"

/* Calls @method for each id, whether or not others fail. */
static int
for_each_id (FlooCli *cli, const char *method)
{
  int worst = 0;

  for (guint i = 0; i < cli->args->len; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) reply = NULL;
      gboolean certain = TRUE;
      gint64 id;

      if (floo_cli_parse_number ("the client id", floo_cli_arg (cli, i), 1, G_MAXINT64, &id, &error))
        reply = floo_cli_call (cli, method, g_variant_new ("(x)", id), &error);
      if (reply == NULL)
        {
          int status = floo_cli_fail (cli, error);

          worst = MAX (worst, status);
        }
      else if (g_variant_n_children (reply) == 1)
        g_variant_get (reply, "(b)", &certain);
      if (!certain)
        {
          g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT " was under way: it may have been sent", id);

          worst = MAX (worst, floo_cli_fail_named (cli, "Uncertain", text));
        }
    }
  return worst;
}

int
floo_cli_run_outbox_cancel (FlooCli *cli)
{
  return for_each_id (cli, "Conversations.CancelSend");
}

int
floo_cli_run_outbox_resend (FlooCli *cli)
{
  return for_each_id (cli, "Conversations.Resend");
}

/* ---- transfers ---- */

static const FlooColumn transfer_columns[] = {
  { "NUMBER", "number", FLOO_COLUMN_PLAIN }, { "KIND", "Kind", FLOO_COLUMN_PLAIN },
  { "STATUS", "Status", FLOO_COLUMN_PLAIN }, { "DONE", "Transferred", FLOO_COLUMN_SIZE },
  { "OF", "Total", FLOO_COLUMN_SIZE },       { "MESSAGE", "Message", FLOO_COLUMN_PLAIN },
  { "NAME", "Name", FLOO_COLUMN_PLAIN },     { NULL },
};

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  guint64 one = g_ascii_strtoull (strrchr (*(const char *const *) a, '/') + 1, NULL, 10);
  guint64 other = g_ascii_strtoull (strrchr (*(const char *const *) b, '/') + 1, NULL, 10);

  return one < other ? -1 : one > other;
}

/* Returns: (transfer full) (nullable): the properties of a transfer with its number; NULL: it has just ended */
static GVariant *
get_transfer (FlooCli *cli, const char *path)
{
  g_autoptr (GVariant) properties = floo_cli_get_properties (cli, path, FLOO_IFACE_TRANSFER, NULL);
  GVariantDict dict;

  if (properties == NULL)
    return NULL;
  g_variant_dict_init (&dict, properties);
  g_variant_dict_insert (&dict, "number", "t", g_ascii_strtoull (strrchr (path, '/') + 1, NULL, 10));
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

int
floo_cli_run_transfers (FlooCli *cli)
{
  GVariantBuilder records = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = floo_cli_call (cli, "Files.ListTransfers", NULL, &error);
  g_autoptr (GVariant) list = reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
  g_autofree const char **paths = NULL;
  g_autoptr (GVariant) all = NULL;
  gsize n = 0;

  if (list != NULL)
    paths = g_variant_get_objv (list, &n);
  if (paths != NULL)
    qsort (paths, n, sizeof *paths, compare_paths);
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) record = get_transfer (cli, paths[i]);

      if (record != NULL)
        g_variant_builder_add_value (&records, record);
    }
  all = g_variant_ref_sink (g_variant_builder_end (&records));
  if (error != NULL)
    return floo_cli_fail (cli, error);
  floo_text_records (cli, transfer_columns, all);
  return 0;
}

int
floo_cli_run_transfers_cancel (FlooCli *cli)
{
  int worst = 0;

  for (guint i = 0; i < cli->args->len; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) reply = NULL;
      g_autofree char *path = NULL;
      gint64 number;

      if (floo_cli_parse_number ("the number of a transfer", floo_cli_arg (cli, i), 0, G_MAXINT64, &number, &error))
        {
          path = g_strdup_printf (FLOO_TRANSFERS_PATH "/%" G_GINT64_FORMAT, number);
          reply = floo_cli_call_full (cli, path, "Transfer.Cancel", NULL, NULL, NULL, &error);
        }
      if (reply == NULL && g_dbus_error_is_remote_error (error))
        {
          /* D-Bus's own error for an object that is gone. */
          g_autofree char *name = g_dbus_error_get_remote_error (error);

          if (strcmp (name, "org.freedesktop.DBus.Error.UnknownMethod") == 0)
            {
              g_clear_error (&error);
              g_set_error (&error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "there is no transfer %s", floo_cli_arg (cli, i));
            }
        }
      if (reply == NULL)
        {
          int status = floo_cli_fail (cli, error);

          worst = MAX (worst, status);
        }
    }
  return worst;
}
