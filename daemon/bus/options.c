/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus/options.h"

#include <string.h>

#include "base/error.h"
#include "base/names.h"

/* How many characters of an unknown key the error repeats. */
#define SHOWN_CHARS 64

static gboolean
out_of_bounds (const char *name, gint64 min, gint64 max, const char *value, GError **error)
{
  if (max == G_MAXINT64)
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%s must be at least %" G_GINT64_FORMAT ", not %s", name, min, value);
  else
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%s must be %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ", not %s",
                 name, min, max, value);
  return FALSE;
}

gboolean
floo_number_from_variant (GVariant *value, const char *name, gint64 min, gint64 max, gint64 *out, GError **error)
{
  gint64 number;
  char text[24];

  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BYTE:
      number = g_variant_get_byte (value);
      break;
    case G_VARIANT_CLASS_INT16:
      number = g_variant_get_int16 (value);
      break;
    case G_VARIANT_CLASS_UINT16:
      number = g_variant_get_uint16 (value);
      break;
    case G_VARIANT_CLASS_INT32:
      number = g_variant_get_int32 (value);
      break;
    case G_VARIANT_CLASS_UINT32:
      number = g_variant_get_uint32 (value);
      break;
    case G_VARIANT_CLASS_INT64:
      number = g_variant_get_int64 (value);
      break;
    case G_VARIANT_CLASS_UINT64:
      if (g_variant_get_uint64 (value) > G_MAXINT64)
        {
          g_snprintf (text, sizeof text, "%" G_GUINT64_FORMAT, g_variant_get_uint64 (value));
          return out_of_bounds (name, min, MIN (max, G_MAXINT64 - 1), text, error);
        }
      number = (gint64) g_variant_get_uint64 (value);
      break;
    default:
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%s must be an integer, not of type %s",
                   name, g_variant_get_type_string (value));
      return FALSE;
    }
  if (number < min || number > max)
    {
      g_snprintf (text, sizeof text, "%" G_GINT64_FORMAT, number);
      return out_of_bounds (name, min, max, text, error);
    }
  *out = number;
  return TRUE;
}

gboolean
floo_text_check_size (const char *text, const char *name, gsize max, GError **error)
{
  gsize size = strlen (text);

  if (size <= max)
    return TRUE;
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_TOO_LARGE, "%s has %zu bytes, at most %zu are taken", name, size, max);
  return FALSE;
}

static gboolean
check_choice (const FlooOption *row, GVariant *value, GError **error)
{
  g_autofree char *list = NULL;

  if (row->choices == NULL || g_strv_contains (row->choices, g_variant_get_string (value, NULL)))
    return TRUE;
  list = g_strjoinv (", ", (char **) row->choices);
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "Option %s must be one of: %s", row->key, list);
  return FALSE;
}

static gboolean
parse_value (const FlooOption *row, GVariant *value, gint64 *number, GError **error)
{
  const GVariantType *type = row->type == 'b' ? G_VARIANT_TYPE_BOOLEAN : G_VARIANT_TYPE_STRING;
  gboolean bounded = row->min != 0 || row->max != 0;
  g_autofree char *name = NULL;

  if (row->type == 'u' || row->type == 'x')
    {
      name = g_strconcat ("Option ", row->key, NULL);
      return floo_number_from_variant (value, name, bounded ? row->min : row->type == 'u' ? 0 : G_MININT64,
                                       bounded ? row->max : row->type == 'u' ? G_MAXUINT32 : G_MAXINT64, number, error);
    }
  if (!g_variant_is_of_type (value, type))
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "Option %s must be of type %c, not %s",
                   row->key, row->type, g_variant_get_type_string (value));
      return FALSE;
    }
  if (row->type == 's')
    {
      name = g_strconcat ("Option ", row->key, NULL);
      return floo_text_check_size (g_variant_get_string (value, NULL), name, row->max > 0 ? (gsize) row->max : FLOO_MAX_EXTRA, error)
             && check_choice (row, value, error);
    }
  *number = g_variant_get_boolean (value);
  return TRUE;
}

/* Returns: the row, or -1. */
static int
find_row (const FlooOption *table, const char *key)
{
  for (int i = 0; table[i].key != NULL; i++)
    if (strcmp (table[i].key, key) == 0)
      return i;
  return -1;
}

/* Returns: (transfer full): the beginning of a key, for an error message. */
static char *
shorten (const char *key)
{
  g_autofree char *start = g_utf8_substring (key, 0, MIN (g_utf8_strlen (key, -1), SHOWN_CHARS));

  return strlen (start) < strlen (key) ? g_strconcat (start, "...", NULL) : g_steal_pointer (&start);
}

gboolean
floo_options_parse (FlooOptions *self, const FlooOption *table, GVariant *dict, GError **error)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_return_val_if_fail (g_variant_is_of_type (dict, G_VARIANT_TYPE_VARDICT), FALSE);

  *self = (FlooOptions){ .table = table };
  for (guint i = 0; table[i].key != NULL; i++)
    {
      g_assert (i < FLOO_MAX_OPTIONS);
      self->numbers[i] = table[i].fallback;
    }

  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) owned = value;
      int row = find_row (table, key);

      if (row < 0 || self->values[row] != NULL)
        {
          g_autofree char *shown = shorten (key);

          g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, row < 0 ? "Unknown option %s" : "Option %s is given twice", shown);
          return FALSE;
        }
      if (!parse_value (&table[row], owned, &self->numbers[row], error))
        return FALSE;
      self->values[row] = g_steal_pointer (&owned);
    }
  return TRUE;
}

void
floo_options_clear (FlooOptions *self)
{
  for (guint i = 0; i < FLOO_MAX_OPTIONS; i++)
    g_clear_pointer (&self->values[i], g_variant_unref);
}

static int
row_of (const FlooOptions *self, const char *key)
{
  int row = find_row (self->table, key);

  g_assert (row >= 0);
  return row;
}

gboolean
floo_options_is_given (const FlooOptions *self, const char *key)
{
  return self->values[row_of (self, key)] != NULL;
}

gboolean
floo_options_get_boolean (const FlooOptions *self, const char *key)
{
  return self->numbers[row_of (self, key)] != 0;
}

gint64
floo_options_get_number (const FlooOptions *self, const char *key)
{
  return self->numbers[row_of (self, key)];
}

const char *
floo_options_get_string (const FlooOptions *self, const char *key)
{
  GVariant *value = self->values[row_of (self, key)];

  return value != NULL ? g_variant_get_string (value, NULL) : NULL;
}
