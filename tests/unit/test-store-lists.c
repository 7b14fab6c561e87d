/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists that are fetched in pages: complete only after all pages of a pass, and kept up to date afterwards. */
#include "store-fixture.h"

#include "base/backoff.h"
#include "store/tables/contacts.h"
#include "store/engine/db.h"
#include "store/tables/lists.h"
#include "store/tables/members.h"
#include "store/tables/standing.h"

#define GROUP 2001

static GVariant *
members (const char *text)
{
  return g_variant_ref_sink (g_variant_new_parsed (text));
}

static gboolean
take (FlooDb *db, const char *cursor, const char *next, const char *text, gboolean *changed, GError **error)
{
  g_autoptr (GVariant) records = members (text);

  return floo_lists_take_page (db, FLOO_LIST_MEMBERS, GROUP, cursor, next, records, changed, error);
}

static void
expect_state (FlooDb *db, gboolean complete, guint n)
{
  g_autoptr (GError) error = NULL;
  gboolean is_complete;
  guint count;

  g_assert_true (floo_lists_get_state (db, FLOO_LIST_MEMBERS, GROUP, &is_complete, &count, &error));
  g_assert_no_error (error);
  g_assert_cmpint (is_complete, ==, complete);
  g_assert_cmpuint (count, ==, n);
}

static gboolean
run_reading (FlooDb *db, gpointer data, GError **error)
{
  gboolean changed;

  g_assert_true (take (db, "", "a", "[{'user_id': <int64 1>}, {'user_id': <int64 2>}]", &changed, error));
  expect_state (db, FALSE, 2);
  /* A page of another pass only adds its entries. */
  g_assert_true (take (db, "zzz", "", "[{'user_id': <int64 3>}]", &changed, error));
  expect_state (db, FALSE, 3);
  g_assert_true (take (db, "a", "", "[{'user_id': <int64 3>, 'display_name': <'C'>}]", &changed, error));
  expect_state (db, TRUE, 3);
  /* The next pass does not contain 2 any more. Meanwhile the list stays complete. */
  g_assert_true (take (db, "", "b", "[{'user_id': <int64 1>}]", &changed, error));
  g_assert_false (changed);
  expect_state (db, TRUE, 3);
  g_assert_true (take (db, "b", "", "[{'user_id': <int64 3>}]", &changed, error));
  g_assert_true (changed);
  expect_state (db, TRUE, 2);
  return TRUE;
}

static gboolean
run_changes (FlooDb *db, gpointer data, GError **error)
{
  g_autoptr (GVariant) item = NULL;
  g_autoptr (GArray) stale = g_array_new (FALSE, FALSE, sizeof (gint64));
  const gint64 ids[] = { 3, 1 };
  gboolean changed;
  gint64 owner;

  g_assert_true (take (db, "", "", "[{'user_id': <int64 1>}, {'user_id': <int64 3>, 'display_name': <'C'>}]", &changed, error));
  g_assert_true (floo_lists_add (db, FLOO_LIST_MEMBERS, GROUP, 3, &changed, error));
  g_assert_false (changed);
  item = g_variant_ref_sink (floo_lists_get (db, FLOO_LIST_MEMBERS, GROUP, &floo_record_group_member, ids, 2, error));
  g_assert_cmpuint (g_variant_n_children (item), ==, 2);
  g_assert_true (floo_lists_mark_stale (db, FLOO_LIST_MEMBERS, GROUP, 3, error));
  g_assert_null (floo_lists_get (db, FLOO_LIST_MEMBERS, GROUP, &floo_record_group_member, ids, 2, error));
  g_assert_true (floo_lists_get_stale (db, FLOO_LIST_MEMBERS, 10, &owner, stale, error));
  g_assert_cmpint (owner, ==, GROUP);
  g_assert_cmpuint (stale->len, ==, 1);
  g_assert_true (floo_lists_remove (db, FLOO_LIST_MEMBERS, GROUP, 3, &changed, error));
  g_assert_true (changed);
  expect_state (db, TRUE, 1);
  g_assert_true (floo_lists_forget (db, FLOO_LIST_MEMBERS, GROUP, error));
  expect_state (db, FALSE, 1);
  g_assert_true (floo_lists_remove_owner (db, GROUP, error));
  expect_state (db, FALSE, 0);
  return TRUE;
}

#define GET_PAGE(cursor, error)                                                                                                            \
  floo_lists_get_page (db, FLOO_LIST_GROUP_APPLICATIONS, owners, n_owners, &floo_record_group_application, cursor, limit, next, error)

static guint
count_page (FlooDb *db, const gint64 *owners, guint n_owners, const char *cursor, guint limit, char **next)
{
  g_autoptr (GError) error = NULL;
  GVariant *page = GET_PAGE (cursor, &error);
  guint n;

  g_assert_no_error (error);
  g_variant_ref_sink (page);
  n = (guint) g_variant_n_children (page);
  g_variant_unref (page);
  return n;
}

static void
check_bad_cursor (FlooDb *db, const gint64 *owners, guint n_owners, const char *cursor)
{
  g_autofree char *text = NULL;
  char **next = &text;
  g_autoptr (GError) error = NULL;
  guint limit = 10;

  g_assert_null (GET_PAGE (cursor, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
}

static void
apply (FlooDb *db, gint64 group, gint64 user, gint32 status, gint64 expires)
{
  g_autoptr (GError) error = NULL;
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "group_id", "x", group);
  g_variant_dict_insert (&dict, "applicant_id", "x", user);
  g_variant_dict_insert (&dict, "status", "i", status);
  g_variant_dict_insert (&dict, "expire_time", "x", expires);
  g_assert_true (floo_lists_put (db, FLOO_LIST_GROUP_APPLICATIONS, FLOO_LIST_ANY_OWNER, g_variant_dict_end (&dict), NULL, &error));
  g_assert_no_error (error);
}

/* Of several groups, in pages; expired entries are left out, and of the decided ones the last 200 are kept. */
static gboolean
run_pages (FlooDb *db, gpointer data, GError **error)
{
  const gint64 both[] = { 7, 5 }, one[] = { 5 }, other[] = { 9 };
  g_autofree char *next = NULL, *end = NULL, *last = NULL, *none = NULL;
  static const char *const bad[] = { "x", "local:", "local:1", "local:1:x", "local::" };

  for (gint64 user = 1; user <= 5; user++)
    {
      apply (db, 5, user, 0, 0);
      apply (db, 6, user, 0, 0);
      apply (db, 7, user, 0, floo_now_ms () + 100000);
    }
  g_assert_cmpuint (count_page (db, both, 2, "", 6, &next), ==, 6);
  g_assert_true (floo_lists_is_own_cursor (next));
  g_assert_cmpuint (count_page (db, both, 2, next, 6, &end), ==, 4);
  g_assert_cmpstr (end, ==, "");
  apply (db, 5, 1, 1, 0);
  apply (db, 5, 2, 0, floo_now_ms () - 1);
  g_assert_cmpuint (count_page (db, one, 1, "", 10, &last), ==, 4);
  g_assert_cmpuint (count_page (db, other, 1, "", 10, &none), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    check_bad_cursor (db, one, 1, bad[i]);
  for (gint64 user = 1; user <= 250; user++)
    {
      apply (db, 9, user, 0, floo_now_ms () + 100000);
      if (user > 5)
        g_assert_true (floo_lists_decide (db, FLOO_LIST_GROUP_APPLICATIONS, 9, user, FLOO_DECISION_DECLINED, error));
    }
  g_free (g_steal_pointer (&none));
  g_assert_cmpuint (count_page (db, other, 1, "", 1000, &none), <=, 205);
  g_free (g_steal_pointer (&none));
  /* When a group is left its decided entries are kept, the pending ones are not. */
  g_assert_true (floo_lists_remove_owner (db, 9, error));
  g_assert_cmpuint (count_page (db, other, 1, "", 1000, &none), >=, 199);
  return TRUE;
}

/* An answer to a request from before a change is stale, one to a later request is not. */
static gboolean
run_news (FlooDb *db, gpointer data, GError **error)
{
  gint64 asked = floo_contacts_get_moment () + 1;
  gboolean changed;

  while (floo_contacts_get_moment () < asked)
    g_thread_yield ();
  g_assert_false (floo_lists_changed_since (db, FLOO_LIST_MEMBERS, GROUP, asked));
  /* A page of the service is no change; the removal of an unknown member is one, since an answer under way may contain the member. */
  g_assert_true (take (db, "", "", "[{'user_id': <int64 1>}]", &changed, error));
  g_assert_false (floo_lists_changed_since (db, FLOO_LIST_MEMBERS, GROUP, asked));
  g_assert_true (floo_lists_remove (db, FLOO_LIST_MEMBERS, GROUP, 2, &changed, error));
  g_assert_false (changed);
  g_assert_true (floo_lists_changed_since (db, FLOO_LIST_MEMBERS, GROUP, asked));
  g_assert_false (floo_lists_changed_since (db, FLOO_LIST_ADMINS, GROUP, asked));
  g_assert_false (floo_lists_changed_since (db, FLOO_LIST_MEMBERS, GROUP + 1, asked));
  g_assert_false (floo_lists_changed_since (db, FLOO_LIST_MEMBERS, GROUP, floo_contacts_get_moment () + 1));
  /* A change in one group is one of the list of all groups. */
  g_assert_false (floo_lists_changed_since (db, FLOO_LIST_GROUP_APPLICATIONS, FLOO_LIST_ANY_OWNER, asked));
  apply (db, GROUP, 1, 0, 0);
  g_assert_true (floo_lists_changed_since (db, FLOO_LIST_GROUP_APPLICATIONS, FLOO_LIST_ANY_OWNER, asked));
  return TRUE;
}

/* An entry that a notice adds between the pages of a pass is in the complete list, though it is on no page. */
static gboolean
run_between_pages (FlooDb *db, gpointer data, GError **error)
{
  g_autoptr (GVariant) none = members ("@aa{sv} []");
  const gint64 owners[] = { GROUP };
  g_autofree char *next = NULL;
  gboolean changed;

  g_assert_true (floo_lists_take_page (db, FLOO_LIST_GROUP_APPLICATIONS, FLOO_LIST_ANY_OWNER, "", "a", none, &changed, error));
  apply (db, GROUP, 1, 0, 0);
  g_assert_true (floo_lists_take_page (db, FLOO_LIST_GROUP_APPLICATIONS, FLOO_LIST_ANY_OWNER, "a", "", none, &changed, error));
  g_assert_cmpuint (count_page (db, owners, 1, "", 10, &next), ==, 1);
  return TRUE;
}

static void
test_reading (Fixture *f, gconstpointer data)
{
  fixture_write (f, run_reading, NULL);
}

static void
test_changes (Fixture *f, gconstpointer data)
{
  fixture_write (f, run_changes, NULL);
}

static void
test_pages (Fixture *f, gconstpointer data)
{
  fixture_write (f, run_pages, NULL);
}

static void
test_news (Fixture *f, gconstpointer data)
{
  fixture_write (f, run_news, NULL);
}

/* ---- our own role in a group ---- */

static void
expect_standing (FlooDb *db, const char *printed)
{
  g_autoptr (GVariant) standing = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  GVariantDict dict;
  const char *role = NULL, *name = NULL;
  gint64 until = 0;

  g_variant_dict_init (&dict, NULL);
  g_assert_true (floo_standing_describe (db, GROUP, &dict, &error));
  g_assert_no_error (error);
  standing = g_variant_ref_sink (g_variant_dict_end (&dict));
  g_assert_true (g_variant_lookup (standing, "role", "&s", &role) && g_variant_lookup (standing, "my_display_name", "&s", &name)
                 && g_variant_lookup (standing, "banned_until", "x", &until));
  text = g_strdup_printf ("%s '%s' %" G_GINT64_FORMAT, role, name, until);
  g_assert_cmpstr (text, ==, printed);
}

static void
put_group (FlooDb *db, const char *text)
{
  g_autoptr (GVariant) details = members (text);
  g_autoptr (GError) error = NULL;

  g_assert_true (floo_contacts_put (db, FLOO_CONTACT_GROUP, GROUP, details, NULL, &error));
  g_assert_no_error (error);
}

static void
take_admins (FlooDb *db, const char *text)
{
  g_autoptr (GVariant) records = members (text);
  g_autoptr (GError) error = NULL;
  gboolean changed;

  g_assert_true (floo_lists_take_page (db, FLOO_LIST_ADMINS, GROUP, "", "", records, &changed, &error));
  g_assert_no_error (error);
}

/* We are FIXTURE_SELF, 1000. */
static gboolean
run_standing (FlooDb *db, gpointer data, GError **error)
{
  gint64 group, asked;
  gboolean changed;

  expect_standing (db, "none '' 0");
  put_group (db, "{'group_id': <int64 2001>, 'owner': <int64 2>, 'ban_expire_time': <int64 1800000000>}");
  expect_standing (db, "none '' 0");
  g_assert_true (floo_contacts_add (db, FLOO_CONTACT_GROUP, GROUP, &changed, error));
  expect_standing (db, " '' 1800000000000");
  g_assert_true (floo_standing_next (db, &group, error) && group == GROUP);
  asked = floo_contacts_get_moment () + 1;
  while (floo_contacts_get_moment () <= asked)
    ;
  g_assert_false (floo_standing_changed_since (db, GROUP, asked));
  g_assert_true (floo_standing_mark_known (db, GROUP, error));
  expect_standing (db, "member '' 1800000000000");
  g_assert_true (floo_standing_next (db, &group, error) && group == 0);
  /* A ban of all does not apply to admins. */
  take_admins (db, "[{'user_id': <int64 1000>}, {'user_id': <int64 3>}]");
  expect_standing (db, "admin '' 0");
  take_admins (db, "[{'user_id': <int64 3>}]");
  expect_standing (db, "member '' 1800000000000");
  g_assert_true (floo_standing_set_ban (db, GROUP, -1, error) && floo_standing_set_name (db, GROUP, "Al", error));
  g_assert_true (floo_standing_changed_since (db, GROUP, asked));
  expect_standing (db, "member 'Al' -1");
  /* An entry in the list of members counts, too; an older one of ours without the field changes nothing. */
  g_assert_true (take (db, "", "", "[{'user_id': <int64 1000>, 'expired_time': <int64 1900000000000>}]", &changed, error));
  expect_standing (db, "member 'Al' 1900000000000");
  g_assert_true (floo_standing_set_ban (db, GROUP, 0, error));
  g_assert_true (take (db, "", "", "[{'user_id': <int64 1000>, 'display_name': <'Ally'>}]", &changed, error));
  expect_standing (db, "member 'Ally' 1800000000000");
  put_group (db, "{'group_id': <int64 2001>, 'owner_id': <int64 1000>, 'ban_expire_time': <int64 -1>}");
  expect_standing (db, "owner 'Ally' 0");
  g_assert_true (floo_standing_forget (db, GROUP, error));
  g_assert_true (floo_standing_next (db, &group, error) && group == GROUP);
  expect_standing (db, "owner 'Ally' 0");
  put_group (db, "{'group_id': <int64 2001>, 'owner_id': <int64 2>}");
  expect_standing (db, "member 'Ally' -1");
  /* We leave and join again. */
  g_assert_true (floo_contacts_remove (db, FLOO_CONTACT_GROUP, GROUP, &changed, error));
  expect_standing (db, "none '' 0");
  g_assert_true (floo_standing_set_admin (db, GROUP, TRUE, error));
  expect_standing (db, "none '' 0");
  g_assert_true (floo_contacts_add (db, FLOO_CONTACT_GROUP, GROUP, &changed, error));
  expect_standing (db, " '' -1");
  return TRUE;
}

static void
test_standing (Fixture *f, gconstpointer data)
{
  fixture_write (f, run_standing, NULL);
}

static void
test_between_pages (Fixture *f, gconstpointer data)
{
  fixture_write (f, run_between_pages, NULL);
}

/* How often statements ran on this connection. */
static int
count_runs (FlooDb *db)
{
  int n = 0;

  for (sqlite3_stmt *statement = sqlite3_next_stmt (db->handle, NULL); statement != NULL; statement = sqlite3_next_stmt (db->handle, statement))
    n += sqlite3_stmt_status (statement, SQLITE_STMTSTATUS_RUN, 0);
  return n;
}

static GVariant *
describe (FlooDb *db, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) records = members (text);
  GVariant *described = floo_members_describe (db, GROUP, records, &error);

  g_assert_no_error (error);
  return g_variant_ref_sink (described);
}

static void
expect_described (FlooDb *db, const char *records, const char *expected)
{
  g_autoptr (GVariant) after = describe (db, records), wanted = members (expected);

  g_assert_cmpuint (g_variant_n_children (after), ==, g_variant_n_children (wanted));
  for (gsize i = 0; i < g_variant_n_children (after); i++)
    {
      g_autoptr (GVariant) one = g_variant_get_child_value (after, i), other = g_variant_get_child_value (wanted, i);
      GVariantIter fields;
      const char *key;
      GVariant *value;

      g_assert_cmpuint (g_variant_n_children (one), ==, g_variant_n_children (other));
      g_variant_iter_init (&fields, other);
      while (g_variant_iter_loop (&fields, "{&sv}", &key, &value))
        {
          g_autoptr (GVariant) there = g_variant_lookup_value (one, key, NULL);

          g_assert_cmpvariant (there, value);
        }
    }
}

static gboolean
run_describe (FlooDb *db, gpointer data, GError **error)
{
  g_autoptr (GVariant) user = members ("{'user_id': <int64 7>, 'username': <'gus'>, 'avatar': <'g.png'>}");
  g_autoptr (GVariant) all = NULL;
  g_autoptr (GVariant) no_picture = members ("{'user_id': <int64 8>, 'alias': <'Hal'>, 'username': <'hal'>}");
  g_autoptr (GString) many = g_string_new ("[{'user_id': <int64 1>}");
  int before, few;

  g_assert_true (floo_contacts_put (db, FLOO_CONTACT_USER, 7, user, NULL, error));
  g_assert_true (floo_contacts_put (db, FLOO_CONTACT_USER, 8, no_picture, NULL, error));
  before = count_runs (db);
  expect_described (db, "[{'user_id': <int64 9>, 'display_name': <'Ida'>}, {'user_id': <int64 7>, 'avatar': <'new.png'>}, {'user_id': <int64 8>}, {'user_id': <int64 6>}]",
                    "[{'user_id': <int64 9>, 'display_name': <'Ida'>, 'name': <'Ida'>}, {'user_id': <int64 7>, 'name': <'gus'>, 'avatar': <'new.png'>},"
                    " {'user_id': <int64 8>, 'name': <'Hal'>, 'avatar': <''>}, {'user_id': <int64 6>}]");
  few = count_runs (db) - before;
  put_group (db, "{'group_id': <int64 2001>, 'owner_id': <int64 7>, 'hide_member_info': <true>}");
  take_admins (db, "[{'user_id': <int64 8>}]");
  expect_described (db, "[{'user_id': <int64 7>}, {'user_id': <int64 8>}, {'user_id': <int64 9>}]",
                    "[{'user_id': <int64 7>, 'role': <'owner'>}, {'user_id': <int64 8>, 'role': <'admin'>}, {'user_id': <int64 9>, 'role': <'member'>}]");
  for (int i = 2; i <= 500; i++)
    g_string_append_printf (many, ", {'user_id': <int64 %d>, 'role': <'member'>}", i);
  g_string_append_c (many, ']');
  before = count_runs (db);
  all = describe (db, many->str);
  g_assert_cmpuint (g_variant_n_children (all), ==, 500);
  g_assert_cmpint (count_runs (db) - before, ==, few);
  return TRUE;
}

/* Names, pictures and roles that the store knows, with as many statements for a whole page as for a few members. */
static void
test_describe (Fixture *f, gconstpointer data)
{
  fixture_write (f, run_describe, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/store-lists/reading", Fixture, NULL, fixture_set_up, test_reading, fixture_tear_down);
  g_test_add ("/store-lists/changes", Fixture, NULL, fixture_set_up, test_changes, fixture_tear_down);
  g_test_add ("/store-lists/pages", Fixture, NULL, fixture_set_up, test_pages, fixture_tear_down);
  g_test_add ("/store-lists/news", Fixture, NULL, fixture_set_up, test_news, fixture_tear_down);
  g_test_add ("/store-lists/between-pages", Fixture, NULL, fixture_set_up, test_between_pages, fixture_tear_down);
  g_test_add ("/store-lists/standing", Fixture, NULL, fixture_set_up, test_standing, fixture_tear_down);
  g_test_add ("/store-lists/describe", Fixture, NULL, fixture_set_up, test_describe, fixture_tear_down);
  return g_test_run ();
}
