/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch.h: the parts of `flooim watch`: its position in the journal, and passing events on. */
#pragma once

#include "cli/cli.h"

G_BEGIN_DECLS

/**
 * FlooWatchState:
 *
 * The last event that was handled. With a file it outlives the program: each change is on the disk before the next event is handled.
 */
typedef struct
{
  int fd; /* -1: no file */
  char *path;
  char *journal;    /* (nullable): none is known yet */
  guint64 serial;   /* the last event handled */
  gint64 message;   /* of the next event the last message handled, when it has several; 0: none */
  gboolean changed; /* since it was saved */
} FlooWatchState;

/* @path: (nullable). Takes the file: a second program that wants it fails. */
gboolean floo_watch_state_open (FlooWatchState *state, const char *path, GError **error);
void floo_watch_state_set (FlooWatchState *state, const char *journal, guint64 serial, gint64 message);
/* Writes it where it has changed. */
gboolean floo_watch_state_save (FlooWatchState *state, GError **error);
void floo_watch_state_close (FlooWatchState *state);

/**
 * FlooWatchItem:
 *
 * One event as it is handed on; of an event with several messages one for each.
 */
typedef struct
{
  const char *name;
  guint64 serial;
  gint64 time;       /* ms; 0: now */
  GVariant *args;    /* the signal's arguments, serial included */
  GVariant *message; /* (nullable): the one that it is about */
} FlooWatchItem;

/**
 * floo_watch_print:
 *
 * Prints the item as a line: for people or as JSON.
 */
void floo_watch_print (FlooCli *cli, const FlooWatchItem *item);

/**
 * floo_watch_exec:
 * @command: for sh -c; the item's JSON is its standard input, its fields are in FLOOIM_* variables
 *
 * Runs the main loop until the command ends. Returns: its exit status; 128 and the signal's number; -1 with an error: it was not started
 */
int floo_watch_exec (const char *command, const FlooWatchItem *item, GError **error);

/* What the item says under that name: a field of the message or of a notice, or an argument. (transfer full) (nullable) */
GVariant *floo_watch_field (const FlooWatchItem *item, const char *name);

G_END_DECLS
