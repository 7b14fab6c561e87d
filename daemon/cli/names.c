/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/names.h"

#include <string.h>

#include "base/names.h"

/* How well a name matches; only the best matches are used. */
typedef enum
{
  FIT_NONE,
  FIT_BEGINNING,
  FIT_FOLDED,
  FIT_EXACT
} Fit;

typedef struct
{
  char *text;
  char *folded;
  Fit best;
  GArray *targets;  /* FlooTarget */
  GPtrArray *shown; /* their names */
} Search;

/* In order of preference for showing; the last one is of members of a group. */
static const char *const user_names[] = { "alias", "nick_name", "username", "display_name", NULL };
static const char *const group_names[] = { "name", NULL };

/* ---- the daemon's lists ---- */

gboolean
floo_names_each_page (FlooCli *cli, gboolean groups, GVariant *ids, FlooPageFunc func, gpointer data, GError **error)
{
  const char *method = groups ? "Groups.GetBrief" : "Roster.GetItems";
  gsize n;
  const gint64 *all = g_variant_get_fixed_array (ids, &n, sizeof (gint64));

  for (gsize at = 0; at < n; at += FLOO_MAX_IDS)
    {
      GVariant *some = g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, all + at, MIN (n - at, FLOO_MAX_IDS), sizeof (gint64));
      g_autoptr (GVariant) reply
          = floo_cli_call (cli, method, groups ? g_variant_new ("(@ax)", some) : g_variant_new ("(@axb)", some, FALSE), error);
      g_autoptr (GVariant) records = reply != NULL ? floo_reply_get (method, reply, groups ? "groups" : "items") : NULL;

      if (records == NULL)
        return FALSE;
      func (cli, records, data);
    }
  return TRUE;
}

typedef void (*RecordFunc) (GVariant *record, gboolean is_group, gpointer data);

typedef struct {
  gboolean groups;
  RecordFunc func;
  gpointer data;
} EachRecord;

static void
call_with_each (FlooCli *cli, GVariant *records, gpointer data)
{
  const EachRecord *each = data;

  for (gsize i = 0; i < g_variant_n_children (records); i++)
    {
      g_autoptr (GVariant) record = g_variant_get_child_value (records, i);

      each->func (record, each->groups, each->data);
    }
}

/* Calls @func with the details of each of @ids. */
static gboolean
each_detail (FlooCli *cli, gboolean groups, GVariant *ids, RecordFunc func, gpointer data, GError **error)
{
  EachRecord each = { groups, func, data };

  return floo_names_each_page (cli, groups, ids, call_with_each, &each, error);
}

/* Calls @func for each contact or joined group with its details. */
static gboolean
for_each (FlooCli *cli, gboolean groups, RecordFunc func, gpointer data, GError **error)
{
  const char *list = groups ? "Groups.ListJoined" : "Roster.List";
  g_autoptr (GVariant) reply = floo_cli_call (cli, list, g_variant_new ("(b)", FALSE), error);
  g_autoptr (GVariant) ids = reply != NULL ? floo_reply_get (list, reply, groups ? "group_ids" : "user_ids") : NULL;

  return ids != NULL && each_detail (cli, groups, ids, func, data, error);
}

/* The same for each member of a group, with what he or she is called there, and with the details. */
static void
for_each_member (FlooCli *cli, gint64 group, RecordFunc func, gpointer data)
{
  g_autofree char *cursor = g_strdup ("");

  do
    {
      g_autoptr (GVariant) reply = floo_cli_call (cli, "Groups.ListMembers", g_variant_new ("(xsu)", group, cursor, FLOO_MAX_LIMIT), NULL);
      g_autoptr (GVariant) members = NULL;
      g_autoptr (GVariant) ids = NULL;
      GVariantBuilder builder;

      if (reply == NULL)
        return;
      g_clear_pointer (&cursor, g_free);
      g_variant_get (reply, "(@aa{sv}s)", &members, &cursor);
      g_variant_builder_init (&builder, G_VARIANT_TYPE ("ax"));
      for (gsize i = 0; i < g_variant_n_children (members); i++)
        {
          g_autoptr (GVariant) member = g_variant_get_child_value (members, i);
          gint64 id;

          func (member, FALSE, data);
          if (g_variant_lookup (member, "user_id", "x", &id))
            g_variant_builder_add (&builder, "x", id);
        }
      ids = g_variant_ref_sink (g_variant_builder_end (&builder));
      each_detail (cli, FALSE, ids, func, data, NULL);
    }
  while (*cursor != '\0');
}

/* ---- by name ---- */

static Fit
compare (const Search *search, const char *name)
{
  g_autofree char *folded = NULL;

  if (strcmp (name, search->text) == 0)
    return FIT_EXACT;
  folded = g_utf8_casefold (name, -1);
  if (strcmp (folded, search->folded) == 0)
    return FIT_FOLDED;
  return g_str_has_prefix (folded, search->folded) ? FIT_BEGINNING : FIT_NONE;
}

static gboolean
has_target (const Search *search, const FlooTarget *target)
{
  for (guint i = 0; i < search->targets->len; i++)
    if (g_array_index (search->targets, FlooTarget, i).id == target->id)
      return TRUE;
  return FALSE;
}

static void
consider (GVariant *record, gboolean is_group, gpointer data)
{
  Search *search = data;
  const char *const *names = is_group ? group_names : user_names;
  FlooTarget target = { .is_group = is_group };
  const char *name, *shown = NULL;
  Fit best = FIT_NONE;

  if (!g_variant_lookup (record, is_group ? "group_id" : "user_id", "x", &target.id))
    return;
  for (guint i = 0; names[i] != NULL; i++)
    if (g_variant_lookup (record, names[i], "&s", &name) && *name != '\0')
      {
        Fit fit = compare (search, name);

        if (fit > best)
          shown = name;
        best = MAX (best, fit);
      }
  if (best == FIT_NONE || best < search->best || (best == search->best && has_target (search, &target)))
    return;
  if (best > search->best)
    {
      g_array_set_size (search->targets, 0);
      g_ptr_array_set_size (search->shown, 0);
    }
  search->best = best;
  g_array_append_val (search->targets, target);
  g_ptr_array_add (search->shown, g_strdup_printf ("%s (%s:%" G_GINT64_FORMAT ")", shown, is_group ? "group" : "user", target.id));
}

static gboolean
ask_service (FlooCli *cli, const char *name, FlooTarget *target, GError **error)
{
  g_autoptr (GVariant) reply = floo_cli_call (cli, "Roster.FindByName", g_variant_new ("(s)", name), error);
  g_autoptr (GVariant) item = NULL;

  if (reply == NULL)
    {
      if (g_error_matches (*error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND))
        {
          g_clear_error (error);
          g_set_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "the service knows no user with the name %s", name);
        }
      return FALSE;
    }
  item = g_variant_get_child_value (reply, 0);
  target->is_group = FALSE;
  return g_variant_lookup (item, "user_id", "x", &target->id);
}

static gboolean
choose (FlooCli *cli, Search *search, const char *text, FlooNameKinds kinds, FlooTarget *target, GError **error)
{
  if (search->targets->len == 1)
    {
      *target = g_array_index (search->targets, FlooTarget, 0);
      return TRUE;
    }
  if (search->targets->len == 0)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "no %s is called %s%s",
                   cli->group != 0              ? "contact or member"
                   : kinds == FLOO_NAMES_USERS  ? "contact"
                   : kinds == FLOO_NAMES_GROUPS ? "group of yours"
                                                : "contact or group of yours",
                   text, kinds == FLOO_NAMES_GROUPS ? "" : "; for somebody else give the id, or user:NAME");
      return FALSE;
    }
  g_ptr_array_set_size (search->shown, MIN (search->shown->len, 10));
  g_ptr_array_add (search->shown, NULL);
  g_autofree char *list = g_strjoinv (", ", (char **) search->shown->pdata);
  g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_AMBIGUOUS, "%s matches %u names: %s%s", text, search->targets->len, list,
               search->targets->len > 10 ? ", ..." : "");
  return FALSE;
}

/* @ask: whether the service is asked where no contact has the name */
static gboolean
find_by_name (FlooCli *cli, const char *text, FlooNameKinds kinds, gboolean ask, FlooTarget *target, GError **error)
{
  Search search = { .text = (char *)text, .folded = g_utf8_casefold (text, -1) };
  gboolean found;

  search.targets = g_array_new (FALSE, FALSE, sizeof (FlooTarget));
  search.shown = g_ptr_array_new_with_free_func (g_free);
  found = ((kinds & FLOO_NAMES_USERS) == 0 || for_each (cli, FALSE, consider, &search, error))
          && ((kinds & FLOO_NAMES_GROUPS) == 0 || for_each (cli, TRUE, consider, &search, error));
  if (found && kinds == FLOO_NAMES_USERS && cli->group != 0 && search.best == FIT_NONE)
    for_each_member (cli, cli->group, consider, &search); /* without permission to list the members none is found */
  if (found && ask && search.best != FIT_EXACT)
    found = ask_service (cli, text, target, error);
  else if (found)
    found = choose (cli, &search, text, kinds, target, error);
  g_free (search.folded);
  g_array_unref (search.targets);
  g_ptr_array_unref (search.shown);
  return found;
}

/* ---- by id ---- */

static gboolean
is_joined (FlooCli *cli, gint64 id, gboolean *joined, GError **error)
{
  g_autoptr (GVariant) reply = floo_cli_call (cli, "Groups.ListJoined", g_variant_new ("(b)", FALSE), error);
  g_autoptr (GVariant) ids = NULL;
  const gint64 *all;
  gsize n;

  if (reply == NULL)
    return FALSE;
  ids = floo_reply_get ("Groups.ListJoined", reply, "group_ids");
  all = g_variant_get_fixed_array (ids, &n, sizeof (gint64));
  *joined = FALSE;
  for (gsize i = 0; i < n; i++)
    *joined |= all[i] == id;
  return TRUE;
}

/* A group that the user has left, or is not in, may still be a conversation. */
static gboolean
is_group_conversation (FlooCli *cli, gint64 id)
{
  g_autoptr (GVariant) reply = floo_cli_call (cli, "Conversations.Get", g_variant_new ("(x)", id), NULL);
  g_autoptr (GVariant) details = reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
  const char *type = "";

  if (details != NULL)
    g_variant_lookup (details, "type", "&s", &type);
  return strcmp (type, "group") == 0;
}

gboolean
floo_names_resolve (FlooCli *cli, const char *text, FlooNameKinds kinds, FlooTarget *target, GError **error)
{
  static const struct
  {
    const char *prefix;
    FlooNameKinds kinds;
  } prefixes[] = { { "user:", FLOO_NAMES_USERS }, { "group:", FLOO_NAMES_GROUPS }, { "id:", FLOO_NAMES_ALL } };
  const char *name = text;
  guint i = 0;

  while (i < G_N_ELEMENTS (prefixes) && !g_str_has_prefix (text, prefixes[i].prefix))
    i++;
  if (i < G_N_ELEMENTS (prefixes))
    {
      kinds &= prefixes[i].kinds;
      name += strlen (prefixes[i].prefix);
    }
  if (kinds == 0 || *name == '\0')
    {
      g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "%s is of a kind that is not accepted here", *text != '\0' ? text : "an empty name");
      return FALSE;
    }
  if (strspn (name, G_CSET_DIGITS) == strlen (name))
    {
      if (!floo_cli_parse_number ("an id", name, 0, G_MAXINT64, &target->id, error))
        return FALSE;
      target->is_group = kinds == FLOO_NAMES_GROUPS;
      if (kinds != FLOO_NAMES_ALL)
        return TRUE;
      if (!is_joined (cli, target->id, &target->is_group, error))
        return FALSE;
      target->is_group = target->is_group || is_group_conversation (cli, target->id);
      return TRUE;
    }
  if (i == 2)
    return floo_cli_parse_number ("an id", name, 0, G_MAXINT64, &target->id, error);
  return find_by_name (cli, name, kinds, i == 0, target, error);
}

/* ---- what to show ---- */

const char *
floo_names_lookup (FlooCli *cli, gint64 id)
{
  const char *name = g_hash_table_lookup (cli->names, &id);

  return name != NULL && *name != '\0' ? name : NULL;
}

static void
keep (FlooCli *cli, gint64 id, const char *name)
{
  g_hash_table_replace (cli->names, g_memdup2 (&id, sizeof id), g_strdup (name));
}

static void
keep_record (GVariant *record, gboolean is_group, gpointer cli)
{
  const char *const *names = is_group ? group_names : user_names;
  const char *name = "";
  gint64 id;

  if (!g_variant_lookup (record, is_group ? "group_id" : "user_id", "x", &id))
    return;
  for (guint i = 0; names[i] != NULL && *name == '\0'; i++)
    g_variant_lookup (record, names[i], "&s", &name);
  keep (cli, id, name);
}

void
floo_names_fetch (FlooCli *cli, FlooNameKinds kind, const gint64 *ids, gsize n)
{
  g_autoptr (GArray) missing = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GVariant) wanted = NULL;

  for (gsize i = 0; i < n; i++)
    if (ids[i] > 0 && !g_hash_table_contains (cli->names, &ids[i]))
      {
        keep (cli, ids[i], ""); /* so that it is requested only once, even if that fails */
        g_array_append_val (missing, ids[i]);
      }
  if (missing->len == 0)
    return;
  wanted = g_variant_ref_sink (g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, missing->data, missing->len, sizeof (gint64)));
  each_detail (cli, kind == FLOO_NAMES_GROUPS, wanted, keep_record, cli, NULL);
}

static void
add_names (GVariant *record, gboolean is_group, gpointer data)
{
  const char *const *names = is_group ? group_names : user_names;
  const char *name;

  for (guint i = 0; names[i] != NULL; i++)
    if (g_variant_lookup (record, names[i], "&s", &name) && *name != '\0'
        && !g_ptr_array_find_with_equal_func (data, name, g_str_equal, NULL))
      g_ptr_array_add (data, g_strdup (name));
}

GPtrArray *
floo_names_list (FlooCli *cli, FlooNameKinds kinds)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  if (kinds & FLOO_NAMES_USERS)
    for_each (cli, FALSE, add_names, names, NULL);
  if (kinds & FLOO_NAMES_GROUPS)
    for_each (cli, TRUE, add_names, names, NULL);
  return names;
}
