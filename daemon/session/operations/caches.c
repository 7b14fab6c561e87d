/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * caches.c: answers operations from the store instead of the service. Store thread, in read jobs.
 *
 * Each function leaves call->result NULL if the store does not have the answer.
 */
#include "session/operations/table.h"

#include "session/apply/values.h"
#include "store/tables/contacts.h"

static gint64
group_of (const FlooOperationCall *call)
{
  gint64 id;

  g_variant_get_child (call->args, 0, "x", &id);
  return id;
}

static gboolean
set_result (FlooOperationCall *call, GVariant *result)
{
  call->result = g_variant_ref_sink (result);
  return TRUE;
}

/* The list's ids, if the list is complete. */
gboolean
floo_cache_ids (FlooDb *db, FlooOperationCall *call, GError **error)
{
  gboolean complete;
  GVariant *ids;
  guint n;

  if (!floo_lists_get_state (db, call->row->list, 0, &complete, &n, error))
    return FALSE;
  if (!complete)
    return TRUE;
  ids = floo_lists_get_ids (db, call->row->list, 0, error);
  return ids != NULL && set_result (call, g_variant_new ("(@ax)", ids));
}

/* The cursor of the requested page, "" for lists without pages. */
static const char *
cursor_of (const FlooOperationCall *call)
{
  const char *cursor = "";

  if (call->row->result == FLOO_RESULT_PAGE)
    g_variant_get_child (call->args, g_variant_n_children (call->args) - 2, "&s", &cursor);
  return cursor;
}

static gboolean
get_page (FlooDb *db, FlooOperationCall *call, const gint64 *owners, guint n, GError **error)
{
  g_autofree char *next = NULL;
  guint32 limit = G_MAXUINT32;
  GVariant *items;

  if (call->row->result == FLOO_RESULT_PAGE)
    g_variant_get_child (call->args, g_variant_n_children (call->args) - 1, "u", &limit);
  items = floo_lists_get_page (db, call->row->list, owners, n, call->row->record, cursor_of (call), limit, &next, error);
  if (items == NULL)
    return FALSE;
  if (call->row->result == FLOO_RESULT_PAGE)
    return set_result (call, g_variant_new ("(@aa{sv}s)", items, next));
  return set_result (call, g_variant_new ("(@aa{sv})", items));
}

/* The stored pending decisions; of the groups in the first argument, if it is an array. */
gboolean
floo_cache_pending (FlooDb *db, FlooOperationCall *call, GError **error)
{
  g_autoptr (GVariant) first = g_variant_get_child_value (call->args, 0);
  static const gint64 none = 0;
  const gint64 *groups = NULL;
  gsize n = 0;

  if (g_variant_is_of_type (first, G_VARIANT_TYPE ("ax")))
    {
      groups = g_variant_get_fixed_array (first, &n, sizeof *groups);
      if (n == 0)
        groups = &none;
    }
  return get_page (db, call, groups, (guint) n, error);
}

/* The number of members that the group's details tell; -1: not known. */
static gboolean
count_of (FlooDb *db, gint64 group, gint64 *count, GError **error)
{
  g_autoptr (GVariant) info = NULL;

  *count = -1;
  if (!floo_contacts_get_one (db, FLOO_CONTACT_GROUP, &floo_record_brief_group_info, group, &info, error))
    return FALSE;
  if (info != NULL)
    g_variant_lookup (info, "count", "x", count);
  return TRUE;
}

/* A complete list of a group; that of its members only if their number is right, while the service can be asked. */
gboolean
floo_cache_list (FlooDb *db, FlooOperationCall *call, GError **error)
{
  gint64 group = group_of (call), count = -1;
  gboolean complete, listed;
  guint n;

  if (!floo_lists_get_state (db, call->row->list, group, &complete, &n, error)
      || !floo_contacts_is_listed (db, FLOO_CONTACT_GROUP, group, &listed, error))
    return FALSE;
  if (call->row->list == FLOO_LIST_MEMBERS && !count_of (db, group, &count, error))
    return FALSE;
  /* Pages after one from the store come from the store, too. */
  if (!floo_lists_is_own_cursor (cursor_of (call)) && (!complete || !listed || (call->online && count >= 0 && count != n)))
    return TRUE;
  return get_page (db, call, &group, 1, error)
         && (call->row->record != &floo_record_group_member || floo_complete_members (db, call, error));
}

/* Some members, if all of them are in the store. */
gboolean
floo_cache_members (FlooDb *db, FlooOperationCall *call, GError **error)
{
  g_autoptr (GVariant) ids = g_variant_get_child_value (call->args, 1);
  g_autoptr (GError) failure = NULL;
  const gint64 *users;
  GVariant *items;
  gsize n;

  users = g_variant_get_fixed_array (ids, &n, sizeof *users);
  items = floo_lists_get (db, FLOO_LIST_MEMBERS, group_of (call), call->row->record, users, (guint) n, &failure);
  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  return items == NULL || (set_result (call, g_variant_new ("(@aa{sv})", items)) && floo_complete_members (db, call, error));
}

/* A stale value is used only while offline. */
gboolean
floo_cache_value (FlooDb *db, FlooOperationCall *call, GError **error)
{
  g_autoptr (GError) failure = NULL;
  gboolean stale = FALSE;
  GVariant *value = floo_values_get_record (db, call->row->field, call->row->record, &stale, &failure);

  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  if (value != NULL && (!stale || !call->online))
    return set_result (call, g_variant_new ("(@a{sv})", value));
  if (value != NULL)
    g_variant_unref (g_variant_ref_sink (value));
  return TRUE;
}
