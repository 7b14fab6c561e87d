/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The struct that every client reads, and the serial that every signal begins with. */
#include "base/message.h"

static char *
print (const FlooMessage *message)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (floo_message_to_variant (message));

  g_assert_cmpstr (g_variant_get_type_string (value), ==, FLOO_MESSAGE_TYPE);
  return g_variant_print (value, FALSE);
}

static void
test_plain (void)
{
  FlooMessage message = { .id = 1, .conversation = 2, .from = 3, .content = "hello", .timestamp = 4, .ext = "" };
  g_autofree char *text = print (&message);

  g_assert_cmpstr (text, ==, "(1, 2, 3, 'roster', 'text', 'hello', 4, 0, {})");
}

static void
test_full (void)
{
  GVariantDict dict;
  g_autoptr (GVariant) extra = NULL;
  g_autofree char *text = NULL;
  FlooMessage message = {
    .id = G_MAXINT64, .conversation = 2, .from = 3, .to = 5, .to_type = FLOO_TO_GROUP, .type = FLOO_TYPE_RTC, .content = "",
    .timestamp = 4, .status = FLOO_STATUS_READ, .client_id = 6, .edit_timestamp = 7, .ext = "e", .config = "{}", .attachment = "[]",
    .sender_name = "s", .send_state = FLOO_SEND_UNCERTAIN,
    .flags = FLOO_MESSAGE_IS_SYSTEM | FLOO_MESSAGE_IS_HISTORY | FLOO_MESSAGE_IS_PLAYED | FLOO_MESSAGE_OUTGOING | FLOO_MESSAGE_MENTIONS_ME,
  };

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "attempts", "u", 2);
  extra = g_variant_ref_sink (g_variant_dict_end (&dict));
  message.extra = extra;
  text = print (&message);
  g_assert_cmpstr (text, ==,
                   "(9223372036854775807, 2, 3, 'group', 'rtc', '', 4, 2, {'to': <int64 5>, 'client_id': <int64 6>, 'ext': <'e'>, "
                   "'config': <'{}'>, 'attachment': <'[]'>, 'edit_timestamp': <int64 7>, 'sender_name': <'s'>, 'is_system': <true>, "
                   "'is_history': <true>, 'is_played': <true>, 'outgoing': <true>, 'mentions_me': <true>, 'send_state': <'uncertain'>, 'attempts': <uint32 2>})");
}

/* Unknown numbers from a newer service are never used as an array's index. */
static void
test_unknown (void)
{
  static const int numbers[] = { -1, FLOO_N_TYPES, 99, G_MAXINT, G_MININT };
  int type;
  FlooToType to_type;

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_assert_cmpstr (floo_message_type_to_string (numbers[i]), ==, "unknown");
      g_assert_cmpstr (floo_to_type_to_string ((FlooToType) numbers[i]), ==, "unknown");
      g_assert_cmpstr (floo_send_state_to_string ((FlooSendState) numbers[i]), ==, "unknown");
    }
  for (int i = 0; i < FLOO_N_TYPES; i++)
    {
      g_assert_true (floo_message_type_from_string (floo_message_type_to_string (i), &type));
      g_assert_cmpint (type, ==, i);
    }
  g_assert_false (floo_message_type_from_string ("unknown", &type));
  g_assert_false (floo_to_type_from_string ("Roster", &to_type));
}

static void
test_event (void)
{
  g_autoptr (FlooEvent) event = floo_event_new (9, 10, "MessageRecalled", g_variant_new ("(xx)", (gint64) 1, (gint64) 2));
  g_autoptr (FlooEvent) bare = floo_event_new (0, 10, "RecentListUpdate", g_variant_new ("()"));
  g_autofree char *text = g_variant_print (event->args, TRUE);
  g_autofree char *bare_text = g_variant_print (bare->args, TRUE);

  g_assert_cmpstr (text, ==, "(uint64 9, int64 1, int64 2)");
  g_assert_cmpstr (bare_text, ==, "(uint64 0,)");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/plain", test_plain);
  g_test_add_func ("/message/full", test_full);
  g_test_add_func ("/message/unknown", test_unknown);
  g_test_add_func ("/message/event", test_event);
  return g_test_run ();
}
