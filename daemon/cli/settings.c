/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings.c: `flooim profile set`, `settings set`, `groups set`: a key and its value. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/interfaces.h"
#include "cli/names.h"
#include "cli/text.h"

/* A key, the method that sets it, and the type of its value. A method that takes an a{sv} gets the key in it. */
typedef struct
{
  const char *key;
  const char *method;
  const char *type;
} Setting;

static const Setting profile[] = {
  { "nick_name", "Account.UpdateProfile", "s" },   { "description", "Account.UpdateProfile", "s" },
  { "public_info", "Account.UpdateProfile", "s" }, { "private_info", "Account.UpdateProfile", "s" },
  { "mobile", "Account.SetMobile", "s" },          { NULL },
};

static const Setting settings[] = {
  { "auth_mode", "Account.UpdateSettings", "i" },        { "auth_question", "Account.UpdateSettings", "s" },
  { "auth_answer", "Account.UpdateSettings", "s" },      { "group_confirm", "Account.UpdateSettings", "b" },
  { "auto_download", "Account.UpdateSettings", "b" },    { "no_push", "Account.UpdateSettings", "b" },
  { "no_push_detail", "Account.UpdateSettings", "b" },   { "no_push_start_hour", "Account.UpdateSettings", "i" },
  { "no_push_end_hour", "Account.UpdateSettings", "i" }, { "no_sounds", "Account.UpdateSettings", "b" },
  { "vibratory", "Account.UpdateSettings", "b" },        { "silence_start_time", "Account.UpdateSettings", "i" },
  { "silence_end_time", "Account.UpdateSettings", "i" }, { "push_nick_name", "Account.UpdateSettings", "s" },
  { "push_token", "Account.UpdateSettings", "s" },       { NULL },
};

static const Setting group[] = {
  { "name", "Groups.SetName", "s" },
  { "description", "Groups.SetDescription", "s" },
  { "ext", "Groups.SetExt", "s" },
  { "display_name", "Groups.SetDisplayName", "s" },
  { "mute_mode", "Groups.SetMuteMode", "i" },
  { "push_mode", "Groups.SetPushMode", "i" },
  { "member_invite", "Groups.SetMemberInvite", "b" },
  { "member_modify", "Groups.SetMemberModify", "b" },
  { "read_ack", "Groups.SetReadAck", "b" },
  { "history_visible", "Groups.SetHistoryVisible", "b" },
  { "hide_member_info", "Groups.SetHideMemberInfo", "b" },
  { "join_approval", "Groups.SetJoinApproval", "i" },
  { NULL },
};

static const Setting *
find_setting (const Setting *table, const char *key, GError **error)
{
  g_autoptr (GString) keys = g_string_new (NULL);

  for (const Setting *one = table; one->key != NULL; one++)
    {
      if (strcmp (one->key, key) == 0)
        return one;
      g_string_append_printf (keys, "%s%s", keys->len > 0 ? ", " : "", one->key);
    }
  g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "there is no key %s; the keys are %s", key, keys->str);
  return NULL;
}

/* Returns: (transfer floating) (nullable) */
static GVariant *
parse_value (const Setting *setting, const char *text, GError **error)
{
  static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };
  gint64 number;

  if (*setting->type == 's')
    return g_variant_new_string (text);
  if (*setting->type == 'i')
    return floo_cli_parse_number (setting->key, text, 0, G_MAXINT32, &number, error) ? g_variant_new_int32 ((gint32) number) : NULL;
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strcmp (words[i], text) == 0)
      return g_variant_new_boolean (i % 2 == 1);
  g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "%s must be yes or no, not %s", setting->key, text);
  return NULL;
}

/* @target: (nullable): the group that it is about. The key is the argument @at, its value what follows. */
static int
set (FlooCli *cli, const Setting *table, const FlooTarget *target, guint at)
{
  g_autoptr (GError) error = NULL;
  const Setting *setting = find_setting (table, floo_cli_arg (cli, at), &error);
  const GDBusMethodInfo *info = setting != NULL ? floo_find_method (setting->method, NULL) : NULL;
  g_autofree char *text = setting != NULL ? floo_cli_dup_text (cli, at + 1, &error) : NULL;
  GVariant *value = text != NULL ? parse_value (setting, text, &error) : NULL;
  g_autoptr (GVariant) reply = NULL;

  if (value == NULL)
    return floo_cli_fail (cli, error);
  if (strcmp (info->in_args[floo_n_args (info->in_args) - 1]->signature, "a{sv}") == 0)
    {
      GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

      g_variant_builder_add (&builder, "{sv}", setting->key, value);
      value = g_variant_builder_end (&builder);
    }
  reply = floo_cli_call (cli, setting->method,
                         target != NULL ? g_variant_new ("(x@*)", target->id, value) : g_variant_new_tuple (&value, 1), &error);
  return reply != NULL ? 0 : floo_cli_fail (cli, error);
}

int
floo_cli_run_profile_set (FlooCli *cli)
{
  return set (cli, profile, NULL, 0);
}

int
floo_cli_run_settings_set (FlooCli *cli)
{
  return set (cli, settings, NULL, 0);
}

int
floo_cli_run_group_set (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;
  FlooTarget target;

  if (!floo_names_resolve (cli, floo_cli_arg (cli, 0), FLOO_NAMES_GROUPS, &target, &error))
    return floo_cli_fail (cli, error);
  return set (cli, group, &target, 1);
}

/* ---- finding users ---- */

int
floo_cli_run_contacts_find (FlooCli *cli)
{
  const char *text = floo_cli_arg (cli, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) item = NULL;
  gint64 id;

  if (floo_cli_option (cli, "mobile") != NULL)
    reply = floo_cli_call (cli, "Roster.FindByMobile", g_variant_new ("(s)", text), &error);
  else if (g_ascii_string_to_signed (text, 10, 1, G_MAXINT64, &id, NULL))
    reply = floo_cli_call (cli, "Roster.FindById", g_variant_new ("(x)", id), &error);
  else
    reply = floo_cli_call (cli, "Roster.FindByName", g_variant_new ("(s)", text), &error);
  if (reply == NULL)
    return floo_cli_fail (cli, error);
  item = g_variant_get_child_value (reply, 0);
  floo_text_record (cli, item);
  return 0;
}
