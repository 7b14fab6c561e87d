/* SPDX-License-Identifier: GPL-3.0-or-later */
/* columns.c: records as a table. */
#include "cli/text.h"

#include <stdio.h>

#include "cli/convert.h"
#include "cli/names.h"

#define GAP 2       /* columns between two fields */
#define MIN_LAST 10 /* to which the last field is cut first */

/* Returns: (transfer full) (nullable): the first of the fields that is there and not empty */
static GVariant *
find_field (GVariant *record, const char *fields, char **name)
{
  g_auto (GStrv) names = g_strsplit (fields, "|", -1);

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autoptr (GVariant) value
          = floo_is_message (record) ? floo_message_field (record, names[i]) : g_variant_lookup_value (record, names[i], NULL);

      if (value == NULL
          || (names[i + 1] != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) && *g_variant_get_string (value, NULL) == '\0'))
        continue;
      *name = g_strdup (names[i]);
      return g_steal_pointer (&value);
    }
  return NULL;
}

static char *
field_text (FlooCli *cli, const FlooColumn *column, GVariant *record)
{
  g_autofree char *name = NULL;
  g_autoptr (GVariant) value = find_field (record, column->field, &name);
  g_autofree char *text = NULL;

  if (value == NULL)
    text = g_strdup ("");
  else if (column->words != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_INT32))
    text = floo_text_choice (column->words, g_variant_get_int32 (value));
  else
    text = floo_text_value (cli, value, name, column->kind);

  return floo_text_is_terminal () ? floo_text_clean (text, FALSE) : floo_text_escape (text);
}

/* Returns: (transfer full): the fields of all records, row by row */
static GPtrArray *
collect (FlooCli *cli, const FlooColumn *columns, GVariant *records)
{
  GPtrArray *texts = g_ptr_array_new_with_free_func (g_free);

  for (gsize row = 0; row < g_variant_n_children (records); row++)
    {
      g_autoptr (GVariant) record = g_variant_get_child_value (records, row);

      for (guint i = 0; columns[i].title != NULL; i++)
        g_ptr_array_add (texts, field_text (cli, &columns[i], record));
    }
  return texts;
}

/* Takes columns from the last field, and then from the widest ones, until all fit. */
static void
fit (guint *widths, guint n, guint width)
{
  guint total = GAP * (n - 1);

  for (guint i = 0; i < n; i++)
    total += widths[i];
  while (total > width && widths[n - 1] > MIN_LAST)
    {
      widths[n - 1]--;
      total--;
    }
  while (total > width)
    {
      guint widest = 0;

      for (guint i = 1; i < n; i++)
        if (widths[i] > widths[widest])
          widest = i;
      if (widths[widest] <= 1)
        return;
      widths[widest]--;
      total--;
    }
}

static void
print_row (const guint *widths, guint n, char **texts)
{
  g_autoptr (GString) line = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    {
      floo_text_append_fitted (line, texts[i], widths[i], i + 1 < n);
      if (i + 1 < n)
        g_string_append (line, "  ");
    }
  floo_text_line (g_strchomp (line->str));
}

static void
print_table (const FlooColumn *columns, guint n, GPtrArray *texts)
{
  g_autofree guint *widths = g_new0 (guint, n);
  g_autofree char **titles = g_new0 (char *, n);

  for (guint i = 0; i < n; i++)
    {
      titles[i] = (char *) columns[i].title;
      widths[i] = floo_text_columns (titles[i]);
    }
  for (guint i = 0; i < texts->len; i++)
    widths[i % n] = MAX (widths[i % n], floo_text_columns (g_ptr_array_index (texts, i)));
  fit (widths, n, floo_text_width ());
  fputs (floo_text_style (FLOO_STYLE_DIM), stdout);
  print_row (widths, n, titles);
  fputs (floo_text_unstyle (), stdout);
  for (guint i = 0; i < texts->len; i += n)
    print_row (widths, n, (char **) texts->pdata + i);
}

/* All names that the table needs in one call. */
static void
fetch_names (FlooCli *cli, const FlooColumn *columns, GVariant *records)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; columns[i].title != NULL; i++)
    for (gsize row = 0; columns[i].kind == FLOO_COLUMN_NAME && row < g_variant_n_children (records); row++)
      {
        g_autoptr (GVariant) record = g_variant_get_child_value (records, row);
        g_autofree char *name = NULL;
        g_autoptr (GVariant) value = find_field (record, columns[i].field, &name);

        if (value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
          {
            gint64 id = g_variant_get_int64 (value);

            g_array_append_val (ids, id);
          }
      }
  floo_names_fetch (cli, FLOO_NAMES_USERS, (const gint64 *) (gpointer) ids->data, ids->len);
}

void
floo_text_records (FlooCli *cli, const FlooColumn *columns, GVariant *records)
{
  g_autoptr (GPtrArray) texts = NULL;
  guint n = 0;

  if (cli->json)
    {
      for (gsize i = 0; i < g_variant_n_children (records); i++)
        {
          g_autoptr (GVariant) record = g_variant_get_child_value (records, i);

          floo_text_json (record);
        }
      return;
    }
  while (columns[n].title != NULL)
    n++;
  if (floo_text_is_terminal ())
    fetch_names (cli, columns, records);
  texts = collect (cli, columns, records);
  if (floo_text_is_terminal () && texts->len > 0)
    print_table (columns, n, texts);
  for (guint i = 0; !floo_text_is_terminal () && i < texts->len; i++)
    {
      fputs (g_ptr_array_index (texts, i), stdout);
      fputc (i % n == n - 1 ? '\n' : '\t', stdout);
    }
}
