/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session.h"

/* The window of the application; its actions are added to the application, which exports them on the bus. */
GtkWindow *window_new (GtkApplication *app, Session *session);
/* rows.c */
GtkListItemFactory *rows_new (Session *session, gboolean of_messages);
/* What to show as the name of a conversation. Returns: (transfer full) */
char *conversation_name (GVariant *fields);
