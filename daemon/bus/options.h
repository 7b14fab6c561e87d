/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.h: the keys of a method's `a{sv} options`, as a table.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The most rows that a table of options has. */
#define FLOO_MAX_OPTIONS 12

/**
 * FlooOption:
 * @key: (nullable): NULL ends the table
 * @type: 'b', 's', 'u' or 'x'. For the numbers any integer type of D-Bus is taken, if the value fits: `gdbus call` writes <50> as int32
 * @min:
 * @max: bounds of a number, both included; both 0: those of the type. Of a text: @max is the most bytes; 0: %FLOO_MAX_EXTRA
 * @fallback: value of a number or a boolean that is not given
 * @choices: (nullable): the texts that are allowed, for 's'; ends with NULL
 *
 * A text that is not given is NULL.
 */
typedef struct {
  const char *key;
  char type;
  gint64 min;
  gint64 max;
  gint64 fallback;
  const char *const *choices;
} FlooOption;

/* Options of one call, checked. Texts are borrowed from the dictionary. */
typedef struct {
  const FlooOption *table;
  GVariant *values[FLOO_MAX_OPTIONS];   /* by row; NULL: not given */
  gint64 numbers[FLOO_MAX_OPTIONS];
} FlooOptions;

/**
 * floo_options_parse:
 * @self: to be cleared with floo_options_clear() afterwards, also after an error
 * @dict: an a{sv}
 *
 * Fails with FLOO_ERROR_INVALID_ARGUMENTS that names the key: unknown, given twice, of a wrong type, out of bounds; with
 * FLOO_ERROR_TOO_LARGE for a text that is too long. Error messages are at most a line long, whatever the caller sent.
 */
gboolean floo_options_parse (FlooOptions *self, const FlooOption *table, GVariant *dict, GError **error);
void floo_options_clear (FlooOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FlooOptions, floo_options_clear)

/* @key must be in the table. */
gboolean floo_options_is_given (const FlooOptions *self, const char *key);
gboolean floo_options_get_boolean (const FlooOptions *self, const char *key);
gint64 floo_options_get_number (const FlooOptions *self, const char *key);
/* Returns: (transfer none) (nullable): valid until floo_options_clear(). */
const char *floo_options_get_string (const FlooOptions *self, const char *key);

/**
 * floo_number_from_variant:
 * @name: used in the error
 *
 * Accepts any integer type of D-Bus; FLOO_ERROR_INVALID_ARGUMENTS for other types and for values outside of @min to @max.
 */
gboolean floo_number_from_variant (GVariant *value, const char *name, gint64 min, gint64 max, gint64 *out, GError **error);

/**
 * floo_text_check_size:
 * @name: what the error calls it
 *
 * Returns: FALSE: @text has more than @max bytes (FLOO_ERROR_TOO_LARGE)
 */
gboolean floo_text_check_size (const char *text, const char *name, gsize max, GError **error);

G_END_DECLS
