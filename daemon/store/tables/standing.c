/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/standing.h"

#include "store/engine/query.h"
#include "store/tables/changes.h"
#include "store/tables/touched.h"

const char *
floo_role_to_string (gint64 role)
{
  static const char *const names[FLOO_N_ROLES] = { "none", "member", "admin", "owner" };

  return names[role >= 0 && role < FLOO_N_ROLES ? role : FLOO_ROLE_NONE];
}

/* Runs a statement that only changes rows with other values. */
static gboolean
run (FlooDb *db, FlooQuery *query, gint64 group, GError **error)
{
  if (!floo_query_run (query, error))
    return FALSE;
  if (sqlite3_changes (db->handle) > 0)
    floo_touched_add_contact (db, group);
  return TRUE;
}

static gboolean
set_number (FlooDb *db, const char *statement, gint64 group, gint64 value, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, statement, FLOO_INTS (group, value), error);

  return run (db, query, group, error);
}

static gboolean
set_name (FlooDb *db, gint64 group, const char *name, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "standing-set-name", FLOO_INTS (group), error);

  floo_query_bind_text (query, 2, *name != '\0' ? name : NULL);
  return run (db, query, group, error);
}

/* ---- changes ---- */

static void
note_change (FlooDb *db, gint64 group)
{
  floo_changes_note (db, FLOO_CHANGES_OF_STANDING, group);
}

gboolean
floo_standing_set_admin (FlooDb *db, gint64 group, gboolean admin, GError **error)
{
  note_change (db, group);
  return set_number (db, "standing-set-admin", group, admin ? 1 : 0, error);
}

gboolean
floo_standing_set_name (FlooDb *db, gint64 group, const char *name, GError **error)
{
  note_change (db, group);
  return set_name (db, group, name, error);
}

gboolean
floo_standing_set_ban (FlooDb *db, gint64 group, gint64 until, GError **error)
{
  note_change (db, group);
  return set_number (db, "standing-set-ban", group, MAX (until, -1), error);
}

gboolean
floo_standing_forget (FlooDb *db, gint64 group, GError **error)
{
  note_change (db, group);
  return floo_query_run_ints (db, "standing-forget", FLOO_INTS (group), NULL, error);
}

/* ---- answers ---- */

gboolean
floo_standing_take_member (FlooDb *db, gint64 group, GVariant *member, GError **error)
{
  const char *name;
  gint64 until;

  return (!g_variant_lookup (member, "display_name", "&s", &name) || set_name (db, group, name, error))
         && (!g_variant_lookup (member, "expired_time", "x", &until)
             || set_number (db, "standing-set-ban", group, MAX (until, -1), error));
}

gboolean
floo_standing_changed_since (FlooDb *db, gint64 group, gint64 moment)
{
  return floo_changes_since (db, FLOO_CHANGES_OF_STANDING, group, moment);
}

gboolean
floo_standing_mark_known (FlooDb *db, gint64 group, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "standing-mark-known", FLOO_INTS (group), error);

  return run (db, query, group, error);
}

/* ---- reading ---- */

gboolean
floo_standing_next (FlooDb *db, gint64 *group, GError **error)
{
  return floo_query_get_int (db, "standing-next", NULL, 0, group, NULL, error);
}

gboolean
floo_standing_describe (FlooDb *db, gint64 group, GVariantDict *details, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "standing-get", FLOO_INTS (group), error);
  const char *name = NULL;
  gint64 until = 0;
  FlooRole role = FLOO_ROLE_NONE;
  gboolean row, known = TRUE;

  if (!floo_query_next (query, &row, error))
    return FALSE;
  if (row)
    {
      known = !floo_query_is_null (query, 0);
      role = (FlooRole) floo_query_int (query, 0);
      name = floo_query_text (query, 1);
      until = floo_query_int (query, 2);
    }
  g_variant_dict_insert (details, "role", "s", known ? floo_role_to_string (role) : "");
  g_variant_dict_insert (details, "my_display_name", "s", name != NULL ? name : "");
  g_variant_dict_insert (details, "banned_until", "x", until);
  return TRUE;
}
