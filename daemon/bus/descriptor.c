/* SPDX-License-Identifier: GPL-3.0-or-later */
/* descriptor.c: file descriptors in calls and replies. */
#include <unistd.h>

#include <gio/gunixfdlist.h>

#include "base/error.h"
#include "bus/interface.h"

int
floo_bus_call_take_fd (const FlooBusCall *call, guint at)
{
  GUnixFDList *list = g_dbus_message_get_unix_fd_list (g_dbus_method_invocation_get_message (call->invocation));
  g_autoptr (GError) error = NULL;
  gint32 index;
  int fd = -1;

  g_variant_get_child (call->args, at, "h", &index);
  if (list != NULL && index >= 0 && index < g_unix_fd_list_get_length (list))
    fd = g_unix_fd_list_get (list, index, &error);
  if (fd < 0)
    floo_reply_error (floo_bus_reply, call->invocation, FLOO_ERROR_INVALID_ARGUMENTS, "%s is not a file descriptor of this call%s%s",
                      g_dbus_method_invocation_get_method_info (call->invocation)->in_args[at]->name, error != NULL ? ": " : "",
                      error != NULL ? error->message : "");
  return fd;
}

void
floo_bus_reply_fd (int fd, const GError *error, gpointer invocation)
{
  g_autoptr (GUnixFDList) list = NULL;

  if (error != NULL)
    {
      floo_bus_reply (NULL, error, invocation);
      return;
    }
  list = g_unix_fd_list_new_from_array (&fd, 1);
  if (!floo_bus_end_call (invocation))
    return;
  g_dbus_method_invocation_return_value_with_unix_fd_list (invocation, g_variant_new ("(h)", 0), list);
}
