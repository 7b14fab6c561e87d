/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session.h"

/* The window of the application; its actions are added to the application, which exports them on the bus. */
GtkWindow *window_new (GtkApplication *app, Session *session);
/* Row makers (rows.c). */
GtkListItemFactory *conversation_rows_new (void);
GtkWidget *message_row_new (gpointer item, gpointer session);
