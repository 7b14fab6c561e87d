/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bus layer on a private bus, as a client sees it; the session behind it is a double. */
#include <gio/gunixinputstream.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus-fixture.h"
#include "bus/name.h"

/* @args: text of a tuple */
static GVariant *
call (BusFixture *f, const char *interface, const char *method, const char *args, GError **error)
{
  return bus_fixture_call (f, FLOO_OBJECT_PATH, interface, method, args, error);
}

#define MESSAGE "(int64 5, int64 9, int64 9, 'roster', 'text', 'hi', int64 1000, 0, @a{sv} {})"

/* Arguments come through, defaults are the documented ones, results come back. */
static void
test_calls (BusFixture *f, gconstpointer data)
{
  static const struct {
    const char *interface, *method, *args, *type, *result, *call;
  } rows[] = {
    { FLOO_IFACE_ACCOUNT, "GetStatus", NULL, "(a{sv})", "({'attempts': <uint32 2>},)", "get_status\n" },
    { FLOO_IFACE_ACCOUNT, "Login", "('ann', 'pw', @a{sv} {})", "(x)", "(7,)", "login 0 ann 0 pw - - 1\n" },
    { FLOO_IFACE_ACCOUNT, "Login", "('ann', 'pw', {'app_id': <'a'>, 'dns_server': <'http://d'>, 'remember': <false>})", "(x)", "(7,)",
      "login 0 ann 0 pw a http://d 0\n" },
    { FLOO_IFACE_ACCOUNT, "LoginById", "(int64 7, 'pw', @a{sv} {})", "(x)", "(7,)", "login 1 - 7 pw - - 1\n" },
    { FLOO_IFACE_ACCOUNT, "LoginWithToken", "(int64 7, 'tok', @a{sv} {})", "(x)", "(7,)", "login 2 - 7 tok - - 1\n" },
    { FLOO_IFACE_ACCOUNT, "Logout", "(@a{sv} {},)", NULL, NULL, "logout 0 0 0\n" },
    { FLOO_IFACE_ACCOUNT, "Logout", "({'erase': <true>, 'discard': <true>, 'everywhere': <true>},)", NULL, NULL, "logout 1 1 1\n" },
    { FLOO_IFACE_ACCOUNT, "Reconnect", NULL, NULL, NULL, "reconnect\n" },
    { FLOO_IFACE_ACCOUNT, "Register", "('ann', 'pw', {'app_id': <'a'>})", "(x)", "(8,)", "register ann pw a -\n" },
    { FLOO_IFACE_ACCOUNT, "SetOnline", "(true,)", NULL, NULL, "set_online 1\n" },
    { FLOO_IFACE_CONVERSATIONS, "Find", "('an', uint32 5)", "(aa{sv})", "([{'id': <int64 4>}],)", "find an 5\n" },
    { FLOO_IFACE_ACCOUNT, "RegisterAnonymous", "('ann', 'pw', {'dns_server': <'d'>})", "(x)", "(8,)", "register_anonymous ann pw - d\n" },
    { FLOO_IFACE_ACCOUNT, "CheckUsername", "('ann', {'app_id': <'a'>})", "(b)", "(true,)", "check_username ann a -\n" },
    { FLOO_IFACE_ACCOUNT, "BeginQrLogin", "({'remember': <false>},)", "(sx)", "('code', 9)", "begin_qr_login - - 0\n" },
    { FLOO_IFACE_ACCOUNT, "GetQrLogin", NULL, "(sx)", "('code', 9)", "get_qr_login\n" },
    { FLOO_IFACE_ACCOUNT, "CancelQrLogin", NULL, NULL, NULL, "cancel_qr_login 0\n" },
    { FLOO_IFACE_ACCOUNT, "ConfirmQrLogin", "('code', true)", NULL, NULL, "confirm_qr_login code 1\n" },
    { FLOO_IFACE_ACCOUNT, "GetCaptcha", "({'app_id': <'a'>},)", "(say)", "('id', [0x89])", "get_captcha a -\n" },
    { FLOO_IFACE_ACCOUNT, "SendSmsCode", "('1', 'id', '42', @a{sv} {})", NULL, NULL, "send_sms_code 1 id 42 - -\n" },
    { FLOO_IFACE_ACCOUNT, "LoginByMobile", "('1', '42', {'app_id': <'a'>})", "(x)", "(7,)", "login_by_mobile 1 42 a - 1\n" },
    { FLOO_IFACE_ACCOUNT, "BindMobile", "('1', '42')", NULL, NULL, "bind_mobile 1 42\n" },
    { FLOO_IFACE_ACCOUNT, "ChangeMobile", "('1', '42', {'present_mobile': <'2'>, 'present_code': <'43'>})", NULL, NULL,
      "change_mobile 1 42 - 2 43\n" },
    { FLOO_IFACE_ACCOUNT, "ResetPassword", "('1', '42', 'pw', @a{sv} {})", NULL, NULL, "reset_password 1 42 pw - -\n" },
    { FLOO_IFACE_GROUPS, "GetQrCode", "(int64 4,)", "(sx)", "('code', 9)", "groups_get_qr_code 4\n" },
    { FLOO_IFACE_GROUPS, "JoinByQrCode", "('code',)", "(x)", "(4,)", "groups_join_by_qr_code code\n" },
    { FLOO_IFACE_ROSTER, "List", "(true,)", "(axt)", "([1, 2], 3)", "roster_list 1\n" },
    { FLOO_IFACE_ROSTER, "GetItems", "([int64 1, 2], false)", "(aa{sv})", "([{'user_id': <int64 1>}],)", "1 2 roster_get_items 0\n" },
    { FLOO_IFACE_GROUPS, "ListJoined", "(false,)", "(axt)", "([], 0)", "groups_list_joined 0\n" },
    { FLOO_IFACE_GROUPS, "GetBrief", "([int64 4],)", "(aa{sv})", "([],)", "4 groups_get_brief\n" },
    { FLOO_IFACE_GROUPS, "GetInfo", "(int64 4, true)", "(a{sv})", "({},)", "groups_get_info 4 1\n" },
    { FLOO_IFACE_CONVERSATIONS, "List", "('', uint32 20, {'pinned_first': <true>, 'type': <'group'>})", "(aa{sv}st)", "([], 'c', 9)",
      "list_conversations  20 1 0 group\n" },
    { FLOO_IFACE_CONVERSATIONS, "List", "('', uint32 20, {'unread': <true>})", "(aa{sv}st)", "([], 'c', 9)", "list_conversations  20 0 1 -\n" },
    { FLOO_IFACE_CONVERSATIONS, "Get", "(int64 0,)", "(a{sv})", "({},)", "get_conversation 0\n" },
    { FLOO_IFACE_CONVERSATIONS, "GetMessages", "(int64 9, @a{sv} {})", "(a(xxxsssxia{sv})bbt)", "([" MESSAGE "], true, false, 4)",
      "get_messages 9 0 0 50 0\n" },
    { FLOO_IFACE_CONVERSATIONS, "GetMessages", "(int64 9, {'before': <int64 5>, 'limit': <500>, 'local': <true>})",
      "(a(xxxsssxia{sv})bbt)", "([], false, true, 4)", "get_messages 9 1 5 500 1\n" },
    { FLOO_IFACE_CONVERSATIONS, "GetMessages", "(int64 9, {'after': <int64 5>})", "(a(xxxsssxia{sv})bbt)", "([], false, true, 4)",
      "get_messages 9 2 5 50 0\n" },
    { FLOO_IFACE_CONVERSATIONS, "GetMessages", "(int64 9, {'around': <int64 5>})", "(a(xxxsssxia{sv})bbt)", "([], false, true, 4)",
      "get_messages 9 3 5 50 0\n" },
    { FLOO_IFACE_CONVERSATIONS, "GetMessage", "(int64 5,)", "((xxxsssxia{sv}))", "(" MESSAGE ",)", "get_message 5\n" },
    { FLOO_IFACE_CONVERSATIONS, "Send", "('group', int64 4, 'file', '', @a{sv} {})", "(x)", "(11,)", "send group 4 file  - - - 0 -\n" },
    { FLOO_IFACE_CONVERSATIONS, "Send",
      "('roster', int64 4, 'text', 'hi', {'ext': <'e'>, 'config': <'c'>, 'attachment': <'a'>, 'priority': <2>, 'token': <'t'>})", "(x)",
      "(11,)", "send roster 4 text hi e c a 2 t\n" },
    { FLOO_IFACE_CONVERSATIONS, "SendText", "('roster', int64 4, 'hi')", "(x)", "(12,)", "send roster 4 text hi - - - 0 -\n" },
    { FLOO_IFACE_CONVERSATIONS, "SetTyping", "(int64 4, true)", NULL, NULL, "set_typing 4 1\n" },
    { FLOO_IFACE_CONVERSATIONS, "MarkRead", "(int64 4, int64 0, {'only': <true>})", "(x)", "(0,)", "mark_read 4 0 1\n" },
    { FLOO_IFACE_EVENTS, "GetPosition", NULL, "(stt)", "('j', 1, 0)", "get_position\n" },
    { FLOO_IFACE_EVENTS, "Replay", "('j', uint64 18446744073709551615, uint32 1000)", "(a(txsv)tt)",
      "([(uint64 2, int64 1, 'RecentListUpdate', <(uint64 2,)>)], 2, 2)", "replay j 18446744073709551615 1000\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) result = NULL;

      fake_session_reset ();
      fake_session_answer (rows[i].type, rows[i].result);
      result = call (f, rows[i].interface, rows[i].method, rows[i].args, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (fake.calls->str, ==, rows[i].call);
      /* LoginById does not return the id. */
      if (rows[i].type == NULL || g_str_equal (rows[i].method, "LoginById") || g_str_has_prefix (rows[i].method, "LoginWith"))
        g_assert_cmpstr (g_variant_get_type_string (result), ==, "()");
      else
        g_assert_cmpvariant (result, fake.result);
    }
}

/* A wrong call does not reach the session, and the caller gets an error that says what is wrong. */
static void
test_refused (BusFixture *f, gconstpointer data)
{
  static const struct {
    const char *interface, *method, *args, *text;
  } rows[] = {
    { FLOO_IFACE_ACCOUNT, "Login", "('ann', 'pw', {'aap_id': <'a'>})", "Unknown option aap_id" },
    { FLOO_IFACE_ACCOUNT, "LoginById", "(int64 0, 'pw', @a{sv} {})", "user_id must be at least 1, not 0" },
    { FLOO_IFACE_ROSTER, "GetItems", "([int64 1, -2], false)", "user_ids must be at least 1, not -2" },
    { FLOO_IFACE_GROUPS, "GetInfo", "(int64 -1, false)", "group_id must be at least 1, not -1" },
    { FLOO_IFACE_CONVERSATIONS, "List", "('', uint32 0, @a{sv} {})", "limit must be 1 to 500, not 0" },
    { FLOO_IFACE_CONVERSATIONS, "List", "('', uint32 501, @a{sv} {})", "limit must be 1 to 500, not 501" },
    { FLOO_IFACE_CONVERSATIONS, "List", "('', uint32 5, {'type': <'chat'>})", "Option type must be one of: roster, group, system" },
    { FLOO_IFACE_CONVERSATIONS, "Get", "(int64 -1,)", "conversation must be at least 0, not -1" },
    { FLOO_IFACE_CONVERSATIONS, "GetMessages", "(int64 1, {'limit': <0>})", "Option limit must be 1 to 500, not 0" },
    { FLOO_IFACE_CONVERSATIONS, "GetMessages", "(int64 1, {'before': <1>, 'after': <1>})",
      "Only one of the options before, after and around may be given" },
    { FLOO_IFACE_CONVERSATIONS, "SendText", "('roster', int64 0, 'hi')", "to must be at least 1, not 0" },
    { FLOO_IFACE_EVENTS, "Replay", "('j', uint64 0, uint32 1001)", "limit must be 0 to 1000, not 1001" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) result = call (f, rows[i].interface, rows[i].method, rows[i].args, &error);

      g_assert_null (result);
      g_assert_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
      g_dbus_error_strip_remote_error (error);
      g_assert_cmpstr (error->message, ==, rows[i].text);
    }
  g_assert_cmpstr (fake.calls->str, ==, "");
}

/* One more id than allowed. */
static void
test_too_many_ids (BusFixture *f, gconstpointer data)
{
  g_autoptr (GString) args = g_string_new ("([int64 1");
  g_autoptr (GVariant) result = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < FLOO_MAX_IDS; i++)
    g_string_append (args, ", 1");
  g_string_append (args, "],)");
  result = call (f, FLOO_IFACE_GROUPS, "GetBrief", args->str, &error);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
}

/* A method without a handler goes to the table of operations, its arguments and options checked. */
static void
test_operations (BusFixture *f, gconstpointer data)
{
  static const struct {
    const char *interface, *method, *args, *calls;
    const char *result;         /* (nullable): of the type (aa{sv}) */
  } rows[] = {
    { FLOO_IFACE_ROSTER, "Accept", "(int64 5,)", "operation im.floo.Daemon1.Roster Accept (int64 5,)\n" },
    { FLOO_IFACE_ROSTER, "Accept", "(int64 0,)", NULL },
    { FLOO_IFACE_ROSTER, "Apply", "(int64 5, 'why', {'alias': <'A'>})",
      "operation im.floo.Daemon1.Roster Apply (int64 5, 'why', {'alias': <'A'>})\n" },
    { FLOO_IFACE_ROSTER, "Apply", "(int64 5, 'why', {'name': <'A'>})", NULL },
    { FLOO_IFACE_GROUPS, "Kick", "(int64 5, [int64 6])", "operation im.floo.Daemon1.Groups Kick (int64 5, [int64 6])\n", "(@aa{sv} [],)" },
    { FLOO_IFACE_GROUPS, "Kick", "(int64 5, [int64 6, -1])", NULL },
    { FLOO_IFACE_GROUPS, "ListMembers", "(int64 5, '', uint32 0)", NULL },
    { FLOO_IFACE_ACCOUNT, "KickDevice", "(uint32 0,)", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) result = NULL;

      fake_session_reset ();
      fake_session_answer ("(aa{sv})", rows[i].result);
      result = call (f, rows[i].interface, rows[i].method, rows[i].args, &error);
      if (rows[i].calls == NULL)
        g_assert_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
      g_assert_cmpstr (fake.calls->str, ==, rows[i].calls != NULL ? rows[i].calls : "");
    }
}

/* Errors that are not ours do not reach the client under their own names. */
static void
test_border (BusFixture *f, gconstpointer data)
{
  const struct {
    GQuark domain;
    int code;
    const char *name;
  } rows[] = {
    { FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN, "im.floo.Daemon1.Error.NotLoggedIn" },
    { G_IO_ERROR, G_IO_ERROR_CANCELLED, "im.floo.Daemon1.Error.Cancelled" },
    { G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "im.floo.Daemon1.Error.Timeout" },
    { G_IO_ERROR, G_IO_ERROR_NO_SPACE, "im.floo.Daemon1.Error.StorageFull" },
    { G_MARKUP_ERROR, G_MARKUP_ERROR_PARSE, "im.floo.Daemon1.Error.ProtocolError" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *name = NULL;

      fake_session_reset ();
      fake.error = g_error_new_literal (rows[i].domain, rows[i].code, "words");
      g_assert_null (call (f, FLOO_IFACE_ACCOUNT, "Reconnect", NULL, &error));
      name = g_dbus_error_get_remote_error (error);
      g_assert_cmpstr (name, ==, rows[i].name);
    }
}

typedef struct {
  guint n;
  GVariant *last;
} Signals;

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal, GVariant *args,
           gpointer user_data)
{
  Signals *signals = user_data;

  signals->n++;
  g_clear_pointer (&signals->last, g_variant_unref);
  signals->last = g_variant_ref (args);
}

static guint
subscribe (BusFixture *f, const char *interface, const char *signal, Signals *signals)
{
  guint id = g_dbus_connection_signal_subscribe (f->client, g_dbus_connection_get_unique_name (f->service), interface, signal,
                                                 FLOO_OBJECT_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, signals, NULL);
  g_autoptr (GVariant) result = call (f, "org.freedesktop.DBus.Peer", "Ping", NULL, NULL); /* the bus knows of it after that */

  g_assert_nonnull (result);
  return id;
}

static void
test_properties (BusFixture *f, gconstpointer data)
{
  g_autoptr (GVariant) all = call (f, "org.freedesktop.DBus.Properties", "GetAll", "('" FLOO_IFACE_ACCOUNT "',)", NULL);
  g_autoptr (GVariant) values = g_variant_get_child_value (all, 0);
  Signals signals = { 0 };
  guint id;

  g_assert_cmpuint (g_variant_n_children (values), ==, 16);
  g_assert_true (g_variant_lookup (values, "DaemonVersion", "&s", NULL));
  for (guint i = 0; i < 2; i++)
    {
      const char *const interfaces[] = { FLOO_IFACE_ACCOUNT, FLOO_IFACE_EVENTS };
      g_autofree char *args = g_strdup_printf ("('%s', 'Version')", interfaces[i]);
      g_autoptr (GVariant) version = call (f, "org.freedesktop.DBus.Properties", "Get", args, NULL);
      g_autofree char *text = g_variant_print (version, TRUE);

      g_assert_cmpstr (text, ==, "(<uint32 1>,)");
    }

  /* Two changes and one that is undone, signalled once, as the session does: one signal with the properties that differ now. */
  id = subscribe (f, "org.freedesktop.DBus.Properties", "PropertiesChanged", &signals);
  fake_session_set_properties ("{'State': <'waiting'>, 'UserId': <int64 8>, 'Username': <'ann'>, 'AppId': <'app'>, 'DeviceSn': <uint32 3>,"
                               " 'Server': <''>, 'LastError': <('', '')>, 'NextRetry': <int64 0>, 'UnreadTotal': <uint32 0>,"
                               " 'Queued': <uint32 0>, 'Failed': <uint32 0>, 'QrLogin': <'none'>, 'QrLoginExpires': <int64 0>, 'Synced': <true>}");
  fake_session_set_properties ("{'State': <'waiting'>, 'UserId': <int64 7>, 'Username': <'ann'>, 'AppId': <'app'>, 'DeviceSn': <uint32 3>,"
                               " 'Server': <''>, 'LastError': <('', '')>, 'NextRetry': <int64 5>, 'UnreadTotal': <uint32 0>,"
                               " 'Queued': <uint32 0>, 'Failed': <uint32 0>, 'QrLogin': <'none'>, 'QrLoginExpires': <int64 0>, 'Synced': <true>}");
  g_signal_emit_by_name (f->session, "status-changed");
  run_until (signals.n > 0);
  {
    g_autoptr (GVariant) changed = g_variant_get_child_value (signals.last, 1);
    const char *state = NULL;
    gint64 next = 0;

    g_assert_cmpuint (g_variant_n_children (changed), ==, 2);
    g_assert_true (g_variant_lookup (changed, "State", "&s", &state));
    g_assert_cmpstr (state, ==, "waiting");
    g_assert_true (g_variant_lookup (changed, "NextRetry", "x", &next));
    g_assert_cmpint (next, ==, 5);
  }

  /* Nothing changed: no signal; the reply to the ping comes after any signal that there is. */
  g_signal_emit_by_name (f->session, "status-changed");
  g_variant_unref (call (f, "org.freedesktop.DBus.Peer", "Ping", NULL, NULL));
  g_variant_unref (call (f, "org.freedesktop.DBus.Peer", "Ping", NULL, NULL));
  g_assert_cmpuint (signals.n, ==, 1);
  g_dbus_connection_signal_unsubscribe (f->client, id);
  g_variant_unref (signals.last);
}

/* Runs in GDBus's thread: the order in which messages come from the bus. */
static GDBusMessage *
record_order (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  GAsyncQueue *order = user_data;

  if (incoming && g_dbus_message_get_message_type (message) == G_DBUS_MESSAGE_TYPE_METHOD_RETURN)
    g_async_queue_push (order, (gpointer) "reply");
  if (incoming && g_strcmp0 (g_dbus_message_get_interface (message), FLOO_IFACE_EVENTS) == 0)
    g_async_queue_push (order, (gpointer) "signal");
  return message;
}

static void
test_signal_after_reply (BusFixture *f, gconstpointer data)
{
  g_autoptr (GAsyncQueue) order = g_async_queue_new ();
  Signals signals = { 0 };
  guint id = subscribe (f, FLOO_IFACE_EVENTS, "UnreadChange", &signals);
  guint filter = g_dbus_connection_add_filter (f->client, record_order, g_async_queue_ref (order), (GDestroyNotify) g_async_queue_unref);
  g_autoptr (GVariant) result = NULL;

  fake_session_answer ("(x)", "(0,)");
  fake.event = floo_event_new (17, 1000, g_intern_static_string ("UnreadChange"), g_variant_new ("(xu)", (gint64) 4, 0u));
  result = call (f, FLOO_IFACE_CONVERSATIONS, "MarkRead", "(int64 4, int64 0, @a{sv} {})", NULL);
  g_assert_nonnull (result);
  run_until (signals.n == 1);
  g_assert_cmpvariant (signals.last, fake.event->args);
  g_assert_cmpstr (g_async_queue_pop (order), ==, "reply");
  g_assert_cmpstr (g_async_queue_pop (order), ==, "signal");
  g_dbus_connection_remove_filter (f->client, filter);
  g_dbus_connection_signal_unsubscribe (f->client, id);
  g_variant_unref (signals.last);
}

/* One object has all the interfaces, that of the object manager included. */
static void
test_object (BusFixture *f, gconstpointer data)
{
  g_autoptr (GVariant) objects = call (f, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL, NULL);
  g_autoptr (GVariant) introspection = call (f, "org.freedesktop.DBus.Introspectable", "Introspect", NULL, NULL);
  g_autoptr (GDBusNodeInfo) node = NULL;
  const char *xml;

  g_assert_nonnull (objects);
  g_variant_get (introspection, "(&s)", &xml);
  node = g_dbus_node_info_new_for_xml (xml, NULL);
  for (guint i = 0; i < 5; i++)
    {
      const char *const names[]
          = { FLOO_IFACE_ACCOUNT, FLOO_IFACE_ROSTER, FLOO_IFACE_GROUPS, FLOO_IFACE_CONVERSATIONS, FLOO_IFACE_EVENTS };

      g_assert_nonnull (g_dbus_node_info_lookup_interface (node, names[i]));
    }

  floo_bus_unexport (f->bus);
  {
    g_autoptr (GError) error = NULL;

    g_assert_null (call (f, FLOO_IFACE_ACCOUNT, "GetStatus", NULL, &error));
    g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD);
  }
}

typedef struct {
  guint n;
  GError *error;
} Name;

static void
on_name (const GError *error, gpointer user_data)
{
  Name *name = user_data;

  name->n++;
  g_clear_error (&name->error);
  name->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
test_name (BusFixture *f, gconstpointer data)
{
  Name first = { 0 }, second = { 0 };
  FlooBusName *owner = floo_bus_name_own (f->service, FLOO_BUS_NAME, on_name, &first);
  FlooBusName *other;

  run_until (first.n == 1);
  g_assert_no_error (first.error);
  other = floo_bus_name_own (f->client, FLOO_BUS_NAME, on_name, &second);
  run_until (second.n == 1);
  g_assert_error (second.error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  floo_bus_name_release (other);

  /* Once released, the name is free for others, and its former owner gets no callback any more. */
  floo_bus_name_release (owner);
  g_variant_unref (g_dbus_connection_call_sync (f->service, "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetId", NULL, NULL,
                                                G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL));
  second.n = 0;
  other = floo_bus_name_own (f->client, FLOO_BUS_NAME, on_name, &second);
  run_until (second.n == 1);
  g_assert_no_error (second.error);
  g_assert_cmpuint (first.n, ==, 1);
  floo_bus_name_release (other);
}

/* Reads and discards everything, until it is cancelled. */
typedef struct {
  GInputStream *stream;
  GCancellable *cancellable;
  char buffer[65536];
  gboolean done;
} Drain;

static void
on_drained (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  Drain *drain = user_data;

  drain->done = g_input_stream_read_finish (drain->stream, result, NULL) <= 0;
  if (!drain->done)
    g_input_stream_read_async (drain->stream, drain->buffer, sizeof drain->buffer, G_PRIORITY_DEFAULT, drain->cancellable, on_drained,
                               drain);
}

/* A bus whose other end belongs to the test, and does not read. */
typedef struct {
  FlooSession *session;
  FlooBus *bus;
  GDBusConnection *connection;
  int other;
} Deaf;

static void
deaf_begin (Deaf *deaf)
{
  int fds[2];
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketConnection) stream = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  deaf->other = fds[1];
  socket = g_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);
  stream = g_socket_connection_factory_create_connection (socket);
  deaf->connection = g_dbus_connection_new_sync (G_IO_STREAM (stream), NULL, G_DBUS_CONNECTION_FLAGS_NONE, NULL, NULL, &error);
  g_assert_no_error (error);
  deaf->session = fake_session_new ();
  deaf->bus = floo_bus_new (deaf->session);
  floo_bus_export (deaf->bus, deaf->connection, &error);
  g_assert_no_error (error);
}

/* It reads again: the congestion ends. */
static void
deaf_end (Deaf *deaf)
{
  static Drain drain;

  drain = (Drain){ g_unix_input_stream_new (deaf->other, TRUE), g_cancellable_new (), "", FALSE };
  g_input_stream_read_async (drain.stream, drain.buffer, sizeof drain.buffer, G_PRIORITY_DEFAULT, drain.cancellable, on_drained, &drain);
  run_until (!fake.congested);
  g_cancellable_cancel (drain.cancellable);
  run_until (drain.done);
  g_object_unref (drain.cancellable);
  g_object_unref (drain.stream);
  floo_bus_unexport (deaf->bus);
  g_object_unref (deaf->bus);
  g_object_unref (deaf->session);
  g_object_unref (deaf->connection);
  fake_session_reset ();
}

/* A bus that does not read pauses the intake; once it reads again the intake continues. */
static void
test_congestion (void)
{
  Deaf deaf;
  g_autofree char *blob = g_strnfill (1 << 20, 'x');
  FlooEvent *event = floo_event_new (1, 1000, g_intern_static_string ("LoginFail"), g_variant_new ("(s)", blob));
  guint n = 0;

  deaf_begin (&deaf);
  while (!fake.congested)
    {
      g_signal_emit_by_name (deaf.session, "event", event);
      g_assert_cmpuint (++n, <=, 9);
    }
  g_assert_cmpuint (n, >=, 8);
  deaf_end (&deaf);
  floo_event_free (event);
}

/* So do callers of methods with long replies. */
static void
test_congested_by_replies (void)
{
  Deaf deaf;
  g_autofree char *blob = g_strnfill (1 << 20, 'x');
  g_autofree char *result = g_strdup_printf ("({'blob': <'%s'>},)", blob);
  g_autoptr (GDBusMessage) message = g_dbus_message_new_method_call (NULL, FLOO_OBJECT_PATH, FLOO_IFACE_ACCOUNT, "GetStatus");
  g_autoptr (GError) error = NULL;
  g_autofree guchar *bytes = NULL;
  gsize length;

  deaf_begin (&deaf);
  fake_session_answer ("(a{sv})", result);
  for (guint n = 1; !fake.congested; n++)
    {
      g_assert_cmpuint (n, <=, 8);
      g_dbus_message_set_serial (message, n);
      g_free (bytes);
      bytes = g_dbus_message_to_blob (message, &length, G_DBUS_CAPABILITY_FLAGS_NONE, &error);
      g_assert_no_error (error);
      g_assert_cmpint (write (deaf.other, bytes, length), ==, length);
      run_until (strlen (fake.calls->str) == n * strlen ("get_status\n"));
    }
  deaf_end (&deaf);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/bus/calls", BusFixture, NULL, bus_fixture_set_up, test_calls, bus_fixture_tear_down);
  g_test_add ("/bus/refused", BusFixture, NULL, bus_fixture_set_up, test_refused, bus_fixture_tear_down);
  g_test_add ("/bus/too-many-ids", BusFixture, NULL, bus_fixture_set_up, test_too_many_ids, bus_fixture_tear_down);
  g_test_add ("/bus/operations", BusFixture, NULL, bus_fixture_set_up, test_operations, bus_fixture_tear_down);
  g_test_add ("/bus/border", BusFixture, NULL, bus_fixture_set_up, test_border, bus_fixture_tear_down);
  g_test_add ("/bus/properties", BusFixture, NULL, bus_fixture_set_up, test_properties, bus_fixture_tear_down);
  g_test_add ("/bus/signal-after-reply", BusFixture, NULL, bus_fixture_set_up, test_signal_after_reply, bus_fixture_tear_down);
  g_test_add ("/bus/object", BusFixture, NULL, bus_fixture_set_up, test_object, bus_fixture_tear_down);
  g_test_add ("/bus/name", BusFixture, NULL, bus_fixture_set_up, test_name, bus_fixture_tear_down);
  g_test_add_func ("/bus/congestion", test_congestion);
  g_test_add_func ("/bus/congested-by-replies", test_congested_by_replies);
  return bus_fixture_run ();
}
