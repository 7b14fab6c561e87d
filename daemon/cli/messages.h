/* SPDX-License-Identifier: GPL-3.0-or-later */
/* messages.h: printing messages. */
#pragma once

#include "cli/cli.h"

G_BEGIN_DECLS

/* Prints messages, an array of them, each with its conversation where @where is true: with --json an object each; on a terminal "TIME NAME:
 * text"; else a plain line each. */
void floo_messages_print (FlooCli *cli, GVariant *messages, gboolean where);
/* One of them as a line for people. @where: whether the conversation is named. (transfer full) */
char *floo_messages_dup_line (FlooCli *cli, GVariant *message, gboolean where);
/* Gets the names that printing @messages needs. */
void floo_messages_fetch_names (FlooCli *cli, GVariant *messages, gboolean where);

G_END_DECLS
