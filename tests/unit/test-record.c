/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The service's records, as clients see them: names, types, and the result of those that are not as described. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/record.h"

static JsonNode *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonNode *node = floo_json_parse (text, strlen (text), &error);

  g_assert_no_error (error);
  return node;
}

static GVariant *
decode (const FlooRecord *record, const char *text, GError **error)
{
  g_autoptr (JsonNode) node = parse (text);
  GVariant *value = floo_record_from_json (record, node, error);

  return value != NULL ? g_variant_ref_sink (value) : NULL;
}

static void
check (const FlooRecord *record, const char *text, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = decode (record, text, &error);
  g_autofree char *printed = NULL;

  g_assert_no_error (error);
  printed = g_variant_print (value, TRUE);
  g_assert_cmpstr (printed, ==, expected);
}

static void
refuse (const FlooRecord *record, const char *text, const char *named)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = decode (record, text, &error);

  g_assert_null (value);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (error->message, named));
}

static void
test_decodes (void)
{
  check (&floo_record_roster_item,
         "{\"user_id\":6597425943504,\"relation\":0,\"mute_notification\":true,\"alias\":\"小明\",\"ext\":null,\"unheard_of\":{}}",
         "{'alias': <'小明'>, 'mute_notification': <true>, 'relation': <0>, 'user_id': <int64 6597425943504>}");
  check (&floo_record_group_info, "{\"group_id\":9223372036854775807,\"ban_expire_time\":-1,\"count\":3,\"hide_member_info\":false}",
         "{'ban_expire_time': <int64 -1>, 'group_id': <int64 9223372036854775807>, 'count': <int64 3>, 'hide_member_info': <false>}");
  /* Both forms in which the service writes it. */
  check (&floo_record_group_member, "{\"user_id\":\"5\",\"join_time\":\"1700000000000\"}",
         "{'join_time': <int64 1700000000000>, 'user_id': <int64 5>}");
  check (&floo_record_group_info, "{\"group_id\":1,\"read_ack\":1}", "{'group_id': <int64 1>, 'read_ack': <true>}");
  check (&floo_record_pinned_conversations, "{\"conversation_ids\":[3,-1,2]}", "{'conversation_ids': <[int64 3, -1, 2]>}");
  check (&floo_record_file_upload, "{\"upload_url\":\"u\",\"oss_body_param\":{\"key\":\"k\",\"x\":null}}",
         "{'oss_body_param': <{'key': 'k'}>, 'upload_url': <'u'>}");
}

/* Clients are promised the SDK's names, whichever the service uses. */
static void
test_aliases (void)
{
  check (&floo_record_invitation, "{\"group_id\":1,\"expired_time\":5,\"updated_at\":\"2024-01-01\"}",
         "{'group_id': <int64 1>, 'expire_time': <int64 5>, 'create_at': <'2024-01-01'>}");
  check (&floo_record_invitation, "{\"group_id\":1,\"updated_at\":\"u\",\"created_at\":\"c\"}",
         "{'group_id': <int64 1>, 'create_at': <'c'>}");
  check (&floo_record_invitation, "{\"group_id\":1,\"created_at\":\"c\",\"create_at\":\"own\",\"expire_time\":null,\"expired_time\":6}",
         "{'group_id': <int64 1>, 'expire_time': <int64 6>, 'create_at': <'own'>}");
  check (&floo_record_group_blocked, "{\"user_id\":2,\"created_at\":1700000000000}",
         "{'user_id': <int64 2>, 'create_at': <'1700000000000'>}");
  check (&floo_record_group_application, "{\"applicant_id\":2,\"expired_time\":7}",
         "{'applicant_id': <int64 2>, 'expire_time': <int64 7>}");
  check (&floo_record_roster_application, "{\"user_id\":2,\"expired_time\":7}",
         "{'expired_time': <int64 7>, 'user_id': <int64 2>}");
}

static void
test_refuses (void)
{
  refuse (&floo_record_roster_item, "{\"username\":\"a\"}", "RosterItem has no user_id");
  refuse (&floo_record_roster_item, "{\"user_id\":null}", "RosterItem has no user_id");
  refuse (&floo_record_roster_item, "{\"user_id\":1.5}", "RosterItem.user_id");
  refuse (&floo_record_roster_item, "{\"user_id\":1,\"relation\":2147483648}", "RosterItem.relation");
  refuse (&floo_record_roster_item, "{\"user_id\":1,\"avatar\":{}}", "RosterItem.avatar");
  refuse (&floo_record_roster_item, "{\"user_id\":1,\"mute_notification\":\"true\"}", "RosterItem.mute_notification");
  refuse (&floo_record_roster_item, "[]", "RosterItem");
  refuse (&floo_record_roster_item, "null", "RosterItem");
  refuse (&floo_record_pinned_conversations, "{\"conversation_ids\":[{},[]]}", "conversation_ids");
  refuse (&floo_record_file_upload, "{\"upload_url\":\"u\",\"oss_body_param\":{\"a\":\"b\",\"key\":1}}", "oss_body_param");
}

static void
test_lists (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) good = parse ("[{\"user_id\":1},{\"user_id\":2}]");
  g_autoptr (JsonNode) some_bad = parse ("[{},{\"user_id\":1},9223372036854775808]");
  g_autoptr (JsonNode) bad = parse ("[{},null]");
  g_autoptr (GVariant) rest = NULL;
  g_autoptr (JsonNode) object = parse ("{}");
  g_autoptr (JsonNode) none = parse ("null");
  g_autoptr (JsonNode) ids = parse ("[1,\"2\",9223372036854775807]");
  g_autoptr (GVariant) list = g_variant_ref_sink (floo_records_from_json (&floo_record_group_member, good, 0, &error));
  g_autoptr (GVariant) empty = g_variant_ref_sink (floo_records_from_json (&floo_record_group_member, none, 0, &error));
  g_autoptr (GVariant) one = g_variant_ref_sink (floo_records_from_json (&floo_record_group_member, good, 1, &error));
  g_autoptr (GVariant) numbers = g_variant_ref_sink (floo_ids_from_json (ids, &error));
  g_autoptr (GVariant) no_numbers = g_variant_ref_sink (floo_ids_from_json (NULL, &error));
  g_autofree char *printed = g_variant_print (numbers, TRUE);

  g_assert_no_error (error);
  g_assert_cmpstr (g_variant_get_type_string (list), ==, "aa{sv}");
  g_assert_cmpint (g_variant_n_children (list), ==, 2);
  g_assert_cmpint (g_variant_n_children (empty), ==, 0);
  g_assert_cmpint (g_variant_n_children (one), ==, 1);
  g_assert_cmpstr (printed, ==, "[int64 1, 2, 9223372036854775807]");
  g_assert_cmpstr (g_variant_get_type_string (no_numbers), ==, "ax");

  rest = g_variant_ref_sink (floo_records_from_json (&floo_record_group_member, some_bad, 0, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_n_children (rest), ==, 1);
  g_assert_null (floo_records_from_json (&floo_record_group_member, bad, 0, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
  g_clear_error (&error);
  g_assert_null (floo_records_from_json (&floo_record_group_member, object, 0, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
  g_clear_error (&error);
  g_assert_null (floo_ids_from_json (object, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
}

static JsonNode *
encode (const FlooRecord *record, const char *text, GError **error)
{
  g_autoptr (GVariant) values = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);

  g_assert_nonnull (values);
  return floo_record_to_json (record, values, error);
}

/* Scripts pass any integer type that their binding chooses. */
static void
test_encodes (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node
      = encode (&floo_record_user_settings,
                "{'no_push_start_hour': <byte 22>, 'no_push_end_hour': <uint64 7>, 'auth_mode': <int16 -1>, 'id': <uint32 4294967295>, "
                "'user_id': <<int64 9223372036854775807>>, 'no_push': <false>, 'push_nick_name': <'\"x\"'>}",
                &error);
  g_autoptr (JsonNode) ids = encode (&floo_record_pinned_conversations, "{'conversation_ids': <[uint16 1, 2]>}", &error);
  g_autoptr (JsonNode) upload = encode (&floo_record_file_upload, "{'oss_body_param': <{'a': 'b'}>}", &error);
  g_autofree char *text = NULL;
  g_autofree char *ids_text = NULL;
  g_autofree char *upload_text = NULL;

  g_assert_no_error (error);
  text = floo_json_to_text (node);
  ids_text = floo_json_to_text (ids);
  upload_text = floo_json_to_text (upload);
  g_assert_cmpstr (text, ==,
                   "{\"no_push_start_hour\":22,\"no_push_end_hour\":7,\"auth_mode\":-1,\"id\":4294967295,"
                   "\"user_id\":9223372036854775807,\"no_push\":false,\"push_nick_name\":\"\\\"x\\\"\"}");
  g_assert_cmpstr (ids_text, ==, "{\"conversation_ids\":[1,2]}");
  g_assert_cmpstr (upload_text, ==, "{\"oss_body_param\":{\"a\":\"b\"}}");
}

static void
test_encode_refuses (void)
{
  static const char *const cases[][2] = {
    { "{'nopush': <true>}", "\"nopush\"" },
    { "{'no_push': <1>}", "no_push" },
    { "{'auth_mode': <int64 2147483648>}", "auth_mode" },
    { "{'user_id': <uint64 9223372036854775808>}", "user_id" },
    { "{'user_id': <'5'>}", "user_id" },
    { "{'user_id': <5.0>}", "user_id" },
    { "{'push_token': <objectpath '/a'>}", "push_token" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (encode (&floo_record_user_settings, cases[i][0], &error));
      g_assert_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
      g_assert_nonnull (strstr (error->message, cases[i][1]));
    }
}

/* Two fields of one name, or one without a text for the reference, are a mistake in a table. */
static void
test_tables (void)
{
  for (guint r = 0; floo_records[r] != NULL; r++)
    {
      const FlooRecord *record = floo_records[r];
      g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

      for (guint i = 0; i < record->n_fields; i++)
        {
          g_assert_true (g_hash_table_add (names, (gpointer) record->fields[i].name));
          g_assert_cmpuint (strlen (record->fields[i].doc), >, 0);
        }
      if (record->key != NULL)
        g_assert_true (g_hash_table_contains (names, record->key));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/record/decodes", test_decodes);
  g_test_add_func ("/record/aliases", test_aliases);
  g_test_add_func ("/record/refuses", test_refuses);
  g_test_add_func ("/record/lists", test_lists);
  g_test_add_func ("/record/encodes", test_encodes);
  g_test_add_func ("/record/encode-refuses", test_encode_refuses);
  g_test_add_func ("/record/tables", test_tables);
  return g_test_run ();
}
