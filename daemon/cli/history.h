/* SPDX-License-Identifier: GPL-3.0-or-later */
/* history.h: walks through a conversation, oldest first, in bounded memory. */
#pragma once

#include "cli/cli.h"

G_BEGIN_DECLS

typedef struct
{
  gint64 conversation;
  gint64 before;     /* id of a message; 0: from the newest */
  gint64 limit;      /* how many, the newest ones */
  gint64 since;      /* ms */
  gint64 until;      /* ms */
  gboolean local;    /* the service is not asked for what is missing */
  gboolean progress; /* a terminal shows how many were found so far */
} FlooHistory;

/* @messages: some of them, in order. FALSE ends the walk. */
typedef gboolean (*FlooHistoryFunc) (FlooCli *cli, GVariant *messages, gpointer data, GError **error);

gboolean floo_history_walk (FlooCli *cli, const FlooHistory *history, FlooHistoryFunc func, gpointer data, GError **error);

G_END_DECLS
