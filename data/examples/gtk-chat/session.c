/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session.h"

#define NAME "im.floo.Daemon1"
#define OBJECT "/im/floo/Daemon1"
#define LIST_LIMIT 500
#define PAGE_LIMIT 50

G_DEFINE_TYPE (Session, session, G_TYPE_OBJECT)

void
session_failed (Session *self, GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_dbus_error_strip_remote_error (error);
  g_signal_emit_by_name (self, "failed", error->message);
}

static gboolean
is_remote (const GError *error, const char *name)
{
  g_autofree char *remote = g_dbus_error_get_remote_error (error);

  return g_strcmp0 (remote, name) == 0;
}

const char *
session_get_state (Session *self)
{
  g_autofree char *owner = self->account == NULL ? NULL : g_dbus_proxy_get_name_owner (G_DBUS_PROXY (self->account));
  const char *state = owner == NULL ? NULL : floo_account_get_state (self->account);

  return state == NULL ? "no-daemon" : state;
}

Conversation *
session_find (Session *self, gint64 id)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->conversations)); i++)
    {
      g_autoptr (Conversation) conversation = g_list_model_get_item (G_LIST_MODEL (self->conversations), i);

      if (conversation->id == id)
        return conversation;
    }
  return NULL;
}

/* -- pages of messages -- */

typedef struct {
  Session *session;
  GCancellable *page;
  enum { PAGE_NEW, PAGE_BEFORE, PAGE_AFTER } kind;
} Page;

static void
put_page (Session *self, Page *page, GVariant *messages, gboolean more_before, gboolean more_after)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);
  guint present = g_list_model_get_n_items (G_LIST_MODEL (self->messages));

  if (page->kind != PAGE_AFTER)
    self->more_before = more_before;
  if (page->kind != PAGE_BEFORE)
    self->more_after = more_after;
  for (gsize i = 0; i < g_variant_n_children (messages); i++)
    {
      g_autoptr (GVariant) value = g_variant_get_child_value (messages, i);

      if (page->kind == PAGE_AFTER)
        session_put_message (self, value, TRUE);
      else
        g_ptr_array_add (items, message_new (value));
    }
  if (page->kind != PAGE_AFTER)
    g_list_store_splice (self->messages, 0, page->kind == PAGE_NEW ? present : 0, items->pdata, items->len);
}

static void
on_page (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Page *page = user_data;
  Session *self = page->session;
  g_autoptr (GVariant) messages = NULL;
  g_autoptr (GError) error = NULL;
  gboolean more_before, more_after;
  guint64 serial;

  if (floo_conversations_call_get_messages_finish (self->api, &messages, &more_before, &more_after, &serial, result, &error)
      && page->page == self->page)
    {
      self->loading_page = FALSE;
      put_page (self, page, messages, more_before, more_after);
      if (page->kind == PAGE_NEW && self->jump != 0)
        g_signal_emit_by_name (self, "jumped");
      g_signal_emit_by_name (self, "status");
      /* Events behind the page's snapshot were applied before it was here: once more. */
      if (serial < self->last || self->catching_up)
        {
          self->rewind = serial;
          session_catch_up (self);
        }
    }
  else if (error != NULL && page->page == self->page)
    {
      self->loading_page = FALSE;
      session_failed (self, error);
    }
  g_object_unref (page->page);
  g_object_unref (page->session);
  g_free (page);
}

static void
load_page (Session *self, int kind, const char *option, gint64 id)
{
  Page *page = g_new0 (Page, 1);
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  if (option != NULL)
    g_variant_dict_insert (&options, option, "x", id);
  g_variant_dict_insert (&options, "limit", "u", PAGE_LIMIT);
  g_cancellable_cancel (self->page);
  g_set_object (&self->page, NULL);
  self->page = g_cancellable_new ();
  self->loading_page = TRUE;
  page->session = g_object_ref (self);
  page->page = g_object_ref (self->page);
  page->kind = kind;
  floo_conversations_call_get_messages (self->api, self->current->id, g_variant_dict_end (&options), self->page, on_page, page);
}

void
session_open (Session *self, gint64 id, gint64 jump)
{
  Conversation *conversation = session_find (self, id);

  if (conversation == NULL || self->api == NULL)
    return;
  if (g_set_object (&self->current, conversation))
    {
      g_list_store_remove_all (self->messages);
      g_signal_emit_by_name (self, "group-changed");
    }
  self->jump = jump;
  self->more_before = self->more_after = FALSE;
  load_page (self, PAGE_NEW, jump == 0 ? NULL : "around", jump);
  g_signal_emit_by_name (self, "status");
}

void
session_load_more (Session *self, gboolean before)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->messages));
  g_autoptr (Message) end = NULL;

  if (self->current == NULL || self->loading_page || !(before ? self->more_before : self->more_after))
    return;
  for (guint i = 0; i < n && end == NULL; i++)
    {
      g_autoptr (Message) message = g_list_model_get_item (G_LIST_MODEL (self->messages), before ? i : n - 1 - i);

      if (!message->pending)
        end = g_steal_pointer (&message);
    }
  if (end == NULL)
    load_page (self, PAGE_NEW, NULL, 0);
  else
    load_page (self, before ? PAGE_BEFORE : PAGE_AFTER, before ? "before" : "after", end->id);
}

/* -- the list, and catching up -- */

static void
on_list (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GVariant) entries = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *next = NULL;
  gboolean first = g_hash_table_size (self->listed) == 0;
  guint64 serial;

  if (!floo_conversations_call_list_finish (self->api, &entries, &next, &serial, result, &error))
    {
      self->catching_up = FALSE;
      session_failed (self, error);
      return;
    }
  if (first)
    self->last = serial;
  for (gsize i = 0; i < g_variant_n_children (entries); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (entries, i);
      gint64 *id = g_new0 (gint64, 1);

      g_variant_lookup (entry, "id", "x", id);
      g_hash_table_add (self->listed, id);
    }
  session_put_conversations (self, entries);
  if (*next != '\0')
    {
      floo_conversations_call_list (self->api, next, LIST_LIMIT, g_variant_new ("a{sv}", NULL), NULL, on_list, g_object_ref (self));
      return;
    }
  for (guint i = g_list_model_get_n_items (G_LIST_MODEL (self->conversations)); i > 0; i--)
    {
      g_autoptr (Conversation) conversation = g_list_model_get_item (G_LIST_MODEL (self->conversations), i - 1);

      if (g_hash_table_contains (self->listed, &conversation->id))
        continue;
      if (conversation == self->current)
        g_clear_object (&self->current);
      g_list_store_remove (self->conversations, i - 1);
    }
  self->catching_up = FALSE;
  if (self->current == NULL)
    {
      g_autoptr (Conversation) newest = g_list_model_get_item (G_LIST_MODEL (self->conversations), 0);

      g_list_store_remove_all (self->messages);
      if (newest != NULL)
        session_open (self, newest->id, 0);
    }
  else
    session_open (self, self->current->id, 0);
  g_signal_emit_by_name (self, "status");
  if (self->rewind != 0 || self->seen > self->last)
    session_catch_up (self);
}

static void
on_position (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *journal = NULL;

  if (!floo_events_call_get_position_finish (self->events, &journal, NULL, NULL, result, &error))
    {
      self->catching_up = FALSE;
      session_failed (self, error);
      return;
    }
  if (g_strcmp0 (journal, self->journal) != 0)
    self->seen = 0;
  g_free (self->journal);
  self->journal = g_steal_pointer (&journal);
  g_hash_table_remove_all (self->listed);
  floo_conversations_call_list (self->api, "", LIST_LIMIT, g_variant_new ("a{sv}", NULL), NULL, on_list, g_object_ref (self));
}

void
session_load (Session *self)
{
  self->catching_up = TRUE;
  floo_events_call_get_position (self->events, NULL, on_position, g_object_ref (self));
}

static void
on_replay (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GVariant) events = NULL;
  g_autoptr (GError) error = NULL;
  guint64 next, last;

  self->catching_up = FALSE;
  if (!floo_events_call_replay_finish (self->events, &events, &next, &last, result, &error))
    {
      if (is_remote (error, NAME ".Error.JournalChanged") || is_remote (error, NAME ".Error.NotFound"))
        session_load (self);
      else if (!is_remote (error, NAME ".Error.NotLoggedIn"))   /* else UserId changes at the login */
        session_failed (self, error);
      return;
    }
  self->last = next;
  for (gsize i = 0; i < g_variant_n_children (events); i++)
    {
      g_autoptr (GVariant) arguments = NULL;
      const char *name;

      g_variant_get_child (events, i, "(tx&sv)", NULL, NULL, &name, &arguments);
      session_apply (self, name, arguments);
    }
  if (!self->catching_up && (self->rewind != 0 || MAX (last, self->seen) > self->last))
    session_catch_up (self);
}

void
session_catch_up (Session *self)
{
  if (self->catching_up)
    return;
  if (self->journal == NULL)
    {
      session_load (self);
      return;
    }
  self->catching_up = TRUE;
  if (self->rewind != 0)
    self->last = MIN (self->last, self->rewind);
  self->rewind = 0;
  floo_events_call_replay (self->events, self->journal, self->last, 0, NULL, on_replay, g_object_ref (self));
}

static void
on_signal (GDBusProxy *proxy, const char *sender, const char *name, GVariant *arguments, gpointer user_data)
{
  Session *self = user_data;
  guint64 serial;

  g_variant_get_child (arguments, 0, "t", &serial);
  if (serial == 0)
    session_apply (self, name, arguments);
  self->seen = MAX (self->seen, serial);
  if (serial <= self->last || self->catching_up || self->journal == NULL)
    return;
  if (serial == self->last + 1)
    {
      self->last = serial;
      session_apply (self, name, arguments);
    }
  else
    session_catch_up (self);
}

/* The daemon came or went, or somebody logged in or out. */
static void
on_account_changed (FlooAccount *account, GParamSpec *property, gpointer user_data)
{
  Session *self = user_data;
  g_autofree char *owner = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (account));

  if (owner == NULL)
    self->seen = 0;
  else if (floo_account_get_user_id (account) != 0)
    session_catch_up (self);
  g_signal_emit_by_name (self, "status");
}

static void
on_account_state (FlooAccount *account, GParamSpec *property, gpointer user_data)
{
  Session *self = user_data;

  /* What an empty page left out while the daemon was offline may be there now. */
  if (g_str_equal (session_get_state (self), "online") && g_list_model_get_n_items (G_LIST_MODEL (self->messages)) == 0)
    session_load_more (self, TRUE);
  g_signal_emit_by_name (self, "status");
}

static void
on_account (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GError) error = NULL;
  GDBusProxyFlags flags = G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES | G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START_AT_CONSTRUCTION;
  GDBusConnection *bus;
  FlooAccount *account = floo_account_proxy_new_for_bus_finish (result, &error);

  if (account == NULL)
    {
      session_failed (self, error);
      return;
    }
  /* These ask the bus alone, who has the name. */
  bus = g_dbus_proxy_get_connection (G_DBUS_PROXY (account));
  self->events = floo_events_proxy_new_sync (bus, flags, NAME, OBJECT, NULL, &error);
  self->api = error != NULL ? NULL : floo_conversations_proxy_new_sync (bus, flags, NAME, OBJECT, NULL, &error);
  self->files = error != NULL ? NULL : floo_files_proxy_new_sync (bus, flags, NAME, OBJECT, NULL, &error);
  self->groups = error != NULL ? NULL : floo_groups_proxy_new_sync (bus, flags, NAME, OBJECT, NULL, &error);
  self->roster = error != NULL ? NULL : floo_roster_proxy_new_sync (bus, flags, NAME, OBJECT, NULL, &error);
  if (error != NULL)
    {
      g_object_unref (account);
      session_failed (self, error);
      return;
    }
  self->account = account;
  g_signal_connect (self->events, "g-signal", G_CALLBACK (on_signal), self);
  g_signal_connect (account, "notify::g-name-owner", G_CALLBACK (on_account_changed), self);
  g_signal_connect (account, "notify::user-id", G_CALLBACK (on_account_changed), self);
  g_signal_connect (account, "notify::state", G_CALLBACK (on_account_state), self);
  g_signal_connect (account, "notify::last-error", G_CALLBACK (on_account_state), self);
  on_account_changed (account, NULL, self);
}

/* -- what the user does -- */

static void
on_called (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_proxy_call_finish (G_DBUS_PROXY (object), result, &error);

  if (reply == NULL)
    session_failed (self, error);
}

void
session_call (Session *self, const char *method, GVariant *arguments)
{
  g_dbus_proxy_call (G_DBUS_PROXY (self->api), method, arguments, G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_called, g_object_ref (self));
}

/* The message comes by SendingMessageStatusChanged, as everything that becomes of it. */
void
session_send_text (Session *self, const char *text)
{
  if (self->current != NULL && *text != '\0')
    session_call (self, "SendText", g_variant_new ("(sxs)", "", self->current->id, text));
}

void
session_set_draft (Session *self, const char *text)
{
  if (self->current != NULL && !g_str_equal (self->current->draft, text))
    session_call (self, "SetDraft", g_variant_new ("(xss)", self->current->id, "", text));
}

void
session_mark_read (Session *self)
{
  if (self->current != NULL && self->current->unread > 0)
    session_call (self, "MarkRead", g_variant_new ("(xxa{sv})", self->current->id, (gint64) 0, NULL));
}

void
session_login (Session *self, const char *name, const char *password)
{
  if (self->account != NULL)
    g_dbus_proxy_call (G_DBUS_PROXY (self->account), "Login", g_variant_new ("(ssa{sv})", name, password, NULL), G_DBUS_CALL_FLAGS_NONE, -1,
                       NULL, on_called, g_object_ref (self));
}

static void
on_found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GVariant) messages = NULL;
  g_autoptr (GError) error = NULL;

  if (!floo_conversations_call_search_finish (self->api, &messages, NULL, result, &error))
    {
      session_failed (self, error);
      return;
    }
  g_list_store_remove_all (self->results);
  for (gsize i = 0; i < g_variant_n_children (messages); i++)
    {
      g_autoptr (GVariant) value = g_variant_get_child_value (messages, i);
      g_autoptr (Message) message = message_new (value);

      g_list_store_append (self->results, message);
    }
  g_signal_emit_by_name (self, "status");
}

void
session_search (Session *self, const char *text)
{
  g_cancellable_cancel (self->search);
  g_clear_object (&self->search);
  g_list_store_remove_all (self->results);
  if (*text == '\0' || self->api == NULL)
    return;
  self->search = g_cancellable_new ();
  floo_conversations_call_search (self->api, text, g_variant_new ("a{sv}", NULL), self->search, on_found, g_object_ref (self));
}

/* -- the object -- */

static void
session_class_init (SessionClass *class)
{
  g_signal_new ("status", CHAT_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  g_signal_new ("jumped", CHAT_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  g_signal_new ("group-changed", CHAT_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  g_signal_new ("failed", CHAT_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
session_init (Session *self)
{
  self->conversations = g_list_store_new (CHAT_TYPE_CONVERSATION);
  self->messages = g_list_store_new (CHAT_TYPE_MESSAGE);
  self->results = g_list_store_new (CHAT_TYPE_MESSAGE);
  self->listed = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

Session *
session_new (void)
{
  Session *self = g_object_new (CHAT_TYPE_SESSION, NULL);

  floo_account_proxy_new_for_bus (G_BUS_TYPE_SESSION, G_DBUS_PROXY_FLAGS_NONE, NAME, OBJECT, NULL, on_account, g_object_ref (self));
  return self;
}
