/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transfer.h: waiting for transfers.
 */
#pragma once

#include "cli/cli.h"

G_BEGIN_DECLS

/* After this long without progress a command does not wait for a transfer any longer. */
#define FLOO_CLI_STALL_SECONDS 60

/**
 * floo_transfer_wait:
 * @path: the transfer's object
 * @stall_seconds: how long it may make no progress; then it is the error Timeout, and the daemon continues with it
 * @properties: (out): an a{sv}, when it is complete
 *
 * Shows a bar on a terminal meanwhile. FALSE: it failed, or was interrupted.
 */
gboolean floo_transfer_wait (FlooCli *cli, const char *path, guint stall_seconds, GVariant **properties, GError **error);

G_END_DECLS
