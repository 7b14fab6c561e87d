/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * app.h: builds the daemon's parts, connects them, and stops them in order.
 */
#pragma once

#include <glib.h>
#include <sysexits.h>

G_BEGIN_DECLS

/*
 * Exit codes of the program, those of sysexits.h (systemd knows their names, too):
 *   0               ended by SIGTERM, SIGINT or SIGHUP, or a command succeeded
 *   1               a command (flooimd login, ...) failed
 *   EX_USAGE        64: the command line is wrong
 *   EX_UNAVAILABLE  69: there is no session bus, or it went away
 *   EX_OSERR        71: the limit of open files is too low
 *   EX_CANTCREAT    73: the data folder cannot be created or used
 *   EX_IOERR        74: another program cut a file short that was in use
 *   EX_TEMPFAIL     75: another process has the data folder or the bus name
 *   EX_CONFIG       78: the configuration is wrong
 */

/* All (nullable). */
typedef struct {
  const char *instance;
  const char *config;
  const char *data_dir;
  gboolean verbose;       /* log level debug, whatever the configuration says */
} FlooAppOptions;

/* Runs the daemon until a signal ends it. Returns: the exit code. */
int floo_app_run (const FlooAppOptions *options);

G_END_DECLS
