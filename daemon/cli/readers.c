/* SPDX-License-Identifier: GPL-3.0-or-later */
/* readers.c: `flooim readers`: who has read a message. */
#include "cli/commands.h"
#include "cli/names.h"
#include "cli/text.h"

static const FlooColumn columns[] = {
  { "USER", "user_id", FLOO_COLUMN_NAME },
  { "ID", "user_id", FLOO_COLUMN_PLAIN },
  { "STATE", "state", FLOO_COLUMN_PLAIN },
  { NULL },
};

static void
add_users (FlooCli *cli, GVariantBuilder *records, GVariant *users, const char *state)
{
  gsize n;
  const gint64 *ids = g_variant_get_fixed_array (users, &n, sizeof *ids);

  floo_names_fetch (cli, FLOO_NAMES_USERS, ids, n);
  for (gsize i = 0; i < n; i++)
    {
      const char *name = floo_names_lookup (cli, ids[i]);

      g_variant_builder_open (records, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (records, "{sv}", "user_id", g_variant_new_int64 (ids[i]));
      g_variant_builder_add (records, "{sv}", "name", g_variant_new_string (name != NULL ? name : ""));
      g_variant_builder_add (records, "{sv}", "state", g_variant_new_string (state));
      g_variant_builder_close (records);
    }
}

int
floo_cli_run_readers (FlooCli *cli)
{
  static const char *const states[] = { "read", "played", "unread" };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) records = NULL;
  GVariantBuilder builder;
  gint64 message;

  if (floo_cli_parse_number ("the id of a message", floo_cli_arg (cli, 0), 1, G_MAXINT64, &message, &error))
    reply = floo_cli_call (cli, "Conversations.GetReaders", g_variant_new ("(x)", message), &error);
  if (reply == NULL)
    return floo_cli_fail (cli, error);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    {
      g_autoptr (GVariant) users = floo_reply_get ("Conversations.GetReaders", reply, states[i]);

      add_users (cli, &builder, users, states[i]);
    }
  records = g_variant_ref_sink (g_variant_builder_end (&builder));
  floo_text_records (cli, columns, records);
  return 0;
}
