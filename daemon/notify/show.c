/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * show.c: one notification for each conversation with unread messages, and one for all where too many would come at once.
 */
#include "base/names.h"
#include "notify/notify.h"

#define MAX_APART 4 /* conversations that get a notification of their own within APART_US; what is beyond is summed up */
#define APART_US (10 * G_USEC_PER_SEC)
#define RECHECK_MS 30000 /* quiet hours may be over, a server of notifications may be there */
#define SETTINGS_US (5 * 60 * G_USEC_PER_SEC) /* a change of the settings is not signalled */
#define MAX_NAMES 5 /* in the summary */

/* ---- the user's settings ---- */

typedef enum { RULE_NOT_SHOWN, RULE_SILENT, RULE_NO_TEXT } Rule;

static const struct
{
  const char *always, *from, *to; /* a boolean; hours, local time */
} rules[] = {
  [RULE_NOT_SHOWN] = { "no_push", "no_push_start_hour", "no_push_end_hour" },
  [RULE_SILENT] = { "no_sounds", "silence_start_time", "silence_end_time" },
  [RULE_NO_TEXT] = { "no_push_detail", "", "" },
};

static gboolean
holds (FlooNotify *self, Rule rule)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  int hour = g_date_time_get_hour (now), from = 0, to = 0;
  gboolean always = FALSE;

  g_variant_lookup (self->settings, rules[rule].always, "b", &always);
  g_variant_lookup (self->settings, rules[rule].from, "i", &from);
  g_variant_lookup (self->settings, rules[rule].to, "i", &to);
  /* Over midnight where the end is the smaller one; equal: never. */
  return always || (from <= to ? hour >= from && hour < to : hour >= from || hour < to);
}

static void
on_settings (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  FlooNotify *self = user_data;

  self->asking = FALSE;
  self->settings_until = g_get_monotonic_time () + SETTINGS_US;
  if (reply != NULL)
    {
      g_variant_unref (self->settings);
      self->settings = g_variant_get_child_value (reply, 0);
    }
  else
    g_message ("The user's settings cannot be read; using the last known ones: %s", error->message);
  floo_show (self);
}

/* FALSE: they are asked for; floo_show() comes again. */
static gboolean
have_settings (FlooNotify *self)
{
  if (self->asking || g_get_monotonic_time () < self->settings_until)
    return !self->asking;
  self->asking = TRUE;
  g_dbus_connection_call (self->connection, self->bus_name, FLOO_OBJECT_PATH, FLOO_IFACE_ACCOUNT, "GetSettings", NULL,
                          G_VARIANT_TYPE ("(a{sv})"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, on_settings, self);
  return FALSE;
}

/* ---- showing ---- */

static gboolean
on_timer (gpointer user_data)
{
  FlooNotify *self = user_data;

  self->timer = 0;
  floo_show (self);
  return G_SOURCE_REMOVE;
}

void
floo_show_later (FlooNotify *self, gint64 ms)
{
  gint64 now = g_get_monotonic_time (), due = MAX (now + ms * 1000, self->gather_until);

  if (self->timer != 0 && self->due <= due)
    return;
  g_clear_handle_id (&self->timer, g_source_remove);
  self->due = due;
  self->timer = g_timeout_add ((guint) ((due - now) / 1000), on_timer, self);
}

static void
show_chat (FlooNotify *self, FlooChat *chat)
{
  g_autoptr (GString) title = g_string_new (*chat->name != '\0' ? chat->name : "Message"), body = g_string_new (NULL);

  if (chat->unread > 1 && !chat->is_muted)
    g_string_append_printf (title, " (%u)", chat->unread);
  if (self->no_previews || holds (self, RULE_NO_TEXT))
    g_string_assign (body, chat->mention != 0 ? "You were mentioned" : chat->unread > 1 ? "New messages" : "New message");
  else
    for (guint i = 0; i < chat->lines->len; i++)
      {
        FlooLine *line = &g_array_index (chat->lines, FlooLine, i);

        if (!chat->is_muted || line->message == chat->mention)
          g_string_append_printf (body, "%s%s", body->len > 0 ? "\n" : "", line->text);
      }
  chat->shown = chat->last;
  floo_desk_show (self->desk, chat, title->str, body->str, !chat->is_system, holds (self, RULE_SILENT));
}

static void
show_summary (FlooNotify *self)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autofree char *title = NULL;
  FlooChat *summary = floo_chat_ensure (self, FLOO_SUMMARY);
  guint n = 0, unread = 0;

  for (guint i = 0; i < self->chats->len; i++)
    {
      const FlooChat *chat = self->chats->pdata[i];

      if (chat->place != FLOO_PLACE_SUMMARY)
        continue;
      unread += chat->unread;
      if (++n <= MAX_NAMES && *chat->name != '\0') /* "": not known yet */
        g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", chat->name);
    }
  if (n > MAX_NAMES && names->len > 0)
    g_string_append (names, ", …");
  title = g_strdup_printf ("%u new messages in %u conversations", unread, n);
  if (n == 0)
    floo_chat_drop (self, summary);
  else
    floo_desk_show (self->desk, summary, title, names->str, FALSE, holds (self, RULE_SILENT));
  self->summary_changed = FALSE;
}

/* Decides which conversations get a notification apart. */
static void
place_new (FlooNotify *self)
{
  gint64 now = g_get_monotonic_time ();
  guint n_apart = 0;

  for (guint i = 0; i < self->chats->len; i++)
    {
      const FlooChat *chat = self->chats->pdata[i];

      n_apart += chat->place == FLOO_PLACE_APART ? now - chat->since < APART_US : floo_chat_is_fresh (chat);
    }
  for (guint i = 0; i < self->chats->len; i++)
    {
      FlooChat *chat = self->chats->pdata[i];

      if (chat->place == FLOO_PLACE_APART || !floo_chat_is_fresh (chat))
        continue;
      self->summary_changed |= n_apart > MAX_APART || chat->place == FLOO_PLACE_SUMMARY;
      chat->place = n_apart > MAX_APART ? FLOO_PLACE_SUMMARY : FLOO_PLACE_APART;
      chat->since = now;
      if (chat->place == FLOO_PLACE_SUMMARY)
        chat->shown = chat->last;
    }
}

static FlooChat *
find_ready (FlooNotify *self)
{
  for (guint i = 0; i < self->chats->len; i++)
    if (floo_chat_is_fresh (self->chats->pdata[i]))
      return self->chats->pdata[i];
  return NULL;
}

void
floo_show (FlooNotify *self)
{
  FlooChat *chat = find_ready (self);

  if (self->stopping || floo_desk_is_busy (self->desk) || (chat != NULL && !have_settings (self)))
    return;
  if (chat != NULL && holds (self, RULE_NOT_SHOWN))
    {
      g_debug ("New messages wait for the end of the quiet hours");
      floo_show_later (self, RECHECK_MS);
    }
  else if (chat != NULL)
    {
      place_new (self);
      chat = find_ready (self); /* those of the summary are not any more */
      if (chat != NULL)
        show_chat (self, chat);
    }
  if (self->summary_changed && !floo_desk_is_busy (self->desk))
    show_summary (self);
  if (self->unsent != NULL && !floo_desk_is_busy (self->desk))
    floo_desk_show (self->desk, floo_chat_ensure (self, FLOO_NOT_SENT), "Your reply was not sent", self->unsent, FALSE, FALSE);
  else if (!floo_desk_is_busy (self->desk))
    floo_notify_idle (self);
}

gboolean
floo_show_is_done (FlooNotify *self)
{
  return find_ready (self) == NULL && !self->loading && !self->summary_changed && !floo_desk_is_busy (self->desk);
}

/* ---- what becomes of a notification ---- */

/* The next of the conversations that the notification is of, from *@i on. */
static FlooChat *
next_chat (FlooNotify *self, FlooChat *of, guint *i)
{
  while (*i > 0)
    {
      FlooChat *chat = self->chats->pdata[--*i];

      if (of->id == FLOO_SUMMARY ? chat->place == FLOO_PLACE_SUMMARY : chat == of)
        return chat;
    }
  return NULL;
}

void
floo_show_answered (FlooNotify *self, gint64 id, gboolean success)
{
  FlooChat *of = floo_chat_find (self, id), *chat;

  self->save_at = 0;
  if (id == FLOO_NOT_SENT)
    g_clear_pointer (&self->unsent, g_free);
  if (success)
    {
      floo_show (self);
      return;
    }
  for (guint i = self->chats->len; of != NULL && (chat = next_chat (self, of, &i)) != NULL;)
    {
      chat->place = FLOO_PLACE_NONE;
      chat->shown = 0;
    }
  floo_show_later (self, RECHECK_MS);
}

void
floo_show_closed (FlooNotify *self, FlooChat *of)
{
  FlooChat *chat;

  for (guint i = self->chats->len; (chat = next_chat (self, of, &i)) != NULL;)
    if (floo_chat_is_fresh (chat))
      chat->place = FLOO_PLACE_NONE;
    else
      floo_chat_drop (self, chat);
  floo_show_later (self, 0);
}

typedef struct
{
  FlooNotify *self;
  char *reply; /* (nullable): which must not be lost */
} Choice;

static void
on_called (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  Choice *choice = user_data;

  if (answer == NULL)
    {
      g_dbus_error_strip_remote_error (error);
      g_warning ("%s: %s", choice->reply != NULL ? "A reply was not sent" : "A conversation was not marked as read", error->message);
      if (choice->reply != NULL)
        {
          g_free (choice->self->unsent);
          choice->self->unsent = g_steal_pointer (&choice->reply);
          floo_show (choice->self);
        }
    }
  g_free (choice->reply);
  g_free (choice);
}

static void
call_daemon (FlooNotify *self, const char *method, GVariant *args, const char *reply)
{
  Choice *choice = g_new (Choice, 1);

  *choice = (Choice){ self, g_strdup (reply) };
  g_dbus_connection_call (self->connection, self->bus_name, FLOO_OBJECT_PATH, FLOO_IFACE_CONVERSATIONS, method, args, NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_called, choice);
}

void
floo_show_chosen (FlooNotify *self, FlooChat *of, const char *reply)
{
  FlooChat *chat;

  for (guint i = self->chats->len; of->id != FLOO_NOT_SENT && (chat = next_chat (self, of, &i)) != NULL;)
    {
      if (reply != NULL)
        call_daemon (self, "SendText", g_variant_new ("(sxs)", "", chat->id, reply), reply);
      call_daemon (self, "MarkRead", g_variant_new ("(xxa{sv})", chat->id, chat->last, NULL), NULL);
    }
}
