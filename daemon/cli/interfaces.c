/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/interfaces.h"

#include <string.h>

#include "base/names.h"
#include "dbus-info.h"

const GDBusInterfaceInfo *const floo_interfaces[] = { &im_floo_daemon1_account_interface,  &im_floo_daemon1_conversations_interface,
                                                      &im_floo_daemon1_events_interface,   &im_floo_daemon1_files_interface,
                                                      &im_floo_daemon1_groups_interface,   &im_floo_daemon1_roster_interface,
                                                      &im_floo_daemon1_transfer_interface, NULL };

static const char *
without_prefix (const char *name)
{
  return g_str_has_prefix (name, FLOO_BUS_NAME ".") ? name + strlen (FLOO_BUS_NAME ".") : name;
}

const GDBusInterfaceInfo *
floo_find_interface (const char *name)
{
  for (guint i = 0; floo_interfaces[i] != NULL; i++)
    if (strcmp (without_prefix (floo_interfaces[i]->name), without_prefix (name)) == 0)
      return floo_interfaces[i];
  return NULL;
}

const GDBusMethodInfo *
floo_find_method (const char *name, const GDBusInterfaceInfo **interface)
{
  const char *dot = strrchr (name, '.');
  g_autofree char *prefix = dot != NULL ? g_strndup (name, (gsize) (dot - name)) : NULL;
  const GDBusInterfaceInfo *found = prefix != NULL ? floo_find_interface (prefix) : NULL;

  if (found == NULL)
    return NULL;
  if (interface != NULL)
    *interface = found;
  return g_dbus_interface_info_lookup_method ((GDBusInterfaceInfo *) found, dot + 1);
}

const GDBusSignalInfo *
floo_find_event (const char *name)
{
  return g_dbus_interface_info_lookup_signal ((GDBusInterfaceInfo *) floo_find_interface ("Events"), name);
}

GVariantType *
floo_args_type (GDBusArgInfo **args)
{
  g_autoptr (GString) type = g_string_new ("(");

  for (guint i = 0; args != NULL && args[i] != NULL; i++)
    g_string_append (type, args[i]->signature);
  g_string_append_c (type, ')');
  return g_variant_type_new (type->str);
}

guint
floo_n_args (GDBusArgInfo **args)
{
  guint n = 0;

  while (args != NULL && args[n] != NULL)
    n++;
  return n;
}
