/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/statements.h"

#include <string.h>

#include "floo-engine-sql.h"

#define FOLDER "/im/floo/store/statements/"
#define MARK "-- name: "

static GMutex lock;
static GHashTable *names;      /* set of names, each in its file, ended by its line's end */
static GPtrArray *resources;   /* whose names are in it */

static gboolean
is_of_name (char c)
{
  return c != '\0' && c != '\n';
}

/* Hashes a name that ends with its line, or with the string. */
static guint
hash_name (gconstpointer key)
{
  guint hash = 5381;

  for (const char *at = key; is_of_name (*at); at++)
    hash = hash * 33 + (guchar) *at;
  return hash;
}

static gboolean
equal_names (gconstpointer a, gconstpointer b)
{
  const char *one = a, *other = b;

  while (is_of_name (*one) && *one == *other)
    {
      one++;
      other++;
    }
  return !is_of_name (*one) && !is_of_name (*other);
}

/* @text: of a file, or from a line on. Returns: (nullable): the line's beginning */
static const char *
find_mark (const char *text)
{
  for (const char *line = text; line != NULL; line = strchr (line, '\n'))
    {
      line += *line == '\n';
      if (strncmp (line, MARK, strlen (MARK)) == 0)
        return line;
    }
  return NULL;
}

static void
add_file (const char *text)
{
  const char *mark = find_mark (text);

  while (mark != NULL)
    {
      const char *name = mark + strlen (MARK);

      if (!g_hash_table_add (names, (gpointer) name))
        g_error ("Two statements have the name %.*s", (int) strcspn (name, "\n"), name);
      mark = find_mark (name);
    }
}

static void
add_all (GResource *resource)
{
  g_auto (GStrv) files = NULL;

  if (names == NULL)
    {
      names = g_hash_table_new (hash_name, equal_names);
      resources = g_ptr_array_new ();
    }
  if (g_ptr_array_find (resources, resource, NULL))
    return;
  g_ptr_array_add (resources, resource);
  files = g_resource_enumerate_children (resource, FOLDER, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  for (guint i = 0; files != NULL && files[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat (FOLDER, files[i], NULL);
      g_autoptr (GBytes) bytes = g_resource_lookup_data (resource, path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

      add_file (g_bytes_get_data (bytes, NULL)); /* as with any resource, a 0 follows */
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
  const char *text, *next;

  g_mutex_lock (&lock);
  add_all (floo_engine_sql_get_resource ());
  text = g_hash_table_lookup (names, name);
  g_mutex_unlock (&lock);
  if (text == NULL)
    return NULL;
  text += strcspn (text, "\n");
  next = find_mark (text);
  *size = next != NULL ? (gsize) (next - text) : strlen (text);
  return text;
}
