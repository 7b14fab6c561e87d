/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * commands.h: `flooimd COMMAND`: asking the running daemon, which D-Bus starts where it does not run.
 *
 * These are clients like any other; they know nothing of the daemon but its D-Bus API. They do not run a main loop, so they may wait.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Returns: (transfer full): the part of --help that lists the commands */
char *floo_commands_dup_summary (void);

/**
 * floo_command_run:
 * @argv: the command's name and its arguments
 * @instance: (nullable): the daemon's instance, if named before the command
 *
 * Returns: the exit code
 */
int floo_command_run (int argc, char **argv, const char *instance);

/* One run of a command. */
typedef struct {
  const char *name;
  char *instance;               /* (nullable) */
  GDBusConnection *connection;
  char *bus_name;
} FlooCommand;

/**
 * floo_command_parse:
 * @entries: the command's own options; --instance is common to all
 *
 * Parses the arguments and connects to the bus. Returns: FALSE: the error is printed, and @exit_code says what to end with
 */
gboolean floo_command_parse (FlooCommand *self, int argc, char **argv, const GOptionEntry *entries, int *exit_code);
void floo_command_clear (FlooCommand *self);

/**
 * floo_command_call:
 * @args: (transfer floating) (nullable)
 *
 * Calls a method of im.floo.Daemon1.Account. Returns: (transfer full) (nullable): the result; NULL: the error is printed
 */
GVariant *floo_command_call (FlooCommand *self, const char *method, GVariant *args);

/* Of a call. */
void floo_command_print_error (GError *error);

/* Above the 20 s that a login may take, and the start of the daemon. */
#define FLOO_COMMAND_TIMEOUT_MS 30000

/* send-file.c */
int floo_command_send_file (FlooCommand *self, int argc, char **argv);
/* login.c */
int floo_command_login (FlooCommand *self, int argc, char **argv);

G_END_DECLS
