/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gtk-chat: a chat window with GTK 4 for the account of flooimd.
 *
 * Besides by hand it can be driven by its actions, which GApplication exports on the bus (org.gtk.Actions at /im/floo/GtkChat of the name
 * im.floo.GtkChat); the state of the action "view" tells what is shown:
 *
 *   gapplication action im.floo.GtkChat send '"Hello"'
 */
#include "window.h"

static void
on_activate (GtkApplication *app, gpointer user_data)
{
  GtkWindow *window = gtk_application_get_active_window (app);

  if (window == NULL)
    {
      g_autoptr (Session) session = session_new ();

      window = window_new (app, session);
    }
  gtk_window_present (window);
}

int
main (int argc, char **argv)
{
  g_autoptr (GtkApplication) app = gtk_application_new ("im.floo.GtkChat", G_APPLICATION_DEFAULT_FLAGS);

  g_signal_connect (app, "activate", G_CALLBACK (on_activate), NULL);
  return g_application_run (G_APPLICATION (app), argc, argv);
}
