/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * news.c: one notification for each conversation with unread messages, and one for all where too many would come at once.
 *
 * Messages are gathered from their events; ConversationsChanged follows in the same transaction and says whether they are to be told.
 * Replay gives messages and conversations as they are now, so that what was read meanwhile is not told.
 */
#include "notify/news.h"

#include <string.h>

#include "base/message.h"
#include "base/names.h"
#include "notify/chat.h"
#include "notify/quiet.h"

#define MAX_APART 4 /* conversations told one by one within APART_US; what is beyond is summed up */
#define APART_US (10 * G_USEC_PER_SEC)
#define GATHER_MS 150        /* a transaction's events, and those close behind */
#define GATHER_LOGIN_MS 2000 /* behind a login comes what was missed */
#define RECHECK_MS 30000     /* quiet hours may be over, a server of notifications may be there */
#define MAX_NAMES 5          /* in the summary */
#define LIST_LIMIT 500
#define SUMMARY "summary"

struct FlooNews
{
  GDBusConnection *connection;
  const char *bus_name;
  FlooDesk *desk;
  gboolean previews;
  FlooQuiet *quiet;
  GCancellable *cancellable;
  GHashTable *chats; /* id -> FlooChat */
  guint timer;
  gint64 due;          /* monotonic: when the timer ends */
  gint64 gather_until; /* monotonic */
  gboolean unread_is_new;
  gboolean summary_changed;
};

static FlooChat *
ensure_chat (FlooNews *news, gint64 id)
{
  FlooChat *chat = g_hash_table_lookup (news->chats, &id);

  if (chat == NULL)
    {
      chat = floo_chat_new (id);
      g_hash_table_insert (news->chats, &chat->id, chat);
    }
  return chat;
}

static void
drop_chat (FlooNews *news, FlooChat *chat)
{
  if (chat->told_at != 0)
    floo_desk_withdraw (news->desk, chat->key);
  news->summary_changed |= chat->in_summary;
  g_hash_table_remove (news->chats, &chat->id);
}

static gboolean
on_timer (gpointer user_data)
{
  FlooNews *news = user_data;

  news->timer = 0;
  floo_news_flush (news);
  return G_SOURCE_REMOVE;
}

/* Tells what is waiting in @ms, or sooner. */
static void
schedule (FlooNews *news, gint64 ms)
{
  gint64 due = g_get_monotonic_time () + ms * 1000;

  if (news->timer != 0 && news->due <= due)
    return;
  g_clear_handle_id (&news->timer, g_source_remove);
  news->due = due;
  news->timer = g_timeout_add ((guint) ms, on_timer, news);
}

/* Behind a login what was missed comes in many transactions. */
static void
schedule_gathered (FlooNews *news)
{
  schedule (news, MAX ((news->gather_until - g_get_monotonic_time ()) / 1000, GATHER_MS));
}

/* ---- messages ---- */

static void
take_message (FlooNews *news, GVariant *message, gboolean mentions)
{
  const char *to_type, *type, *content, *sender = NULL;
  g_autoptr (GVariant) more = NULL;
  gint64 id, conversation;
  FlooChat *chat;
  int status;

  g_variant_get (message, "(xxx&s&s&sxi@a{sv})", &id, &conversation, NULL, &to_type, &type, &content, NULL, &status, &more);
  if (!floo_chat_is_news (type, status, more))
    return;
  chat = ensure_chat (news, conversation);
  chat->is_group = strcmp (to_type, "group") == 0;
  if (mentions)
    chat->mention = id;
  if (id <= chat->last_message)
    return; /* a mention's message comes twice */
  chat->last_message = id;
  g_variant_lookup (more, "sender_name", "&s", &sender);
  floo_chat_add_line (chat, id, sender, type, content);
  chat->fresh = TRUE;
  chat->known = FALSE;
}

/* Recalled or deleted: its text must not stay on the screen. */
static void
forget_message (FlooNews *news, gint64 conversation, gint64 message)
{
  FlooChat *chat = g_hash_table_lookup (news->chats, &conversation);

  if (chat == NULL || !floo_chat_remove_line (chat, message))
    return;
  if (g_queue_is_empty (&chat->lines))
    drop_chat (news, chat);
  else
    chat->fresh = TRUE;
}

/* ---- conversations ---- */

static void
take_entry (FlooNews *news, GVariant *entry)
{
  const char *name = "", *type = "", *content = "", *last_type = "", *sender = NULL;
  gboolean muted = FALSE, mentioned = FALSE;
  guint32 unread = 0;
  gint64 id, last = 0;
  FlooChat *chat;

  if (!g_variant_lookup (entry, "id", "x", &id))
    return;
  g_variant_lookup (entry, "unread", "u", &unread);
  g_variant_lookup (entry, "muted", "b", &muted);
  g_variant_lookup (entry, "mentioned", "b", &mentioned);
  g_variant_lookup (entry, "name", "&s", &name);
  g_variant_lookup (entry, "type", "&s", &type);
  g_variant_lookup (entry, "last_from_name", "&s", &sender);
  g_variant_lookup (entry, "last_type", "&s", &last_type);
  chat = news->unread_is_new && unread != 0 ? ensure_chat (news, id) : g_hash_table_lookup (news->chats, &id);
  if (chat == NULL)
    return;
  if (unread == 0 || (muted && !mentioned && chat->mention == 0))
    {
      drop_chat (news, chat);
      return;
    }
  if (g_queue_is_empty (&chat->lines) && news->unread_is_new && g_variant_lookup (entry, "last_message_id", "x", &last)
      && g_variant_lookup (entry, "content", "&s", &content))
    {
      floo_chat_add_line (chat, last, sender, last_type, content);
      chat->mention = mentioned ? last : 0;
      chat->last_message = last;
      chat->fresh = TRUE;
    }
  g_free (chat->name);
  chat->name = g_strdup (name);
  chat->is_group = strcmp (type, "group") == 0;
  chat->is_system = strcmp (type, "system") == 0;
  chat->unread = unread;
  chat->muted = muted;
  chat->known = TRUE;
  chat->mention = mentioned ? chat->mention : 0;
  if (muted && chat->mention == chat->told_mention)
    chat->fresh = FALSE;
}

static void
take_entries (FlooNews *news, GVariant *entries)
{
  for (gsize i = 0; i < g_variant_n_children (entries); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (entries, i);

      take_entry (news, entry);
    }
}

static void
take_changes (FlooNews *news, GVariant *args)
{
  g_autoptr (GVariant) changed = NULL;
  g_autoptr (GVariantIter) removed = NULL;
  gboolean reload;
  gint64 id;

  g_variant_get (args, "(t@aa{sv}axb)", NULL, &changed, &removed, &reload);
  take_entries (news, changed);
  while (g_variant_iter_next (removed, "x", &id))
    {
      FlooChat *chat = g_hash_table_lookup (news->chats, &id);

      if (chat != NULL)
        drop_chat (news, chat);
    }
  if (reload)
    floo_news_load (news, FALSE);
}

static void load_page (FlooNews *news, const char *cursor);

static void
on_page (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  FlooNews *news = user_data;
  g_autoptr (GVariant) entries = NULL;
  const char *cursor;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (reply == NULL)
    {
      g_warning ("The list of conversations cannot be read: %s", error->message);
      return;
    }
  g_variant_get (reply, "(@aa{sv}&st)", &entries, &cursor, NULL);
  take_entries (news, entries);
  if (*cursor != '\0')
    {
      load_page (news, cursor);
      return;
    }
  news->unread_is_new = FALSE;
  floo_news_flush (news);
}

static void
load_page (FlooNews *news, const char *cursor)
{
  g_dbus_connection_call (news->connection, news->bus_name, FLOO_OBJECT_PATH, FLOO_IFACE_CONVERSATIONS, "List",
                          g_variant_new ("(sua{sv})", cursor, LIST_LIMIT, NULL), G_VARIANT_TYPE ("(aa{sv}st)"),
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, news->cancellable, on_page, news);
}

void
floo_news_load (FlooNews *news, gboolean unread_is_new)
{
  news->unread_is_new |= unread_is_new;
  load_page (news, "");
}

void
floo_news_event (FlooNews *news, const char *name, GVariant *args)
{
  g_autoptr (GVariant) first = g_variant_n_children (args) > 1 ? g_variant_get_child_value (args, 1) : NULL;
  gint64 conversation, message;

  if (strcmp (name, "RosterMessages") == 0 || strcmp (name, "GroupMessages") == 0)
    for (gsize i = 0; i < g_variant_n_children (first); i++)
      {
        g_autoptr (GVariant) one = g_variant_get_child_value (first, i);

        take_message (news, one, FALSE);
      }
  else if (strcmp (name, "MentionMessage") == 0)
    take_message (news, first, TRUE);
  else if (strcmp (name, "ConversationsChanged") == 0)
    take_changes (news, args);
  else if (strcmp (name, "MessageRecalled") == 0 || strcmp (name, "MessageDeleted") == 0)
    {
      g_variant_get (args, "(txx)", NULL, &conversation, &message);
      forget_message (news, conversation, message);
    }
  else if (strcmp (name, "LoginSuccess") == 0)
    {
      news->gather_until = g_get_monotonic_time () + GATHER_LOGIN_MS * 1000;
      floo_quiet_expire (news->quiet);
    }
  else
    return;
  schedule_gathered (news);
}

/* ---- telling ---- */

gboolean
floo_news_is_told (FlooNews *news)
{
  GHashTableIter iter;
  FlooChat *chat;

  g_hash_table_iter_init (&iter, news->chats);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &chat))
    if (chat->fresh)
      return FALSE;
  return !news->unread_is_new;
}

static void
show_chat (FlooNews *news, FlooChat *chat)
{
  gboolean only_mention = chat->muted && chat->mention != 0;
  g_autofree char *title
      = chat->unread > 1 && !only_mention ? g_strdup_printf ("%s (%u)", chat->name, chat->unread) : g_strdup (chat->name);
  g_autofree char *body = NULL;

  if (!news->previews || floo_quiet_hides_text (news->quiet))
    body = g_strdup (chat->mention != 0 ? "You were mentioned" : chat->unread > 1 ? "New messages" : "New message");
  else
    body = floo_chat_dup_text (chat, only_mention);
  news->summary_changed |= chat->in_summary;
  chat->in_summary = FALSE;
  chat->told_at = g_get_monotonic_time ();
  floo_desk_show (news->desk, chat->key, *title != '\0' ? title : "Message", body, !chat->is_system, floo_quiet_is_silent (news->quiet));
}

static void
show_summary (FlooNews *news)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autofree char *title = NULL;
  guint n = 0, unread = 0;
  GHashTableIter iter;
  FlooChat *chat;

  g_hash_table_iter_init (&iter, news->chats);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &chat))
    if (chat->in_summary)
      {
        unread += chat->unread;
        if (++n <= MAX_NAMES && *chat->name != '\0') /* "": not known yet */
          g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", chat->name);
      }
  if (n > MAX_NAMES && names->len > 0)
    g_string_append (names, ", …");
  title = g_strdup_printf ("%u new messages in %u conversations", unread, n);
  if (n == 0)
    floo_desk_withdraw (news->desk, SUMMARY);
  else
    floo_desk_show (news->desk, SUMMARY, title, names->str, FALSE, floo_quiet_is_silent (news->quiet));
  news->summary_changed = FALSE;
}

/* Those that can be told now. @recent: how many others were told one by one a moment ago */
static GPtrArray *
collect (FlooNews *news, guint *recent, guint *unshown)
{
  GPtrArray *ready = g_ptr_array_new ();
  gint64 now = g_get_monotonic_time ();
  GHashTableIter iter;
  FlooChat *chat;

  *recent = *unshown = 0;
  g_hash_table_iter_init (&iter, news->chats);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &chat))
    if (chat->fresh && chat->known)
      {
        g_ptr_array_add (ready, chat);
        *unshown += chat->told_at == 0;
      }
    else if (chat->told_at != 0 && now - chat->told_at < APART_US)
      ++*recent;
  return ready;
}

void
floo_news_flush (FlooNews *news)
{
  guint recent, unshown;
  g_autoptr (GPtrArray) ready = collect (news, &recent, &unshown);

  if (ready->len > 0 && !floo_quiet_refresh (news->quiet))
    return; /* it goes on when the settings are known */
  if (ready->len > 0 && floo_quiet_is_quiet (news->quiet))
    {
      g_debug ("%u conversations wait for the end of the quiet hours", ready->len);
      g_ptr_array_set_size (ready, 0);
    }
  for (guint i = 0; i < ready->len; i++)
    {
      FlooChat *chat = g_ptr_array_index (ready, i);

      chat->fresh = FALSE;
      chat->told_mention = chat->mention;
      if (chat->told_at != 0 || unshown + recent <= MAX_APART)
        show_chat (news, chat);
      else
        chat->in_summary = news->summary_changed = TRUE;
    }
  if (news->summary_changed)
    show_summary (news);
  if (!floo_news_is_told (news))
    schedule (news, RECHECK_MS);
}

/* ---- what becomes of a notification ---- */

typedef void (*ChatFunc) (FlooNews *news, FlooChat *chat, gconstpointer data);

/* Calls @func for what the notification is of; it may drop the conversation. */
static void
foreach_chat (FlooNews *news, const char *key, ChatFunc func, gconstpointer data)
{
  g_autoptr (GList) chats = g_hash_table_get_values (news->chats);

  for (GList *link = chats; link != NULL; link = link->next)
    {
      FlooChat *chat = link->data;

      if (strcmp (key, SUMMARY) == 0 ? chat->in_summary : strcmp (key, chat->key) == 0)
        func (news, chat, data);
    }
}

static void
mark_fresh (FlooNews *news, FlooChat *chat, gconstpointer data)
{
  chat->fresh = TRUE;
  chat->told_at = chat->told_mention = 0;
}

static void
forget_chat (FlooNews *news, FlooChat *chat, gconstpointer data)
{
  if (chat->fresh)
    chat->told_at = 0, chat->in_summary = FALSE;
  else
    g_hash_table_remove (news->chats, &chat->id);
}

void
floo_news_failed (FlooNews *news, const char *key)
{
  foreach_chat (news, key, mark_fresh, NULL);
  schedule (news, RECHECK_MS);
}

void
floo_news_closed (FlooNews *news, const char *key)
{
  foreach_chat (news, key, forget_chat, NULL);
}

typedef struct
{
  FlooNews *news;
  char *text; /* (nullable): the reply, which must not be lost */
} Choice;

static void
on_chosen (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  Choice *choice = user_data;

  if (reply == NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_dbus_error_strip_remote_error (error);
      g_warning ("%s: %s", choice->text != NULL ? "A reply was not sent" : "A conversation was not marked as read", error->message);
      if (choice->text != NULL)
        floo_desk_show (choice->news->desk, "not-sent", "Your reply was not sent", choice->text, FALSE, FALSE);
    }
  g_free (choice->text);
  g_free (choice);
}

static void
call_daemon (FlooNews *news, const char *method, GVariant *args, const char *text)
{
  Choice *choice = g_new (Choice, 1);

  *choice = (Choice){ news, g_strdup (text) };
  g_dbus_connection_call (news->connection, news->bus_name, FLOO_OBJECT_PATH, FLOO_IFACE_CONVERSATIONS, method, args, NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, news->cancellable, on_chosen, choice);
}

static void
choose (FlooNews *news, FlooChat *chat, gconstpointer data)
{
  if (data != NULL)
    call_daemon (news, "SendText", g_variant_new ("(sxs)", chat->is_group ? "group" : "roster", chat->id, data), data);
  call_daemon (news, "MarkRead", g_variant_new ("(xxa{sv})", chat->id, chat->last_message, NULL), NULL);
}

void
floo_news_chosen (FlooNews *news, const char *key, const char *reply)
{
  foreach_chat (news, key, choose, reply);
}

/* ---- across restarts ---- */

void
floo_news_save (FlooNews *news, GKeyFile *file)
{
  GHashTableIter iter;
  FlooChat *chat;

  g_hash_table_iter_init (&iter, news->chats);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &chat))
    if (chat->told_at != 0 || chat->in_summary)
      floo_chat_save (chat, file);
}

void
floo_news_restore (FlooNews *news, GKeyFile *file)
{
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (guint i = 0; groups[i] != NULL; i++)
    {
      FlooChat *chat = floo_chat_load (file, groups[i]);

      if (chat != NULL)
        g_hash_table_replace (news->chats, &chat->id, chat);
    }
}

void
floo_news_caught_up (FlooNews *news)
{
  g_autoptr (GList) chats = g_hash_table_get_values (news->chats);

  for (GList *link = chats; link != NULL; link = link->next)
    {
      FlooChat *chat = link->data;

      if (chat->fresh && !chat->known)
        drop_chat (news, chat); /* the conversation is gone */
    }
  schedule_gathered (news);
}

void
floo_news_clear (FlooNews *news)
{
  g_autoptr (GList) chats = g_hash_table_get_values (news->chats);

  for (GList *link = chats; link != NULL; link = link->next)
    drop_chat (news, link->data);
  if (news->summary_changed)
    show_summary (news);
}

static void
on_settings (gpointer user_data)
{
  floo_news_flush (user_data);
}

FlooNews *
floo_news_new (GDBusConnection *connection, const char *bus_name, FlooDesk *desk, gboolean previews)
{
  FlooNews *news = g_new0 (FlooNews, 1);

  *news = (FlooNews){ .connection = connection,
                      .bus_name = bus_name,
                      .desk = desk,
                      .previews = previews,
                      .quiet = floo_quiet_new (connection, bus_name, on_settings, news),
                      .cancellable = g_cancellable_new () };
  news->chats = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, floo_chat_free);
  return news;
}

void
floo_news_free (FlooNews *news)
{
  g_cancellable_cancel (news->cancellable);
  g_object_unref (news->cancellable);
  floo_quiet_free (news->quiet);
  g_clear_handle_id (&news->timer, g_source_remove);
  g_hash_table_unref (news->chats);
  g_free (news);
}
