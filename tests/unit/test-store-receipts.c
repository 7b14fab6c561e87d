/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has read our messages to groups. */
#include "messages-fixture.h"

#include "store/tables/receipts.h"

#define AUDIENCE_CONFIG "{\"groupMemberList\":[1,\"2\",3]}"

/* No message has receipts of more users than the bound, and only the newest messages keep theirs. */
static gboolean
receipts (FlooDb *db, gpointer data, GError **error)
{
  gboolean is_new, more, known;
  FlooReceiptMessage found;
  guint n;

  for (gint64 id = 100; id < 103; id++)
    {
      FlooMessage message = { .id = id, .conversation = 40, .from = FIXTURE_SELF, .to = 40, .to_type = FLOO_TO_GROUP, .timestamp = id,
                              .flags = FLOO_MESSAGE_OUTGOING, .content = "a", .config = AUDIENCE_CONFIG };

      message.audience = floo_receipts_count_audience (&message);
      g_assert_cmpuint (message.audience, ==, 3);
      OK (floo_messages_insert (db, &message, FALSE, &is_new, error));
      OK (floo_receipts_add (db, id, 1, FLOO_RECEIPT_READ, &is_new, error));
      g_assert_true (is_new);
      OK (floo_receipts_add (db, id, 1, FLOO_RECEIPT_READ, &is_new, error));
      g_assert_false (is_new);
    }
  for (gint64 user = 1000; user < 1000 + FLOO_RECEIPTS_USERS; user++)
    OK (floo_receipts_add (db, 102, user, FLOO_RECEIPT_PLAYED, &is_new, error));
  g_assert_false (is_new);
  /* A known reader gets a further state. */
  OK (floo_receipts_add (db, 102, 1, FLOO_RECEIPT_PLAYED, &is_new, error));
  g_assert_true (is_new);
  OK (floo_receipts_count_read (db, 102, &n, error));
  g_assert_cmpuint (n, ==, 1);

  for (more = TRUE; more;)
    OK (floo_receipts_prune (db, 1, &more, error));
  for (gint64 id = 100; id < 103; id++)
    {
      OK (floo_receipts_find_message (db, id, &known, &found, error));
      g_assert_true (known);
      g_assert_cmpint (found.audience, ==, id == 102 ? 3 : 0);
    }
  return TRUE;
}

static gboolean
list_receipts (FlooDb *db, gpointer data, GError **error)
{
  g_autoptr (GError) too_old = NULL;
  GVariant *listed = floo_receipts_list (db, 102, error);

  if (listed == NULL)
    return FALSE;
  *(GVariant **) data = g_variant_ref_sink (listed);
  g_assert_null (floo_receipts_list (db, 100, &too_old));
  g_assert_error (too_old, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
  return TRUE;
}

static void
test_receipts (Fixture *f, gconstpointer data)
{
  g_autoptr (GVariant) listed = NULL;
  g_autoptr (GVariant) played = NULL;
  g_autofree char *lists = NULL;

  WRITE (f, receipts);
  fixture_read (f, list_receipts, &listed);
  played = g_variant_get_child_value (listed, 2);
  g_assert_cmpuint (g_variant_n_children (played), ==, FLOO_RECEIPTS_USERS);
  lists = g_variant_print (listed, FALSE);
  g_assert_true (g_str_has_prefix (lists, "([1], [2, 3], [1, 1000, 1001, "));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/store/receipts/bounds", Fixture, NULL, fixture_set_up, test_receipts, fixture_tear_down);
  return g_test_run ();
}
