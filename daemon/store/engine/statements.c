/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/statements.h"

#include <string.h>

#include "floo-engine-sql.h"

#define FOLDER "/im/floo/store/statements/"
#define MARK "\n-- name: "

typedef struct {
  const char *text; /* in the resource */
  gsize size;
} Statement;

static GMutex lock;
static GHashTable *statements; /* name -> Statement */

static void
add_statement (char *name, const char *text, gsize size)
{
  const Statement *known = g_hash_table_lookup (statements, name);
  Statement *statement;

  if (known != NULL && known->text != text)
    g_error ("Two statements have the name %s", name);
  statement = g_new (Statement, 1);
  *statement = (Statement){ text, size };
  g_hash_table_insert (statements, name, statement);
}

static void
add_file (const char *text, gsize size)
{
  const char *const end = text + size;
  const char *mark = g_strstr_len (text, (gssize) size, MARK);

  while (mark != NULL)
    {
      const char *name = mark + strlen (MARK);
      const char *line_end = memchr (name, '\n', (gsize) (end - name));

      g_assert (line_end != NULL);
      mark = g_strstr_len (line_end, end - line_end, MARK);
      add_statement (g_strndup (name, (gsize) (line_end - name)), line_end, (gsize) ((mark != NULL ? mark : end) - line_end));
    }
}

static void
add_all (GResource *resource)
{
  g_auto (GStrv) names = g_resource_enumerate_children (resource, FOLDER, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  if (statements == NULL)
    statements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat (FOLDER, names[i], NULL);
      g_autoptr (GBytes) bytes = g_resource_lookup_data (resource, path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

      add_file (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
    }
}

void
floo_statements_add (GResource *resource)
{
  g_mutex_lock (&lock);
  add_all (resource);
  g_mutex_unlock (&lock);
}

const char *
floo_statements_find (const char *name, gsize *size)
{
  const Statement *statement;

  g_mutex_lock (&lock);
  if (statements == NULL || !g_hash_table_contains (statements, "commit"))
    add_all (floo_engine_sql_get_resource ());
  statement = g_hash_table_lookup (statements, name);
  g_mutex_unlock (&lock);
  if (statement == NULL)
    return NULL;
  *size = statement->size;
  return statement->text;
}
