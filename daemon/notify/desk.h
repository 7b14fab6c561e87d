/* SPDX-License-Identifier: GPL-3.0-or-later */
/* desk.h: notifications on the desktop, through org.freedesktop.Notifications or the portal of a sandbox. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FLOO_DESK_READ "mark-as-read" /* the button's action */

typedef struct
{
  gboolean is_portal;
  char *app_name;      /* that the server shows with them */
  char **capabilities; /* (nullable): its; NULL: not known */
  GDBusProxy *proxy;
} FlooDesk;

gboolean floo_desk_open (FlooDesk *desk, GError **error);
/* Returns: (transfer full) (nullable): which server it is; another one does not have the notifications */
char *floo_desk_dup_server (FlooDesk *desk);
/* @replaced: (nullable): what it takes the place of. @can_reply: where the server has a field for that. Returns: (transfer full) (nullable): what
 * names the notification; NULL: it failed */
GVariant *floo_desk_show (FlooDesk *desk, GVariant *replaced, const char *title, const char *body, gboolean can_reply, gboolean silent);
void floo_desk_close (FlooDesk *desk, GVariant *note);
/* Calls any method. Returns: (transfer full) (nullable): NULL: it failed, which is logged */
GVariant *floo_desk_call (GDBusProxy *proxy, const char *method, GVariant *args);

G_END_DECLS
