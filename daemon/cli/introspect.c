/* SPDX-License-Identifier: GPL-3.0-or-later */
/* introspect.c: the reference at the terminal, from the installed XML with its comments. */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "cli/interfaces.h"
#include "cli/text.h"

/* State of reading a file: collects the comment before each interface and member. */
typedef struct
{
  char *comment;        /* (nullable): the last one */
  char *interface;      /* (nullable): the present one */
  GHashTable *comments; /* "im.floo.Daemon1.Roster" or "im.floo.Daemon1.Roster.List" -> its comment */
} Reading;

static void
on_start (GMarkupParseContext *context, const char *element, const char **names, const char **values, gpointer user_data, GError **error)
{
  Reading *reading = user_data;
  const char *name = NULL;

  for (guint i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], "name") == 0)
      name = values[i];
  if (name == NULL)
    return;
  if (strcmp (element, "interface") == 0)
    {
      g_free (reading->interface);
      reading->interface = g_strdup (name);
      if (reading->comment != NULL)
        g_hash_table_replace (reading->comments, g_strdup (name), g_steal_pointer (&reading->comment));
    }
  else if (reading->comment != NULL && reading->interface != NULL && strcmp (element, "arg") != 0 && strcmp (element, "annotation") != 0)
    g_hash_table_replace (reading->comments, g_strdup_printf ("%s.%s", reading->interface, name), g_steal_pointer (&reading->comment));
}

static void
on_other (GMarkupParseContext *context, const char *text, gsize len, gpointer user_data, GError **error)
{
  Reading *reading = user_data;

  if (!g_str_has_prefix (text, "<!--") || len < 7)
    return;
  g_free (reading->comment);
  reading->comment = g_strndup (text + 4, len - 7);
}

/* Reads the XML of an interface from where it is installed. */
static void
read_comments (GHashTable *comments, const char *interface)
{
  static const GMarkupParser parser = { .start_element = on_start, .passthrough = on_other };
  g_autofree char *file = g_strconcat (interface, ".xml", NULL);
  g_autofree char *text = NULL;
  Reading reading = { .comments = comments };
  g_autoptr (GPtrArray) folders = g_ptr_array_new ();
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, &reading, NULL);
  gsize len;

  g_ptr_array_add (folders, (char *) g_get_user_data_dir ());
  for (guint i = 0; g_get_system_data_dirs ()[i] != NULL; i++)
    g_ptr_array_add (folders, (char *) g_get_system_data_dirs ()[i]);
  g_ptr_array_add (folders, (char *) FLOO_DATADIR);
  for (guint i = 0; i < folders->len && text == NULL; i++)
    {
      g_autofree char *path = g_build_filename (g_ptr_array_index (folders, i), "dbus-1", "interfaces", file, NULL);

      if (!g_file_get_contents (path, &text, &len, NULL))
        text = NULL;
    }
  if (text != NULL)
    g_markup_parse_context_parse (context, text, (gssize) len, NULL);
  g_free (reading.comment);
  g_free (reading.interface);
}

/* ---- printing ---- */

static void
print_args (GString *out, GDBusArgInfo **args)
{
  g_string_append_c (out, '(');
  for (guint i = 0; i < floo_n_args (args); i++)
    g_string_append_printf (out, "%s%s %s", i > 0 ? ", " : "", args[i]->signature, args[i]->name);
  g_string_append_c (out, ')');
}

/* Prints @paragraph, where there is something in it, and empties it. */
static void
print_paragraph (GString *paragraph)
{
  g_autofree char *wrapped
      = floo_cli_wrap (paragraph->str, MIN (floo_text_width (), 100) - 4, g_str_has_prefix (paragraph->str, "- ") ? 6 : 4);

  if (paragraph->len > 0)
    printf ("    %s\n", wrapped);
  g_string_truncate (paragraph, 0);
}

/* A comment without its indentation and its first line, which is the name. */
static void
print_comment (GHashTable *comments, const char *name)
{
  const char *comment = g_hash_table_lookup (comments, name);
  g_auto (GStrv) lines = comment != NULL ? g_strsplit (comment, "\n", -1) : NULL;
  g_autoptr (GString) paragraph = g_string_new (NULL);
  gboolean begun = FALSE;

  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);
      gboolean new_one = *line == '\0' || *line == '@' || g_str_has_prefix (line, "- ");

      if (!begun)
        {
          begun = *line != '\0'; /* "Name:", maybe with a description after it */
          const char *words = strstr (line, ": ");
          g_string_append (paragraph, words != NULL ? words + 2 : "");
          continue;
        }
      if (g_str_has_prefix (line, "@short_description: "))
        line += strlen ("@short_description: ");
      if (new_one)
        print_paragraph (paragraph);
      if (*line != '\0')
        g_string_append_printf (paragraph, "%s%s", paragraph->len > 0 ? " " : "", line);
    }
  print_paragraph (paragraph);
}

static void
print_member (GHashTable *comments, const GDBusInterfaceInfo *interface, const char *kind, const char *name, const char *type,
              GDBusArgInfo **in, GDBusArgInfo **out, gboolean full)
{
  g_autoptr (GString) line = g_string_new (name);
  g_autofree char *path = g_strdup_printf ("%s.%s", interface->name, name);

  if (type != NULL)
    g_string_append_printf (line, " %s", type);
  else
    print_args (line, in);
  if (floo_n_args (out) > 0)
    {
      g_string_append (line, " -> ");
      print_args (line, out);
    }
  printf ("  %s%-8s%s %s\n", floo_text_style (FLOO_STYLE_DIM), kind, floo_text_unstyle (), line->str);
  if (full)
    {
      print_comment (comments, path);
      printf ("\n");
    }
}

/* @member: (nullable): just this one. Returns: whether there was anything */
static gboolean
print_interface (GHashTable *comments, const GDBusInterfaceInfo *interface, const char *member, gboolean full)
{
  gboolean any = FALSE;

  if (member == NULL)
    {
      printf ("%s%s%s\n", floo_text_style (FLOO_STYLE_BOLD), interface->name, floo_text_unstyle ());
      if (full)
        print_comment (comments, interface->name);
      printf (full ? "\n" : "");
    }
#define WANTED(name) (member == NULL || strcmp (member, name) == 0)
  for (guint i = 0; interface->properties != NULL && interface->properties[i] != NULL; i++)
    if (WANTED (interface->properties[i]->name) && (any = TRUE))
      print_member (comments, interface, "property", interface->properties[i]->name, interface->properties[i]->signature, NULL, NULL, full);
  for (guint i = 0; interface->methods != NULL && interface->methods[i] != NULL; i++)
    if (WANTED (interface->methods[i]->name) && (any = TRUE))
      print_member (comments, interface, "method", interface->methods[i]->name, NULL, interface->methods[i]->in_args,
                    interface->methods[i]->out_args, full);
  for (guint i = 0; interface->signals != NULL && interface->signals[i] != NULL; i++)
    if (WANTED (interface->signals[i]->name) && (any = TRUE))
      print_member (comments, interface, "signal", interface->signals[i]->name, NULL, interface->signals[i]->args, NULL, full);
#undef WANTED
  return any;
}

int
floo_cli_run_introspect (FlooCli *cli)
{
  const char *name = floo_cli_arg (cli, 0);
  g_autoptr (GHashTable) comments = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  const GDBusInterfaceInfo *interface = name != NULL ? floo_find_interface (name) : NULL;
  const char *dot = name != NULL ? strrchr (name, '.') : NULL;
  g_autofree char *prefix = dot != NULL ? g_strndup (name, (gsize) (dot - name)) : NULL;
  g_autoptr (GError) error = NULL;

  if (name == NULL)
    {
      for (guint i = 0; floo_interfaces[i] != NULL; i++)
        print_interface (comments, floo_interfaces[i], NULL, FALSE);
      return 0;
    }
  if (interface == NULL && prefix != NULL)
    interface = floo_find_interface (prefix);
  else
    dot = NULL;
  if (interface != NULL)
    read_comments (comments, interface->name);
  if (interface != NULL && print_interface (comments, interface, dot != NULL ? dot + 1 : NULL, TRUE))
    {
      if (g_hash_table_size (comments) == 0)
        floo_cli_note (cli, "its description is not installed: dbus-1/interfaces/%s.xml in a folder of XDG_DATA_DIRS", interface->name);
      return 0;
    }
  g_set_error (&error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "there is no interface, method, signal or property %s; see: flooim introspect",
               name);
  return floo_cli_fail (cli, error);
}
