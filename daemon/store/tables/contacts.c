/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/contacts.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "store/tables/changes.h"
#include "store/engine/query.h"
#include "store/tables/touched.h"

/* The id of the list itself. */
#define LIST 0

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a;
  gint64 y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

/* Appends the listed ids, ascending. */
static gboolean
get_listed (FlooDb *db, FlooContactKind kind, GArray *ids, GError **error)
{
  return floo_query_collect (db, "contacts-listed", FLOO_INTS (kind), ids, error);
}

gboolean
floo_contacts_set_list (FlooDb *db, FlooContactKind kind, const gint64 *ids, guint n, gboolean *changed, GError **error)
{
  g_autoptr (GArray) old = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) wanted = g_array_sized_new (FALSE, FALSE, sizeof (gint64), n);
  guint i = 0, j = 0;

  *changed = FALSE;
  if (n > 0)
    g_array_append_vals (wanted, ids, n);
  g_array_sort (wanted, compare_ids);
  if (!get_listed (db, kind, old, error))
    return FALSE;
  /* Both are sorted: ids in only one of them are changes. */
  while (i < old->len || j < wanted->len)
    {
      gboolean gone = j >= wanted->len || (i < old->len && g_array_index (old, gint64, i) < g_array_index (wanted, gint64, j));
      gboolean added = i >= old->len || (j < wanted->len && g_array_index (wanted, gint64, j) < g_array_index (old, gint64, i));
      gboolean one = FALSE;

      if (gone && !floo_contacts_remove (db, kind, g_array_index (old, gint64, i), &one, error))
        return FALSE;
      if (added && !floo_contacts_add (db, kind, g_array_index (wanted, gint64, j), &one, error))
        return FALSE;
      *changed = *changed || one;
      i += !added;
      j += !gone;
    }
  return TRUE;
}

/* ---- times of changes ---- */

gint64
floo_contacts_get_moment (void)
{
  return floo_changes_get_moment ();
}

gboolean
floo_contacts_list_changed_since (FlooDb *db, FlooContactKind kind, gint64 moment)
{
  return floo_changes_since (db, kind, LIST, moment);
}

/* ---- the list ---- */

static gboolean
run_on (FlooDb *db, const char *name, FlooContactKind kind, gint64 id, gboolean *changed, GError **error)
{
  guint n;

  if (!floo_query_run_ints (db, name, FLOO_INTS (kind, id), &n, error))
    return FALSE;
  *changed = n > 0;
  return TRUE;
}

/* After joining or leaving our role in the group has changed, too. */
static void
note_listed (FlooDb *db, FlooContactKind kind, gint64 id)
{
  floo_changes_note (db, kind, LIST);
  if (kind != FLOO_CONTACT_GROUP)
    return;
  floo_changes_note (db, FLOO_CHANGES_OF_STANDING, id);
  floo_touched_add_contact (db, id);
}

gboolean
floo_contacts_add (FlooDb *db, FlooContactKind kind, gint64 id, gboolean *changed, GError **error)
{
  if (!run_on (db, "contact-add", kind, id, changed, error))
    return FALSE;
  if (*changed)
    note_listed (db, kind, id);
  return TRUE;
}

gboolean
floo_contacts_remove (FlooDb *db, FlooContactKind kind, gint64 id, gboolean *changed, GError **error)
{
  if (!run_on (db, "contact-remove", kind, id, changed, error))
    return FALSE;
  if (*changed)
    note_listed (db, kind, id);
  return TRUE;
}

GVariant *
floo_contacts_list (FlooDb *db, FlooContactKind kind, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (!get_listed (db, kind, ids, error))
    return NULL;
  return g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, ids->data, ids->len, sizeof (gint64));
}

gboolean
floo_contacts_is_listed (FlooDb *db, FlooContactKind kind, gint64 id, gboolean *listed, GError **error)
{
  return floo_query_get_bool (db, "contact-is-listed", FLOO_INTS (kind, id), listed, error);
}

gboolean
floo_contacts_missing (FlooDb *db, FlooContactKind kind, guint limit, GArray *ids, GError **error)
{
  return floo_query_collect (db, "contacts-missing", FLOO_INTS (kind, limit), ids, error);
}

gboolean
floo_contacts_is_missing (FlooDb *db, FlooContactKind kind, gint64 id, gboolean *missing, GError **error)
{
  gboolean known;
  gint64 value;

  if (!floo_query_get_int (db, "contact-is-missing", FLOO_INTS (kind, id), &value, &known, error))
    return FALSE;
  *missing = !known || value != 0;
  return TRUE;
}

gboolean
floo_contacts_get_sender (FlooDb *db, gint64 id, char **name, gboolean *is_missing, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "contact-get-name", FLOO_INTS (FLOO_CONTACT_USER, id), error);
  gboolean row;

  if (!floo_query_next (query, &row, error))
    return FALSE;
  *name = row ? g_strdup (floo_query_text (query, 0)) : NULL;
  *is_missing = !row || floo_query_int (query, 1) != 0;
  return !*is_missing || floo_query_run_ints (db, "contact-want", FLOO_INTS (FLOO_CONTACT_USER, id), NULL, error);
}

gboolean
floo_contacts_hint_name (FlooDb *db, gint64 id, const char *name, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "contact-hint-name", FLOO_INTS (id), error);

  floo_query_bind_text (query, 2, name);
  floo_touched_add_contact (db, id);
  return floo_query_run (query, error);
}

gboolean
floo_contacts_is_hidden (FlooDb *db, gint64 group, gint64 user, gboolean *hidden, GError **error)
{
  return floo_query_get_bool (db, "contact-is-hidden", FLOO_INTS (group, user), hidden, error);
}

gboolean
floo_contacts_mark_stale (FlooDb *db, FlooContactKind kind, gint64 id, GError **error)
{
  gboolean changed;

  floo_changes_note (db, kind, id);
  return run_on (db, "contact-mark-stale", kind, id, &changed, error);
}

/* The details of a contact. @details: (out) (transfer full) (nullable): NULL where there are none that can be read */
static gboolean
load (FlooDb *db, FlooContactKind kind, gint64 id, JsonNode **details, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "contact-get-details", FLOO_INTS (kind, id), error);
  const char *text;
  gboolean row;

  *details = NULL;
  if (!floo_query_next (query, &row, error))
    return FALSE;
  text = row ? floo_query_text (query, 0) : NULL;
  if (text != NULL)
    *details = floo_json_parse (text, strlen (text), NULL);
  if (*details != NULL && !JSON_NODE_HOLDS_OBJECT (*details))
    g_clear_pointer (details, json_node_unref);
  return TRUE;
}

static const char *
find_name (FlooContactKind kind, JsonObject *details)
{
  static const char *const of_users[] = { "alias", "nick_name", "username", NULL };
  static const char *const of_groups[] = { "name", NULL };
  const char *const *fields = kind == FLOO_CONTACT_GROUP ? of_groups : of_users;

  for (; *fields != NULL; fields++)
    {
      const char *name = floo_json_get_string (details, *fields);

      if (name != NULL && *name != '\0')
        return name;
    }
  return NULL;
}

static gboolean
is_muted (FlooContactKind kind, JsonObject *details)
{
  gboolean muted = FALSE;
  gint64 mode = 0;

  if (kind == FLOO_CONTACT_GROUP)
    return floo_json_get_int (details, "msg_mute_mode", &mode) && mode != 0;
  return floo_json_get_bool (details, "mute_notification", &muted) && muted;
}

/* Details have it as owner_id, brief ones as owner. */
static gboolean
is_owned (FlooDb *db, JsonObject *details)
{
  gint64 owner = 0;

  if (!floo_json_get_int (details, "owner_id", &owner))
    (void) floo_json_get_int (details, "owner", &owner);
  return owner == db->user_id;
}

static gboolean
hides_info (JsonObject *details)
{
  gboolean hides = FALSE;

  return floo_json_get_bool (details, "hide_member_info", &hides) && hides;
}

/* In ms, from s. */
static gint64
all_banned_until (JsonObject *details)
{
  gint64 until = 0;

  (void) floo_json_get_int (details, "ban_expire_time", &until);
  return until > 0 ? MIN (until, G_MAXINT64 / 1000) * 1000 : MAX (until, -1);
}

/* Stores details; fields shown in the conversation list have columns of their own. @fresh: they are no longer stale */
static gboolean
save (FlooDb *db, FlooContactKind kind, gint64 id, JsonNode *details, gboolean fresh, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "contact-put", FLOO_INTS (kind, id), error);
  JsonObject *object = json_node_get_object (details);
  g_autofree char *text = floo_json_to_text (details);

  floo_query_bind_text (query, 3, text);
  floo_query_bind_text (query, 4, find_name (kind, object));
  floo_query_bind_text (query, 5, floo_json_get_string (object, "avatar"));
  floo_query_bind_int (query, 6, is_muted (kind, object) ? 1 : 0);
  floo_query_bind_int (query, 7, fresh ? 1 : 0);
  floo_query_bind_int (query, 8, kind == FLOO_CONTACT_GROUP && is_owned (db, object) ? 1 : 0);
  floo_query_bind_int (query, 9, kind == FLOO_CONTACT_GROUP ? all_banned_until (object) : 0);
  floo_query_bind_int (query, 10, kind == FLOO_CONTACT_GROUP && hides_info (object) ? 1 : 0);
  floo_touched_add_contact (db, id);
  return floo_query_run (query, error);
}

gboolean
floo_contacts_put (FlooDb *db, FlooContactKind kind, gint64 id, GVariant *details, gboolean *changed, GError **error)
{
  g_autoptr (JsonNode) fields = json_gvariant_serialize (details);
  g_autoptr (JsonNode) there = NULL;
  gboolean differs;

  if (!load (db, kind, id, &there, error))
    return FALSE;
  differs = there == NULL || floo_json_merge (json_node_get_object (there), json_node_get_object (fields));
  if (changed != NULL)
    *changed = differs;
  if (differs)
    return save (db, kind, id, there != NULL ? there : fields, TRUE, error);
  return run_on (db, "contact-mark-fresh", kind, id, &differs, error);
}

gboolean
floo_contacts_put_answer (FlooDb *db, FlooContactKind kind, gint64 id, GVariant *details, gint64 asked, gboolean *changed,
                          gboolean *outdated, GError **error)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (details);
  gboolean marked;

  *outdated = floo_changes_since (db, kind, id, asked);
  if (!*outdated)
    return floo_contacts_put (db, kind, id, sunk, changed, error);
  if (changed != NULL)
    *changed = FALSE;
  return run_on (db, "contact-mark-stale", kind, id, &marked, error);
}

gboolean
floo_contacts_merge (FlooDb *db, FlooContactKind kind, gint64 id, JsonObject *fields, gboolean *changed, GError **error)
{
  g_autoptr (JsonNode) there = NULL;

  *changed = FALSE;
  floo_changes_note (db, kind, id);
  if (!load (db, kind, id, &there, error))
    return FALSE;
  if (there == NULL || !floo_json_merge (json_node_get_object (there), fields))
    return TRUE;
  *changed = TRUE;
  return save (db, kind, id, there, FALSE, error);
}

GVariant *
floo_contacts_get (FlooDb *db, FlooContactKind kind, const FlooRecord *record, const gint64 *ids, guint n, GArray *missing, GError **error)
{
  GVariantBuilder records;

  g_variant_builder_init (&records, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (JsonNode) details = NULL;
      GVariant *value;

      if (!load (db, kind, ids[i], &details, error))
        {
          g_variant_builder_clear (&records);
          return NULL;
        }
      /* A notice may have merged a field of a wrong type: the details are fetched again. */
      value = details != NULL ? floo_record_from_json (record, details, NULL) : NULL;
      if (value != NULL)
        g_variant_builder_add_value (&records, value);
      else if (missing != NULL)
        g_array_append_val (missing, ids[i]);
    }
  return g_variant_builder_end (&records);
}

gboolean
floo_contacts_get_one (FlooDb *db, FlooContactKind kind, const FlooRecord *record, gint64 id, GVariant **details, GError **error)
{
  GVariant *found = floo_contacts_get (db, kind, record, &id, 1, NULL, error);
  g_autoptr (GVariant) items = found != NULL ? g_variant_ref_sink (found) : NULL;

  *details = items != NULL && g_variant_n_children (items) > 0 ? g_variant_get_child_value (items, 0) : NULL;
  return items != NULL;
}
