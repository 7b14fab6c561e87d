/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session.h"

#define NAME "im.floo.Daemon1"
#define OBJECT "/im/floo/Daemon1"
#define LIST_LIMIT 500
#define PAGE_LIMIT 50

G_DEFINE_TYPE (Session, session, G_TYPE_OBJECT)

gboolean
session_failed (Session *self, GError *error)
{
  if (error == NULL)
    return FALSE;
  g_dbus_error_strip_remote_error (error);
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_signal_emit_by_name (self, "failed", error->message);
  return TRUE;
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

/* -- pages of messages -- */

static void
put_page (Session *self, GVariant *messages)
{
  g_autoptr (GPtrArray) items = items_new (messages);
  guint present = list_length (self->messages), end = present;

  while (end > 0 && message_is_pending (list_at (self->messages, end - 1)))
    end--;
  g_list_store_splice (self->messages, self->page == PAGE_AFTER ? end : 0, self->page == PAGE_NEW ? present : 0, items->pdata, items->len);
}

static void
on_page (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GVariant) messages = NULL;
  g_autoptr (GError) error = NULL;
  gboolean more_before, more_after, jumped;
  guint64 serial;

  if (!floo_conversations_call_get_messages_finish (self->api, &messages, &more_before, &more_after, &serial, result, &error))
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))   /* else by the next page */
        self->page = PAGE_NONE;
      session_failed (self, error);
      return;
    }
  if (self->page != PAGE_AFTER)
    self->more_before = more_before;
  if (self->page != PAGE_BEFORE)
    self->more_after = more_after;
  put_page (self, messages);
  jumped = self->page == PAGE_NEW && self->jump != 0;
  self->page = PAGE_NONE;
  if (jumped)
    g_signal_emit_by_name (self, "jumped");
  g_signal_emit_by_name (self, "status");
  /* Events behind the page's snapshot were applied before it was here: once more. */
  if (serial < self->last || self->catching_up)
    {
      self->rewind = serial;
      session_catch_up (self);
    }
}

static void
load_page (Session *self, int page, const char *option, gint64 id)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  if (option != NULL)
    g_variant_dict_insert (&options, option, "x", id);
  g_variant_dict_insert (&options, "limit", "u", PAGE_LIMIT);
  g_cancellable_cancel (self->paging);
  g_clear_object (&self->paging);
  self->paging = g_cancellable_new ();
  self->page = page;
  floo_conversations_call_get_messages (self->api, self->current->id, g_variant_dict_end (&options), self->paging, on_page,
                                        g_object_ref (self));
}

void
session_open (Session *self, gint64 id, gint64 jump)
{
  Item *conversation = list_find (self->conversations, id, NULL);
  gboolean is_other = self->current == NULL || self->current->id != id;

  if (conversation == NULL)
    return;
  g_set_object (&self->current, conversation);
  if (is_other)
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
  guint n = list_length (self->messages);
  Item *end;

  if (self->current == NULL || self->page != PAGE_NONE || !(before ? self->more_before : self->more_after))
    return;
  while (n > 0 && message_is_pending (list_at (self->messages, n - 1)))
    n--;
  end = n == 0 ? NULL : list_at (self->messages, before ? 0 : n - 1);
  if (end == NULL)
    load_page (self, PAGE_NEW, NULL, 0);
  else
    load_page (self, before ? PAGE_BEFORE : PAGE_AFTER, before ? "before" : "after", end->id);
}

/* -- the list, and catching up -- */

/* The conversation that was open before, else the newest. */
static void
show_loaded (Session *self)
{
  Item *first = self->current == NULL ? NULL : list_find (self->conversations, self->current->id, NULL);

  if (first == NULL)
    first = list_at (self->conversations, 0);
  if (first != NULL)
    {
      session_open (self, first->id, 0);
      return;
    }
  g_clear_object (&self->current);
  g_list_store_remove_all (self->messages);
  g_signal_emit_by_name (self, "status");
}

static int
compare_listed (gconstpointer a, gconstpointer b)
{
  return conversation_compare (*(Item *const *) a, *(Item *const *) b, NULL);
}

static void
on_list (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GVariant) entries = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *next = NULL;
  guint64 serial;

  floo_conversations_call_list_finish (self->api, &entries, &next, &serial, result, &error);
  self->catching_up = error == NULL;
  if (session_failed (self, error))
    return;
  if (self->listed->len == 0)
    self->last = serial;
  g_ptr_array_extend_and_steal (self->listed, items_new (entries));
  if (*next != '\0')
    {
      floo_conversations_call_list (self->api, next, LIST_LIMIT, g_variant_new ("a{sv}", NULL), NULL, on_list, g_object_ref (self));
      return;
    }
  g_ptr_array_sort (self->listed, compare_listed);
  g_list_store_splice (self->conversations, 0, list_length (self->conversations), self->listed->pdata, self->listed->len);
  self->catching_up = FALSE;
  show_loaded (self);
  if (self->rewind != 0 || self->seen > self->last)
    session_catch_up (self);
}

static void
on_position (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *journal = NULL;

  floo_events_call_get_position_finish (self->events, &journal, NULL, NULL, result, &error);
  self->catching_up = error == NULL;
  if (session_failed (self, error))
    return;
  if (g_strcmp0 (journal, self->journal) != 0)
    self->seen = 0;
  g_free (self->journal);
  self->journal = g_steal_pointer (&journal);
  g_ptr_array_set_size (self->listed, 0);
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
  if (g_str_equal (session_get_state (self), "online") && list_length (self->messages) == 0)
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
  g_autoptr (FlooAccount) account = floo_account_proxy_new_for_bus_finish (result, &error);

  if (session_failed (self, error))
    return;
  /* These ask the bus alone, who has the name. */
  bus = g_dbus_proxy_get_connection (G_DBUS_PROXY (account));
  self->events = floo_events_proxy_new_sync (bus, flags, NAME, OBJECT, NULL, &error);
  self->api = error != NULL ? NULL : floo_conversations_proxy_new_sync (bus, flags, NAME, OBJECT, NULL, &error);
  self->files = error != NULL ? NULL : floo_files_proxy_new_sync (bus, flags, NAME, OBJECT, NULL, &error);
  self->groups = error != NULL ? NULL : floo_groups_proxy_new_sync (bus, flags, NAME, OBJECT, NULL, &error);
  self->roster = error != NULL ? NULL : floo_roster_proxy_new_sync (bus, flags, NAME, OBJECT, NULL, &error);
  if (session_failed (self, error))
    return;
  self->account = g_steal_pointer (&account);
  g_signal_connect (self->events, "g-signal", G_CALLBACK (on_signal), self);
  g_signal_connect (self->account, "notify::g-name-owner", G_CALLBACK (on_account_changed), self);
  g_signal_connect (self->account, "notify::user-id", G_CALLBACK (on_account_changed), self);
  g_signal_connect (self->account, "notify::state", G_CALLBACK (on_account_state), self);
  g_signal_connect (self->account, "notify::last-error", G_CALLBACK (on_account_state), self);
  on_account_changed (self->account, NULL, self);
}

/* -- what the user does -- */

static void
on_called (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GError) error = NULL;
  GVariant *reply = g_dbus_proxy_call_finish (G_DBUS_PROXY (object), result, &error);

  g_clear_pointer (&reply, g_variant_unref);
  session_failed (self, error);
}

void
session_call (Session *self, gpointer proxy, const char *method, GVariant *arguments)
{
  g_dbus_proxy_call (proxy, method, arguments, G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_called, g_object_ref (self));
}

void
session_send_text (Session *self, const char *text)
{
  if (self->current != NULL && *text != '\0')
    session_call (self, self->api, "SendText", g_variant_new ("(sxs)", "", self->current->id, text));
}

void
session_set_draft (Session *self, const char *text)
{
  if (self->current != NULL && !g_str_equal (fields_text (self->current->fields, "draft"), text))
    session_call (self, self->api, "SetDraft", g_variant_new ("(xss)", self->current->id, "", text));
}

static void
on_found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GVariant) messages = NULL;
  g_autoptr (GPtrArray) items = NULL;
  g_autoptr (GError) error = NULL;

  floo_conversations_call_search_finish (self->api, &messages, NULL, result, &error);
  if (session_failed (self, error))
    return;
  items = items_new (messages);
  g_list_store_splice (self->results, 0, list_length (self->results), items->pdata, items->len);
  g_signal_emit_by_name (self, "status");
}

void
session_search (Session *self, const char *text)
{
  g_cancellable_cancel (self->searching);
  g_clear_object (&self->searching);
  g_list_store_remove_all (self->results);
  if (*text == '\0' || self->api == NULL)
    return;
  self->searching = g_cancellable_new ();
  floo_conversations_call_search (self->api, text, g_variant_new ("a{sv}", NULL), self->searching, on_found, g_object_ref (self));
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
  self->conversations = g_list_store_new (CHAT_TYPE_ITEM);
  self->messages = g_list_store_new (CHAT_TYPE_ITEM);
  self->results = g_list_store_new (CHAT_TYPE_ITEM);
  self->listed = g_ptr_array_new_with_free_func (g_object_unref);
}

Session *
session_new (void)
{
  Session *self = g_object_new (CHAT_TYPE_SESSION, NULL);

  floo_account_proxy_new_for_bus (G_BUS_TYPE_SESSION, G_DBUS_PROXY_FLAGS_NONE, NAME, OBJECT, NULL, on_account, g_object_ref (self));
  return self;
}
