/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cli.h: one run of a command: its arguments and options, the connection to the daemon, and the exit status.
 *
 * Commands are ordinary clients: they use only the daemon's D-Bus API. Functions return FALSE or NULL with a GError, and
 * the main program turns it into one line on standard error and the exit status, see floo_cli_fail().
 */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#include "base/error.h"

G_BEGIN_DECLS

/* Exit statuses besides 0; which error is which is in errors.c. */
enum
{
  FLOO_EXIT_FAILED = 1,    /* refused by the service, or failed for good */
  FLOO_EXIT_NOT_FOUND = 2, /* not found or ambiguous */
  FLOO_EXIT_USAGE = 64,
  FLOO_EXIT_UNAVAILABLE = 69,   /* no bus, or the daemon cannot be started */
  FLOO_EXIT_NOT_NOW = 75,       /* offline, timeout, rate limit: try again */
  FLOO_EXIT_NO_PERMISSION = 77, /* nobody is logged in, or it is not allowed */
  FLOO_EXIT_INTERRUPTED = 130,
};

#define FLOO_CLI_ERROR (floo_cli_error_quark ())

/* Errors of the command itself; those of the daemon are FlooError. */
typedef enum
{
  FLOO_CLI_ERROR_USAGE,
  FLOO_CLI_ERROR_NO_BUS,
  FLOO_CLI_ERROR_NO_DAEMON,
  FLOO_CLI_ERROR_DAEMON_GONE,
  FLOO_CLI_ERROR_AMBIGUOUS,
  FLOO_CLI_ERROR_INTERRUPTED,
  FLOO_CLI_ERROR_TIMEOUT,
  FLOO_CLI_ERROR_FAILED,
  FLOO_CLI_N_ERRORS
} FlooCliError;

GQuark floo_cli_error_quark (void);

/* ---- tables ---- */

typedef struct
{
  const char *name;  /* "limit" is --limit; NULL ends the table */
  char letter;       /* '\0': none */
  const char *value; /* the placeholder of its value in the help; NULL: it takes none; "=S": it may have one, after "=" */
  const char *help;
  const char *key; /* (nullable): the key in the method's options (a{sv}) that it is, for commands without a function */
} FlooCliOption;

/* What a command without a function does with the reply. */
typedef enum
{
  FLOO_RESULT_NONE,
  FLOO_RESULT_VALUE,    /* prints the only out argument */
  FLOO_RESULT_RECORD,   /* an a{sv}, one line per field */
  FLOO_RESULT_RECORDS,  /* an aa{sv}, one line per record */
  FLOO_RESULT_PAGES,    /* the same with a cursor: all pages */
  FLOO_RESULT_USERS,    /* ids of users: their details */
  FLOO_RESULT_GROUPS,   /* ids of groups: their details */
  FLOO_RESULT_OUTCOMES, /* one or more a{sv} with result and reason: fails where one has failed */
  FLOO_RESULT_FATE,     /* a client_id whose fate can be waited for */
} FlooCliResult;

typedef struct FlooCli FlooCli;
typedef struct FlooColumn FlooColumn;

typedef struct
{
  const char *name;             /* one to three words: "groups kick" */
  const char *args;             /* "GROUP WHO...", "[TEXT...]"; completion depends on these words, too */
  const char *help;             /* one line */
  const char *details;          /* (nullable): more sentences */
  const char *example;          /* lines of shell */
  const FlooCliOption *options; /* (nullable) */
  int (*run) (FlooCli *cli);    /* NULL: calls @method */
  const char *method;           /* "Roster.Accept" */
  const char *params;           /* how its arguments are made, see generic.c */
  FlooCliResult result;
  const FlooColumn *columns;
  gboolean of_daemon; /* flooimd has it, too */
} FlooCliCommand;

/* Returns: (transfer none) (nullable): the command at @index; NULL after the last */
const FlooCliCommand *floo_cli_get_command (guint index);
/* Those that all commands have. */
extern const FlooCliOption floo_cli_common_options[];

/* ---- one run ---- */

struct FlooCli
{
  const char *program;           /* "flooim" or "flooimd" */
  const FlooCliCommand *command; /* (nullable): none is known yet */
  GHashTable *options;           /* name -> value, "" where it has none */
  GPtrArray *args;
  gboolean json;
  char *instance; /* (nullable) */
  char *bus_name;
  GDBusConnection *connection; /* (nullable) until the first call */
  gint64 group;                /* whose members can be named, too; 0: none */
  gint64 not_before;           /* what --at says, ms since 1970; 0: it is not given */
  gboolean is_running;         /* the daemon was seen on the bus */
  GHashTable *names;           /* gint64 -> what to show for a user or group */
};

/**
 * floo_cli_main:
 * @program: "flooim", or "flooimd" which has only some of the commands
 * @instance: (nullable): named before the command
 *
 * Returns: the exit status
 */
int floo_cli_main (const char *program, int argc, char **argv, const char *instance);

/* Returns: (transfer full): the commands that flooimd has, for its --help */
char *floo_cli_dup_daemon_commands (void);

/* (nullable): an argument by its place */
const char *floo_cli_arg (FlooCli *cli, guint index);
/* (nullable): the value of an option, "" where it has none */
const char *floo_cli_option (FlooCli *cli, const char *name);
/* FALSE: it is no number within the bounds. *@out stays as it is where the option is not given. */
gboolean floo_cli_number_option (FlooCli *cli, const char *name, gint64 max, gint64 *out, GError **error);
gboolean floo_cli_parse_number (const char *what, const char *text, gint64 min, gint64 max, gint64 *out, GError **error);
/* A time in the future: as below, but "10:42" is the next such time, and "2h" in two hours. */
gboolean floo_cli_parse_time_to_come (const char *what, const char *text, gint64 *ms, GError **error);
/* A time: "2026-11-30", "2026-11-30 10:42", ISO 8601, "10:42", "2h" (that long ago), or ms since 1970. */
gboolean floo_cli_parse_time (const char *what, const char *text, gint64 *ms, GError **error);
/* A span: "90", "90s", "10m", "2h", "3d". */
gboolean floo_cli_parse_span (const char *what, const char *text, gint64 *seconds, GError **error);
/* Arguments from @index on with blanks between them; of a lone "-" the standard input, byte for byte. */
char *floo_cli_dup_text (FlooCli *cli, guint index, GError **error);
/* Standard input to its end, at most @max bytes, valid UTF-8. */
char *floo_cli_read_stdin (gsize max, GError **error);

/* ---- errors (errors.c) ---- */

/* Prints the error and returns the exit status. @error is not freed. */
int floo_cli_fail (FlooCli *cli, const GError *error);
/* The error's name as --json has it. */
const char *floo_cli_error_name (const GError *error);
int floo_cli_exit_status (const char *error_name);
/* An error with a D-Bus name and a text, as LastError and transfers have it. */
int floo_cli_fail_named (FlooCli *cli, const char *name, const char *message);
/* One line on standard error for the user; not an error. */
void floo_cli_note (FlooCli *cli, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* ---- the daemon (bus.c) ---- */

/* Above the 25 s in which every method of the daemon is answered. */
#define FLOO_CLI_TIMEOUT_MS 30000

/* Connects to the session bus; nothing is started. */
gboolean floo_cli_connect (FlooCli *cli, GError **error);
/* Connects, and sees that the daemon runs. */
gboolean floo_cli_start (FlooCli *cli, GError **error);
/* (nullable): the unique name of the daemon, where it runs */
char *floo_cli_dup_owner (FlooCli *cli);

/**
 * floo_cli_call:
 * @method: "Roster.List"
 * @args: (transfer floating) (nullable): a tuple
 *
 * Starts the daemon where needed. Returns: (transfer full): a tuple of the type that the interface info tells
 */
GVariant *floo_cli_call (FlooCli *cli, const char *method, GVariant *args, GError **error);

/**
 * floo_cli_call_full:
 * @path: (nullable): of another object than the daemon's
 * @fds: (nullable): descriptors among the arguments
 * @out_fds: (out) (optional): those of the reply
 */
GVariant *floo_cli_call_full (FlooCli *cli, const char *path, const char *method, GVariant *args, GUnixFDList *fds, GUnixFDList **out_fds,
                              GError **error);
/* Returns: (transfer full): what the reply of @method has under that name */
GVariant *floo_reply_get (const char *method, GVariant *reply, const char *name);
/* Properties of an object: an a{sv}; nothing is started. */
GVariant *floo_cli_get_properties (FlooCli *cli, const char *path, const char *interface, GError **error);

/* ---- starting it (start.c) ---- */

/* Starts the daemon, or fails with the reason. */
gboolean floo_cli_start_daemon (FlooCli *cli, GError **error);

/* ---- help.c ---- */

void floo_cli_print_help (FlooCli *cli, const FlooCliCommand *command);
/* `flooim help [COMMAND]` */
int floo_cli_run_help (FlooCli *cli);
/* "groups kick GROUP WHO... [--for TIME]" */
char *floo_cli_dup_synopsis (const FlooCliCommand *command);
/* Text in lines of at most @width columns, each but the first with @indent blanks before it. */
char *floo_cli_wrap (const char *text, guint width, guint indent);

/* complete.c: called by the shells' completions. */
int floo_cli_run_complete (FlooCli *cli);

/* A command that has no function of its own (generic.c). */
int floo_cli_run_generic (FlooCli *cli);

G_END_DECLS
