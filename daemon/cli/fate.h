/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fate.h: sending, and waiting for the result.
 */
#pragma once

#include "cli/cli.h"

G_BEGIN_DECLS

/* How long --wait without a number waits. */
#define FLOO_CLI_WAIT_SECONDS 60

/**
 * floo_cli_send:
 * @method: one whose reply begins with client_id
 * @args: (transfer floating): its arguments
 * @fds: (nullable): descriptors among them
 *
 * @seconds: how long to wait for its result, and without progress for a file; -1: not at all
 *
 * Calls the method and prints the client id; where it waits it prints the message's id instead when it is sent. Returns: the exit status
 */
int floo_cli_send (FlooCli *cli, const char *method, GVariant *args, GUnixFDList *fds, gint64 seconds);

/* The same with a method whose reply is the client_ids of several messages: prints each on a line. */
int floo_cli_send_many (FlooCli *cli, const char *method, GVariant *args, gint64 seconds);

/* What --wait says: -1 where it is not given. */
gboolean floo_cli_wait_option (FlooCli *cli, gint64 *seconds, GError **error);

G_END_DECLS
