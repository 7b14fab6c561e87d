/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * desk.h: notifications on the desktop, through org.freedesktop.Notifications or the portal of a sandbox.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct FlooDesk FlooDesk;

typedef struct
{
  /* Notifications can be shown: at the start, and whenever a server starts. */
  void (*ready) (gpointer user_data);
  /* All calls are answered: what is shown is known. */
  void (*idle) (gpointer user_data);
  /* It could not be shown. */
  void (*failed) (const char *key, gpointer user_data);
  /* It is gone: dismissed, expired, or acted on. */
  void (*closed) (const char *key, gpointer user_data);
  /* The user chose to mark as read (@reply is NULL), or replied. */
  void (*chosen) (const char *key, const char *reply, gpointer user_data);
} FlooDeskFuncs;

/* @app_name: what servers show as the application; @portal: use the portal */
FlooDesk *floo_desk_new (GDBusConnection *connection, const char *app_name, gboolean portal, const FlooDeskFuncs *funcs,
                         gpointer user_data);
void floo_desk_free (FlooDesk *desk);

/**
 * floo_desk_show:
 * @key: of the notification: what has this key already is replaced
 * @can_reply: offer a reply, where the server has a field for it
 * @silent: without a sound
 */
void floo_desk_show (FlooDesk *desk, const char *key, const char *title, const char *body, gboolean can_reply, gboolean silent);
void floo_desk_withdraw (FlooDesk *desk, const char *key);
gboolean floo_desk_is_idle (FlooDesk *desk);

/* What is shown, for the next start. */
void floo_desk_save (FlooDesk *desk, GKeyFile *file);
/* FALSE: that was another server, whose notifications are gone. */
gboolean floo_desk_load (FlooDesk *desk, GKeyFile *file);

G_END_DECLS
