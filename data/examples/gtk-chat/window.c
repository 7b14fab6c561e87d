/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gtk-chat: a chat window with GTK 4 for the account of flooimd. Functions that are not static are named in the .ui files, or in chat.h. */
#include "chat.h"

#define AT_END 40       /* pixels: who is that near to the newest message stays there when another one comes */
#define NEAR_EDGE 300   /* pixels from the end of the loaded messages where the next page is asked for */

Chat chat = { .at_end = TRUE };

gpointer
window_get (const char *id)
{
  return gtk_builder_get_object (chat.builder, id);
}

/* -- what the .ui files compute from a record, or something else that they bind to; again when it changes. row: the widget -- */

/* A field as text. keys: "name|id": the first one that is there and not 0; "" without any */
char *
field (gpointer row, GVariant *record, const char *keys)
{
  g_auto (GStrv) names = g_strsplit (keys, "|", 0);

  for (guint i = 0; names[i] != NULL; i++)
    if (record_number (record, names[i]) != 0)
      return g_strdup_printf ("%" G_GINT64_FORMAT, record_number (record, names[i]));
    else if (*record_text (record, names[i]) != '\0')
      return g_strdup (record_text (record, names[i]));
  return g_strdup ("");
}

/* pattern: a text, or "?*" for any but "" */
gboolean
is_like (gpointer row, const char *text, const char *pattern)
{
  return text != NULL && g_pattern_match_simple (pattern, text);
}

gboolean
is_there (gpointer row, GObject *object)
{
  return object != NULL;
}

char *
show_time (gpointer row, GVariant *record)
{
  gint64 ms = MAX (record_number (record, "timestamp"), record_number (record, "draft_timestamp"));
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (ms / 1000);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();

  if (time == NULL || ms <= 0)
    return g_strdup ("");
  return g_date_time_format (time, g_date_time_difference (now, time) < G_TIME_SPAN_DAY ? "%H:%M" : "%x");
}

/* Of a message that was found. */
char *
show_conversation (gpointer row, GVariant *record)
{
  Item *conversation = list_find (chat.conversations, record_number (record, "conversation"));

  return conversation == NULL ? g_strdup ("") : field (row, conversation->record, "name|id|type");
}

/* The one line below a conversation's name. */
char *
show_preview (gpointer row, GVariant *record)
{
  const char *draft = record_text (record, "draft"), *content = record_text (record, "content"), *type = record_text (record, "last_type");
  gboolean is_ours = record_number (record, "last_outgoing"), is_group = g_str_equal (record_text (record, "type"), "group");
  const char *from = is_ours ? "You" : is_group ? record_text (record, "last_from_name") : "";

  if (record_number (record, "typing"))
    return g_strdup ("typing…");
  if (*draft != '\0')
    return g_strconcat ("Draft: ", draft, NULL);
  return g_strconcat (from, *from == '\0' ? "" : ": ", *content != '\0' ? content : type, NULL);
}

char *
show_content (gpointer row, GVariant *record)
{
  const char *type = record_text (record, "type"), *content = record_text (record, "content");
  g_autoptr (GVariant) file = g_variant_lookup_value (record, "file", G_VARIANT_TYPE_VARDICT);

  if (g_str_equal (type, "text"))
    return g_strdup (content);
  return g_strchomp (g_strdup_printf ("[%s] %s %s", type, file == NULL ? "" : record_text (file, "name"), content));
}

/* What became of a message of ours. */
char *
show_mark (gpointer row, GVariant *record)
{
  static const char *const states[][2] = {
    { "queued", "waiting" }, { "sending", "sending…" }, { "failed", "✗ not sent:" }, { "uncertain", "? sent, maybe" },
  };
  static const char *const marks[] = { "✓ sent", "✓✓ delivered", "✓✓ read" };

  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    if (g_str_equal (record_text (record, "send_state"), states[i][0]))
      return g_strdup (states[i][1]);
  return g_strdup (record_number (record, "outgoing") ? marks[CLAMP (record_number (record, "status"), 0, 2)] : "");
}

/* Classes of style.css. */
char **
show_classes (gpointer row, GVariant *record)
{
  gboolean is_ours = record_number (record, "outgoing"), is_found = record_number (record, "found");
  gboolean is_failed = g_str_equal (record_text (record, "send_state"), "failed");
  const char *classes[] = { "bubble", is_failed ? "failed" : is_ours ? "own" : "other", is_found ? "found" : NULL, NULL };

  return g_strdupv ((char **) classes);
}

/* -- scrolling -- */

/* The list keeps what is read in its place when rows come above it; who was at the end stays there. */
static void
stay_at_end (gpointer unused)
{
  if (chat.at_end && list_length (chat.messages) > 0)
    gtk_widget_activate_action (window_get ("box"), "list.scroll-to-item", "u", list_length (chat.messages) - 1);
}

/* The scroll bar moved, or what it is for has grown. */
void
on_scrolled (GtkAdjustment *adjustment)
{
  double value = gtk_adjustment_get_value (adjustment), upper = gtk_adjustment_get_upper (adjustment);
  double rest = upper - gtk_adjustment_get_page_size (adjustment) - value;
  gboolean is_by_user = value < chat.value && upper == chat.upper;   /* up */
  gboolean is_grown = upper > chat.upper;

  chat.value = value;
  chat.upper = upper;
  chat.at_end = rest < AT_END || (chat.at_end && !is_by_user);
  if (chat.at_end && (rest >= AT_END || (is_grown && rest > 0)))
    g_idle_add_once (stay_at_end, NULL);
  else if (value < NEAR_EDGE)
    session_load_more (TRUE);
  else if (rest < NEAR_EDGE)
    session_load_more (FALSE);
}

void
window_show_message (gint64 id)
{
  Item *message = list_find (chat.messages, id);
  guint position;

  chat.at_end = FALSE;
  if (message == NULL || !g_list_store_find (chat.messages, message, &position))
    return;
  gtk_widget_activate_action (window_get ("box"), "list.scroll-to-item", "u", position);
  item_set (message, "found", g_variant_new_boolean (TRUE));   /* a field of our own */
}

/* -- the group's side, and searching -- */

static void
on_entries (GObject *proxy, GAsyncResult *result, gpointer list)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_proxy_call_finish (G_DBUS_PROXY (proxy), result, &error);
  g_autoptr (GVariant) entries = reply == NULL ? NULL : g_variant_get_child_value (reply, 0);

  if (!session_failed (error))
    list_splice (list, 0, list_length (list), entries);
}

void
window_show_group (void)
{
  GListStore *members = window_get ("members"), *announcements = window_get ("announcements");

  if (chat.current == NULL || !g_str_equal (record_text (chat.current->record, "type"), "group"))
    {
      g_list_store_remove_all (members);
      g_list_store_remove_all (announcements);
    }
  else if (gtk_widget_get_visible (window_get ("details")))
    {
      floo_groups_call_list_members (chat.groups, chat.current->id, "", 200, chat.cancellable, on_entries, members);
      floo_groups_call_list_announcements (chat.groups, chat.current->id, chat.cancellable, on_entries, announcements);
    }
}

void
on_search_changed (GtkEditable *entry)
{
  const char *text = gtk_editable_get_text (entry);
  static GCancellable *searching;

  g_cancellable_cancel (searching);
  g_clear_object (&searching);
  g_list_store_remove_all (window_get ("results"));
  if (*text == '\0' || chat.api == NULL)
    return;
  searching = g_cancellable_new ();
  floo_conversations_call_search (chat.api, text, g_variant_new ("a{sv}", NULL), searching, on_entries, window_get ("results"));
}

/* -- the current conversation -- */

/* What comes into a conversation that the user opened is read while the window is in front. One call a message, however often this is called. */
static void
mark_read (gboolean is_certain)
{
  GVariant *record = chat.current == NULL ? NULL : chat.current->record;
  gint64 last = record == NULL ? 0 : record_number (record, "last_message_id");

  if (record == NULL || record_number (record, "unread") == 0)
    return;
  if (!is_certain && (!chat.is_opened || last == chat.marked || !gtk_window_is_active (window_get ("window"))))
    return;
  chat.marked = last;
  floo_conversations_call_mark_read (chat.api, chat.current->id, 0, g_variant_new ("a{sv}", NULL), NULL, session_called, NULL);
}

static void
keep_draft (void)
{
  const char *text = gtk_editable_get_text (window_get ("entry"));

  if (chat.current != NULL && !g_str_equal (record_text (chat.current->record, "draft"), text))
    floo_conversations_call_set_draft (chat.api, chat.current->id, "", text, NULL, session_called, NULL);
}

void
on_active (void)
{
  mark_read (FALSE);
  keep_draft ();
}

void
window_show_conversations (void)
{
  g_autofree char *name = chat.current == NULL ? g_strdup ("") : field (NULL, chat.current->record, "name|id|type");
  guint position;

  gtk_label_set_text (window_get ("heading"), name);
  mark_read (FALSE);
  if (chat.current != NULL && g_list_store_find (chat.conversations, chat.current, &position))
    gtk_single_selection_set_selected (window_get ("selection"), position);
}

/* A row of the list, or one that was found. */
void
on_row (GtkListView *list, guint position)
{
  g_autoptr (Item) item = g_list_model_get_item (G_LIST_MODEL (gtk_list_view_get_model (list)), position);
  gboolean is_message = *record_text (item->record, "to_type") != '\0';
  Item *conversation = is_message ? list_find (chat.conversations, record_number (item->record, "conversation")) : item;
  gboolean is_other = conversation != chat.current;

  if (conversation == NULL)
    return;
  gtk_label_set_text (window_get ("problem"), "");
  if (is_other)
    keep_draft ();
  chat.at_end = !is_message;
  if (is_other || is_message || chat.more_after)
    session_open (conversation, is_message ? item->id : 0);
  stay_at_end (NULL);
  chat.is_opened = TRUE;
  mark_read (TRUE);
  window_show_conversations ();
}

/* -- what the user sends -- */

void
on_send (void)
{
  const char *text = gtk_editable_get_text (window_get ("entry"));

  if (chat.current == NULL || *text == '\0')
    return;
  floo_conversations_call_send_text (chat.api, "", chat.current->id, text, NULL, session_called, NULL);
  gtk_editable_set_text (window_get ("entry"), "");
  keep_draft ();
}

void
on_resend (GtkListItem *row)
{
  Item *message = gtk_list_item_get_item (row);

  floo_conversations_call_resend (chat.api, message->client_id, NULL, session_called, NULL);
}

void
on_chosen (GtkNativeDialog *dialog, int response)
{
  g_autoptr (GFile) file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog)) : NULL;

  if (file != NULL)
    item_send_file (file);
}

gboolean
on_drop (GtkDropTarget *target, const GValue *value)
{
  g_autoptr (GSList) files = gdk_file_list_get_files (g_value_get_boxed (value));

  for (GSList *file = files; file != NULL; file = file->next)
    item_send_file (file->data);
  return files != NULL;
}

void
on_login (void)
{
  const char *name = gtk_editable_get_text (window_get ("name")), *password = gtk_editable_get_text (window_get ("password"));

  floo_account_call_login (chat.account, name, password, g_variant_new ("a{sv}", NULL), NULL, session_called, NULL);
  gtk_label_set_text (window_get ("problem"), "");
  gtk_editable_set_text (window_get ("password"), "");
}

/* -- building it -- */

static void
on_startup (GtkApplication *app, gpointer user_data)
{
  g_autoptr (GtkCssProvider) style = gtk_css_provider_new ();

  g_type_ensure (GDK_TYPE_FILE_LIST);   /* window.ui names it */
  chat.builder = gtk_builder_new_from_resource ("/im/floo/GtkChat/window.ui");
  chat.conversations = window_get ("conversations");
  chat.messages = window_get ("messages");
  gtk_css_provider_load_from_resource (style, "/im/floo/GtkChat/style.css");
  gtk_style_context_add_provider_for_display (gdk_display_get_default (), GTK_STYLE_PROVIDER (style), GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  gtk_window_set_application (window_get ("window"), app);
  g_signal_connect_swapped (app, "activate", G_CALLBACK (gtk_window_present), window_get ("window"));
  session_connect ();
}

int
main (int argc, char **argv)
{
  g_autoptr (GtkApplication) app = gtk_application_new ("im.floo.GtkChat", G_APPLICATION_DEFAULT_FLAGS);

  g_signal_connect (app, "startup", G_CALLBACK (on_startup), NULL);
  return g_application_run (G_APPLICATION (app), argc, argv);
}
