/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text.h: the output of commands.
 *
 * On a terminal: columns that fit its width, colours, local time. Elsewhere: plain and stable: a record a line, fields between tabs,
 * backslash, tab and line break in a field as "\\", "\t", "\n". With --json: one object a line.
 *
 * Texts go out as they are, whatever the locale; on a terminal control characters are left out, so that no message can control it.
 */
#pragma once

#include "cli/cli.h"

G_BEGIN_DECLS

/* How a field is shown. */
typedef enum
{
  FLOO_COLUMN_PLAIN, /* a text, a number; an array with commas */
  FLOO_COLUMN_TIME,  /* ms since 1970, 0: nothing */
  FLOO_COLUMN_NAME,  /* the id of a user or group: its name on a terminal, where that is known */
  FLOO_COLUMN_SIZE,  /* bytes */
} FlooColumnKind;

struct FlooColumn
{
  const char *title; /* NULL ends the table */
  const char *field; /* of the record (a{sv}) or message; several: the first that is there and not empty, "alias|nick_name" */
  FlooColumnKind kind;
  const char *words; /* (nullable): what the numbers from 0 on mean, "pending|accepted" */
};

/* Whether standard output, or standard error, is a terminal. */
gboolean floo_text_is_terminal (void);
gboolean floo_text_is_error_terminal (void);
/* Columns of the terminal. */
guint floo_text_width (void);

/* Writes a line as it is. */
void floo_text_line (const char *text);
/* @text as it is safe to show: on one line unless @lines. (transfer full) */
char *floo_text_clean (const char *text, gboolean lines);
/* @text as a field of a plain line. (transfer full) */
char *floo_text_escape (const char *text);
/* How many columns of a terminal it takes. */
guint floo_text_columns (const char *text);
/* Pads or cuts ("…") @text to that many columns and appends it. */
void floo_text_append_fitted (GString *out, const char *text, guint columns, gboolean pad);

typedef enum
{
  FLOO_STYLE_BOLD,
  FLOO_STYLE_DIM,
  FLOO_STYLE_NAME,
  FLOO_STYLE_BAD
} FlooStyle;
/* "" where no colours are wanted. */
const char *floo_text_style (FlooStyle style);
const char *floo_text_unstyle (void);

/* Local time as it is shown: "2026-11-30 10:42:00"; "" for 0. (transfer full) */
char *floo_text_time (gint64 ms);
/* A value as it is shown. @name: (nullable): of its field, by which numbers get their words. (transfer full) */
char *floo_text_value (FlooCli *cli, GVariant *value, const char *name, FlooColumnKind kind);

/* The word at @number of "no|yes", or the number. (transfer full) */
char *floo_text_choice (const char *all, gint64 number);

/* Prints records as --json, plain lines or a table. @records: an array of a{sv} or of messages. */
void floo_text_records (FlooCli *cli, const FlooColumn *columns, GVariant *records);
/* Prints an a{sv}, one line per field. */
void floo_text_record (FlooCli *cli, GVariant *record);
/* Prints a value as a JSON line. */
void floo_text_json (GVariant *value);
/* Prints {NAME: VALUE} with --json, else the value alone. @value: (transfer floating) */
void floo_text_result (FlooCli *cli, const char *name, GVariant *value);

G_END_DECLS
