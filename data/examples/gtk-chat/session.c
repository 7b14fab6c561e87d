/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon: loading what there is, applying what happens, and catching up with what happened meanwhile. */
#include "chat.h"

#define OBJECT "/im/floo/Daemon1"
#define MAX_MESSAGES 2000   /* kept of the current conversation; older ones are loaded again when they are scrolled to */
#define TYPING_SECONDS 15

static void replay (void);

/* -- calls -- */

gboolean
session_failed (GError *error)
{
  if (error == NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return error != NULL;
  g_dbus_error_strip_remote_error (error);
  gtk_label_set_text (window_get ("problem"), error->message);
  return TRUE;
}

void
session_called (GObject *proxy, GAsyncResult *result, gpointer take)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_proxy_call_finish (G_DBUS_PROXY (proxy), result, &error);

  session_failed (error);
  if (take != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    ((void (*) (GVariant *)) take) (reply);
}

/* -- pages of messages -- */

static void
on_page (GVariant *reply)
{
  gboolean is_before = g_str_equal (chat.page, "before"), is_after = g_str_equal (chat.page, "after"), more_before, more_after;
  g_autoptr (GVariant) messages = NULL;
  guint n = list_length (chat.messages);
  guint64 serial;

  chat.page = NULL;
  if (reply == NULL)
    return;
  g_variant_get (reply, "(@a(xxxsssxia{sv})bbt)", &messages, &more_before, &more_after, &serial);
  chat.more_before = is_after ? chat.more_before : more_before;
  chat.more_after = is_before ? chat.more_after : more_after;
  list_splice (chat.messages, is_after ? n : 0, is_before || is_after ? 0 : n, messages);
  if (chat.jump != 0 && !is_before && !is_after)
    window_show_message (chat.jump);
  /* Events behind the page's snapshot were applied before it was here: once more. */
  chat.last = MIN (chat.last, serial);
  if (chat.last < chat.seen)
    replay ();
}

static void
load_page (const char *page, gint64 id)
{
  GVariant *options = *page == '\0' ? g_variant_new ("a{sv}", NULL) : g_variant_new_parsed ("{%s: <%x>}", page, id);

  chat.page = page;
  floo_conversations_call_get_messages (chat.api, chat.current->id, options, chat.cancellable, session_called, on_page);
}

void
session_open (Item *conversation, gint64 jump)
{
  gboolean is_other = chat.current == NULL || conversation == NULL || chat.current->id != conversation->id;

  g_cancellable_cancel (chat.cancellable);
  g_set_object (&chat.current, conversation);
  g_clear_object (&chat.cancellable);
  chat.cancellable = g_cancellable_new ();
  chat.page = NULL;
  chat.jump = jump;
  chat.more_before = chat.more_after = FALSE;
  if (is_other)
    {
      g_list_store_remove_all (chat.messages);
      gtk_editable_set_text (window_get ("entry"), conversation == NULL ? "" : record_text (conversation->record, "draft"));
    }
  if (conversation != NULL)
    load_page (jump == 0 ? "" : "around", jump);
  window_show_group ();
}

void
session_load_more (gboolean before)
{
  Item *end;

  if (chat.current == NULL || chat.page != NULL || !(before ? chat.more_before : chat.more_after))
    return;
  end = list_at (chat.messages, before ? 0 : MAX (list_length (chat.messages), 1) - 1);
  if (end == NULL || end->id == end->client_id)
    load_page ("", 0);
  else
    load_page (before ? "before" : "after", end->id);
}

/* -- the first load -- */

static void
on_list (GVariant *reply)
{
  g_autoptr (GVariant) entries = NULL;
  guint n = list_length (chat.conversations);
  Item *first;
  const char *next;
  guint64 serial;

  chat.is_loading = reply != NULL;
  if (reply == NULL)
    return;
  g_variant_get (reply, "(@aa{sv}&st)", &entries, &next, &serial);
  if (n == 0)   /* the first page */
    chat.last = serial;
  list_splice (chat.conversations, n, 0, entries);
  if (*next != '\0')
    {
      floo_conversations_call_list (chat.api, next, 500, g_variant_new ("a{sv}", NULL), NULL, session_called, on_list);
      return;
    }
  chat.is_loading = FALSE;
  gtk_label_set_text (window_get ("problem"), "");
  g_list_store_sort (chat.conversations, list_compare, NULL);
  /* The conversation that was open before, else the newest. */
  first = chat.current == NULL ? NULL : list_find (chat.conversations, chat.current->id);
  session_open (first != NULL ? first : list_at (chat.conversations, 0), 0);
  window_show_conversations ();
  if (chat.last < chat.seen)
    replay ();
}

static void
on_position (GVariant *reply)
{
  char *journal;

  chat.is_loading = reply != NULL;
  if (reply == NULL)
    return;
  g_variant_get (reply, "(stt)", &journal, NULL, &chat.seen);
  if (g_strcmp0 (journal, chat.journal) != 0)   /* of another account, or a new store */
    session_open (NULL, 0);
  g_free (chat.journal);
  chat.journal = journal;
  g_list_store_remove_all (chat.conversations);
  floo_conversations_call_list (chat.api, "", 500, g_variant_new ("a{sv}", NULL), NULL, session_called, on_list);
}

static void
load (void)
{
  chat.is_loading = TRUE;
  floo_events_call_get_position (chat.events, NULL, session_called, on_position);
}

/* -- events: one function for each kind; arguments are those of the signal, the serial first -- */

static void
put_message (GVariant *message)
{
  g_autoptr (GVariant) record = record_of_message (message);
  gint64 id = record_number (record, "id");
  Item *first = list_at (chat.messages, 0);
  /* Where there are more before or after those that are here, others may lie between. */
  gboolean is_behind = first == NULL || !chat.more_before || id > first->id || id == record_number (record, "client_id");

  if (chat.current == NULL || record_number (record, "conversation") != chat.current->id)
    return;
  list_put (chat.messages, record, is_behind && !chat.more_after && chat.page == NULL);
  if (list_length (chat.messages) > MAX_MESSAGES)
    {
      g_list_store_remove (chat.messages, 0);
      chat.more_before = TRUE;
    }
}

/* The last argument is a message, or several. Also of the reply with one; NULL after an error. */
static void
on_messages (GVariant *arguments)
{
  g_autoptr (GVariant) last = arguments == NULL ? NULL : g_variant_get_child_value (arguments, g_variant_n_children (arguments) - 1);
  gboolean is_array = last != NULL && g_variant_is_of_type (last, G_VARIANT_TYPE_ARRAY);

  if (last != NULL && !is_array)
    put_message (last);
  for (gsize i = 0; is_array && i < g_variant_n_children (last); i++)
    {
      g_autoptr (GVariant) message = g_variant_get_child_value (last, i);

      put_message (message);
    }
}

/* A text that grows while it is written. */
static void
on_appended (GVariant *arguments)
{
  g_autofree char *content = NULL;
  const char *piece;
  Item *message;
  guint offset;
  gint64 id;

  g_variant_get (arguments, "(txxu&sx@a{sv})", NULL, NULL, &id, &offset, &piece, NULL, NULL);
  message = list_find (chat.messages, id);
  if (message == NULL || (guint) g_utf8_strlen (record_text (message->record, "content"), -1) != offset)   /* it has the piece already */
    return;
  content = g_strconcat (record_text (message->record, "content"), piece, NULL);
  item_set (message, "content", g_variant_new_string (content));
}

static void
on_status (GVariant *arguments)
{
  g_autoptr (GVariant) details = g_variant_get_child_value (arguments, 3);
  g_autoptr (GVariant) status = g_variant_lookup_value (details, "status", G_VARIANT_TYPE_INT32);
  Item *message;
  gint64 id;

  g_variant_get_child (arguments, 2, "x", &id);
  message = list_find (chat.messages, id);
  if (message != NULL && status != NULL)
    item_set (message, "status", status);
  if (record_number (details, "recalled") || record_number (details, "deleted"))
    list_remove (chat.messages, id);
}

static void
on_sending (GVariant *arguments)
{
  g_autoptr (GVariant) details = NULL, message = NULL;
  const char *status;
  gint64 client_id;

  g_variant_get (arguments, "(tx&s@a{sv})", NULL, &client_id, &status, &details);
  message = g_variant_lookup_value (details, "message", G_VARIANT_TYPE ("(xxxsssxia{sv})"));
  if (g_str_equal (status, "cancelled"))
    list_remove (chat.messages, client_id);
  else if (message != NULL && !g_str_equal (status, "scheduled"))   /* that is shown when its time has come */
    put_message (message);
}

static void
on_conversations (GVariant *arguments)
{
  g_autoptr (GVariantIter) changed = NULL, removed = NULL;
  gboolean reload;
  GVariant *record;
  gint64 id;

  g_variant_get (arguments, "(taa{sv}axb)", NULL, &changed, &removed, &reload);
  while (g_variant_iter_loop (changed, "@a{sv}", &record))
    list_put (chat.conversations, record, TRUE);
  while (g_variant_iter_next (removed, "x", &id))
    list_remove (chat.conversations, id);
  if (chat.current != NULL && list_find (chat.conversations, chat.current->id) == NULL)
    session_open (NULL, 0);
  /* What the other one has read of ours is a field of the conversation. */
  id = chat.current == NULL ? 0 : record_number (chat.current->record, "read_up_to");
  for (guint i = 0; i < list_length (chat.messages) && list_at (chat.messages, i)->id <= id; i++)
    if (record_number (list_at (chat.messages, i)->record, "outgoing") && record_number (list_at (chat.messages, i)->record, "status") != 2)
      item_set (list_at (chat.messages, i), "status", g_variant_new_int32 (2));
  window_show_conversations ();
  if (reload)
    load ();
}

static gboolean
on_typing_timeout (gpointer user_data)
{
  item_set (user_data, "typing", g_variant_new_boolean (FALSE));
  return G_SOURCE_REMOVE;
}

/* The field "typing" is our own. It is forgotten after a while where no end is heard. */
static void
on_typing (GVariant *arguments)
{
  Item *conversation;
  gboolean typing;
  gint64 from;

  g_variant_get (arguments, "(txxsb)", NULL, &from, NULL, NULL, &typing);
  conversation = list_find (chat.conversations, from);
  if (conversation == NULL)
    return;
  item_set (conversation, "typing", g_variant_new_boolean (typing));
  if (typing)
    g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, TYPING_SECONDS, on_typing_timeout, g_object_ref (conversation), g_object_unref);
}

/* Members or announcements changed: the first argument is the group, or a notice of it. */
static void
on_group (GVariant *arguments)
{
  g_autoptr (GVariant) group = g_variant_get_child_value (arguments, 1);
  gboolean is_id = g_variant_is_of_type (group, G_VARIANT_TYPE_INT64);

  if (chat.current != NULL && chat.current->id == (is_id ? g_variant_get_int64 (group) : record_number (group, "group_id")))
    window_show_group ();
}

/* Who wrote in a group before their name was known may have one now. */
static void
on_names (GVariant *arguments)
{
  g_autoptr (GVariant) users = g_variant_get_child_value (arguments, 1);
  gsize n;
  const gint64 *ids = g_variant_get_fixed_array (users, &n, sizeof *ids);

  for (guint i = 0; i < list_length (chat.messages); i++)
    {
      Item *message = list_at (chat.messages, i);

      for (gsize j = 0; *record_text (message->record, "sender_name") == '\0' && j < n; j++)
        if (ids[j] == record_number (message->record, "from"))
          floo_conversations_call_get_message (chat.api, message->id, NULL, session_called, on_messages);
    }
  window_show_group ();
}

static const struct
{
  const char *name;
  void (*apply) (GVariant *arguments);
} kinds[] = {
  { "RosterMessages", on_messages },
  { "GroupMessages", on_messages },
  { "RosterMessageReplace", on_messages },
  { "GroupMessageReplace", on_messages },
  { "RosterMessageContentAppend", on_appended },
  { "GroupMessageContentAppend", on_appended },
  { "MessageStatusChanged", on_status },
  { "SendingMessageStatusChanged", on_sending },
  { "ConversationsChanged", on_conversations },
  { "InputStatusMessage", on_typing },
  { "GroupMemberChanged", on_group },
  { "GroupAnnouncementUpdated", on_group },
  { "RosterInfoUpdate", on_names },
};

static void
apply (const char *name, GVariant *arguments)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].name, name))
      kinds[i].apply (arguments);
}

/* -- catching up -- */

static void
on_replay (GVariant *reply)
{
  g_autoptr (GVariantIter) events = NULL;
  guint64 next, last;
  GVariant *arguments;
  const char *name;

  chat.is_loading = FALSE;
  if (reply == NULL)   /* the journal is another one, or begins later */
    {
      load ();
      return;
    }
  g_variant_get (reply, "(a(txsv)tt)", &events, &next, &last);
  if (chat.last >= chat.asked)   /* else a page that is older came meanwhile */
    chat.last = next;
  chat.seen = MAX (chat.seen, last);
  while (g_variant_iter_loop (events, "(tx&sv)", NULL, NULL, &name, &arguments))
    apply (name, arguments);
  if (chat.last < chat.seen)
    replay ();
}

/* Asks for what happened after the serial last. */
static void
replay (void)
{
  if (chat.is_loading)
    return;
  chat.is_loading = TRUE;
  chat.asked = chat.last;
  floo_events_call_replay (chat.events, chat.journal, chat.last, 0, NULL, session_called, on_replay);
}

static void
on_signal (GDBusProxy *proxy, const char *sender, const char *name, GVariant *arguments, gpointer user_data)
{
  guint64 serial;

  g_variant_get_child (arguments, 0, "t", &serial);
  chat.seen = MAX (chat.seen, serial);
  if (serial == 0)   /* it is not in the journal */
    apply (name, arguments);
  else if (serial == chat.last + 1 && !chat.is_loading && chat.journal != NULL)
    {
      chat.last = serial;
      apply (name, arguments);
    }
  else if (serial > chat.last && chat.journal != NULL)
    replay ();
}

/* -- the connection -- */

/* The daemon came or went, somebody logged in or out, or the connection changed. */
static void
on_account_changed (FlooAccount *account, GParamSpec *property, gpointer user_data)
{
  GVariant *error = floo_account_get_last_error (account);
  const char *reason = NULL;

  if (error != NULL)
    g_variant_get_child (error, 1, "&s", &reason);
  gtk_widget_set_tooltip_text (window_get ("state"), reason);
  if (floo_account_get_user_id (account) == 0 || chat.is_loading)
    return;
  if (chat.journal == NULL)
    load ();
  else if (g_str_equal (property->name, "user-id"))
    replay ();
  /* What an empty page left out while the daemon was offline may be there now. */
  else if (g_strcmp0 (floo_account_get_state (account), "online") == 0 && list_length (chat.messages) == 0)
    session_load_more (TRUE);
}

static void
on_account (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  GDBusProxyFlags flags = G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES | G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START_AT_CONSTRUCTION;
  FlooAccount *account = floo_account_proxy_new_for_bus_finish (result, &error);
  GDBusConnection *bus = account == NULL ? NULL : g_dbus_proxy_get_connection (G_DBUS_PROXY (account));

  /* These ask the bus alone, who has the name. */
  chat.events = error != NULL ? NULL : floo_events_proxy_new_sync (bus, flags, DAEMON, OBJECT, NULL, &error);
  chat.api = error != NULL ? NULL : floo_conversations_proxy_new_sync (bus, flags, DAEMON, OBJECT, NULL, &error);
  chat.files = error != NULL ? NULL : floo_files_proxy_new_sync (bus, flags, DAEMON, OBJECT, NULL, &error);
  chat.groups = error != NULL ? NULL : floo_groups_proxy_new_sync (bus, flags, DAEMON, OBJECT, NULL, &error);
  if (session_failed (error))
    return;
  chat.account = account;
  g_signal_connect (chat.events, "g-signal", G_CALLBACK (on_signal), NULL);
  g_signal_connect (account, "notify::user-id", G_CALLBACK (on_account_changed), NULL);
  g_signal_connect (account, "notify::state", G_CALLBACK (on_account_changed), NULL);
  g_signal_connect (account, "notify::last-error", G_CALLBACK (on_account_changed), NULL);
  g_object_bind_property (account, "state", window_get ("state"), "label", G_BINDING_SYNC_CREATE);
  on_account_changed (account, NULL, NULL);
}

void
session_connect (void)
{
  floo_account_proxy_new_for_bus (G_BUS_TYPE_SESSION, G_DBUS_PROXY_FLAGS_NONE, DAEMON, OBJECT, NULL, on_account, NULL);
}
