/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table-tools.c: the D-Bus API from a shell, and help. */
#include "cli/commands.h"

static const FlooCliOption call_options[] = {
  { "raw", 'r', NULL, "Texts are taken as they are, also those that begin with a quote" },
  { "output", 'o', "FILE", "Where to write a file that the method returns; - is standard output" },
  { "object", 0, "PATH", "Another object than the daemon's: a transfer" },
  { NULL },
};

static const FlooCliOption replay_options[] = {
  { "limit", 'n', "N", "At most that many" },
  { NULL },
};

const FlooCliCommand floo_cli_tool_commands[] = {
  { .name = "call",
    .args = "METHOD [ARGUMENT...]",
    .help = "Call any method of the daemon, with JSON",
    .details = "METHOD is INTERFACE.METHOD, such as Roster.List. Arguments are JSON; a text needs no quotes unless it begins with one, an "
               "id may be a "
               "number or a string, a file is @PATH. A lone - takes an array of them, or an object with their names, from standard input. "
               "The result "
               "is an object with the names of the method's results.",
    .example = "flooim call Roster.GetItems '[1002, \"1003\"]' false\n"
               "flooim call Conversations.Send roster 1002 text Hello '{\"token\": \"t-1\"}'\n"
               "flooim call Conversations.SendFile roster 1002 image @photo.jpg photo.jpg '{}'\n"
               "echo '[\"roster\", 1002, \"Hello\"]' | flooim call Conversations.SendText -",
    .options = call_options,
    .run = floo_cli_run_call },
  { .name = "replay",
    .args = "JOURNAL AFTER",
    .help = "Print past events as JSON, from the journal",
    .details = "flooim call Events.GetPosition tells the journal's id and its serials. flooim watch --state does all that by itself.",
    .example = "flooim replay \"$(flooim call Events.GetPosition | jq -r .journal)\" 0",
    .options = replay_options,
    .run = floo_cli_run_replay },
  { .name = "introspect",
    .args = "[INTERFACE[.MEMBER]]",
    .help = "The reference of the D-Bus API, at the terminal",
    .example = "flooim introspect\nflooim introspect Conversations.Send",
    .run = floo_cli_run_introspect },
  { .name = "help",
    .args = "[COMMAND...]",
    .help = "Explain a command",
    .example = "flooim help send\nflooim help groups ban",
    .run = floo_cli_run_help },
  { .name = "_complete",
    .args = "WORD...",
    .help = "Completions of the last word",
    .example = "flooim _complete -- send b",
    .run = floo_cli_run_complete },
  { NULL },
};
