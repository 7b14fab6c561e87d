/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gtk-chat: a chat window with GTK 4 for the account of flooimd.
 *
 * Besides by hand it can be driven by its actions, which GApplication exports on the bus (org.gtk.Actions at /im/floo/GtkChat of the name
 * im.floo.GtkChat); the state of the action "view" tells what is shown:
 *
 *   gapplication action im.floo.GtkChat send '"Hello"'
 */
#include "session.h"

#define AT_END 40       /* pixels: who is that near to the newest message stays there when another one comes */
#define NEAR_EDGE 300   /* pixels from the end of the loaded messages where the next page is asked for */

struct _Window {
  GtkApplicationWindow parent;
  Session *session;
  /* Of window.ui. */
  GtkWidget *pages, *light, *state, *sides, *list, *results, *heading, *scroller, *box, *search, *problem, *entry, *chat;
  GtkWidget *details, *announcements, *members;
  GtkWidget *login_name, *login_password, *login_problem;
  GtkAdjustment *adjustment;
  GtkSingleSelection *selection;
  GSimpleAction *view;
  gboolean reading;       /* the user opened the conversation, so what comes is read where the window is in front */
  gboolean at_end;        /* stay at the newest message */
  double value, upper;    /* of the scroll bar, when it moved last */
  gint64 shown;           /* the conversation whose draft is in the entry; -1: none */
  gint64 marked;          /* the newest message when it was marked as read */
  gint64 started, painted;
  gboolean telling;
  guint drafting;
};

G_DECLARE_FINAL_TYPE (Window, window, CHAT, WINDOW, GtkApplicationWindow)
G_DEFINE_TYPE (Window, window, GTK_TYPE_APPLICATION_WINDOW)

/* -- what is shown, for whoever drives the window -- */

static void
tell_view (Window *self)
{
  Session *session = self->session;
  GtkWidget *row = gtk_widget_pick (self->box, 20, 1, GTK_PICK_DEFAULT);
  Item *last = list_at (session->messages, MAX (list_length (session->messages), 1) - 1);
  graphene_rect_t bounds = { 0 };
  GVariantDict view;

  self->telling = FALSE;
  g_variant_dict_init (&view, NULL);
  g_variant_dict_insert (&view, "page", "s", gtk_stack_get_visible_child_name (GTK_STACK (self->pages)));
  g_variant_dict_insert (&view, "state", "s", session_get_state (session));
  g_variant_dict_insert (&view, "conversations", "u", list_length (session->conversations));
  g_variant_dict_insert (&view, "messages", "u", list_length (session->messages));
  g_variant_dict_insert (&view, "results", "u", list_length (session->results));
  g_variant_dict_insert (&view, "more_before", "b", session->more_before);
  g_variant_dict_insert (&view, "loading", "b", session->page != PAGE_NONE || session->catching_up);
  g_variant_dict_insert (&view, "at_end", "b", self->at_end);
  g_variant_dict_insert (&view, "painted_ms", "x", self->painted);
  g_variant_dict_insert (&view, "announcements", "s", gtk_label_get_text (GTK_LABEL (self->announcements)));
  g_variant_dict_insert (&view, "members", "s", gtk_label_get_text (GTK_LABEL (self->members)));
  g_variant_dict_insert (&view, "login_problem", "s", gtk_label_get_text (GTK_LABEL (self->login_problem)));
  g_variant_dict_insert (&view, "problem", "s", gtk_label_get_text (GTK_LABEL (self->problem)));
  if (session->current != NULL)
    g_variant_dict_insert (&view, "current", "@a{sv}", session->current->fields);
  if (last != NULL)
    g_variant_dict_insert (&view, "last", "@a{sv}", last->fields);
  g_variant_dict_insert (&view, "picture", "b", last != NULL && last->picture != NULL);
  while (row != NULL && g_object_get_data (G_OBJECT (row), "item") == NULL)
    row = row == self->box ? NULL : gtk_widget_get_parent (row);
  if (row != NULL && gtk_widget_compute_bounds (row, self->scroller, &bounds))
    g_variant_dict_insert (&view, "top", "(xi)", ((Item *) g_object_get_data (G_OBJECT (row), "item"))->id, (int) bounds.origin.y);
  g_simple_action_set_state (self->view, g_variant_dict_end (&view));
}

/* It is told when it is painted. */
static void
changed (Window *self)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (GTK_WIDGET (self));

  self->telling = TRUE;
  if (clock != NULL)
    gdk_frame_clock_request_phase (clock, GDK_FRAME_CLOCK_PHASE_AFTER_PAINT);
}

/* -- scrolling -- */

static void
scroll_to_end (gpointer data)
{
  g_autoptr (Window) self = data;
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->session->messages));

  if (self->at_end && n > 0)
    gtk_widget_activate_action (self->box, "list.scroll-to-item", "u", n - 1);
}

static void
on_scrolled (GtkAdjustment *adjustment, Window *self)
{
  double value = gtk_adjustment_get_value (adjustment), upper = gtk_adjustment_get_upper (adjustment);
  double rest = upper - gtk_adjustment_get_page_size (adjustment) - value;

  /* Where a row became higher, not the user moved, who was at the end stays there. */
  if (self->at_end && rest >= AT_END && upper > self->upper && value >= self->value)
    g_idle_add_once (scroll_to_end, g_object_ref (self));
  else
    self->at_end = rest < AT_END;
  self->value = value;
  self->upper = upper;
  if (value < NEAR_EDGE)
    session_load_more (self->session, TRUE);
  if (rest < NEAR_EDGE)
    session_load_more (self->session, FALSE);
  changed (self);
}

/* The list keeps what is read in its place when rows come above it; who was at the end stays there. */
static void
on_items_changed (GListModel *model, guint position, guint removed, guint added, Window *self)
{
  guint n = g_list_model_get_n_items (model);

  if (self->at_end && n > 0)
    gtk_widget_activate_action (self->box, "list.scroll-to-item", "u", n - 1);
  changed (self);
}

static void
on_jumped (Session *session, Window *self)
{
  guint position;
  Item *message = list_find (session->messages, session->jump, &position);

  self->at_end = FALSE;
  if (message == NULL)
    return;
  gtk_widget_activate_action (self->box, "list.scroll-to-item", "u", position);
  item_set (message, "found", g_variant_new_boolean (TRUE));
}

/* -- the group's side -- */

/* Members or announcements, a line each. */
static void
on_lines (GObject *object, GAsyncResult *result, gpointer label)
{
  Window *self = (Window *) gtk_widget_get_root (label);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_proxy_call_finish (G_DBUS_PROXY (object), result, &error);
  g_autoptr (GVariantIter) entries = NULL;
  g_autoptr (GString) text = g_string_new ("");
  GVariant *entry;

  if (session_failed (self->session, error))
    return;
  g_variant_get_child (reply, 0, "aa{sv}", &entries);
  while (g_variant_iter_loop (entries, "@a{sv}", &entry))
    if (*fields_text (entry, "title") != '\0')
      g_string_append_printf (text, "%s: %s\n", fields_text (entry, "title"), fields_text (entry, "content"));
    else if (*fields_text (entry, "display_name") != '\0')
      g_string_append_printf (text, "%s\n", fields_text (entry, "display_name"));
    else
      g_string_append_printf (text, "%" G_GINT64_FORMAT "\n", fields_number (entry, "user_id"));
  gtk_label_set_text (label, text->str);
  changed (self);
}

static void
on_group_changed (Session *session, Window *self)
{
  gboolean is_group = session->current != NULL && g_str_equal (fields_text (session->current->fields, "type"), "group");

  gtk_label_set_text (GTK_LABEL (self->announcements), "");
  gtk_label_set_text (GTK_LABEL (self->members), "");
  if (!is_group || !gtk_widget_get_visible (self->details))
    return;
  g_dbus_proxy_call (G_DBUS_PROXY (session->groups), "ListAnnouncements", g_variant_new ("(x)", session->current->id),
                     G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_lines, self->announcements);
  g_dbus_proxy_call (G_DBUS_PROXY (session->groups), "ListMembers", g_variant_new ("(xsu)", session->current->id, "", 200),
                     G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_lines, self->members);
}

/* What comes into a conversation that the user opened is read while the window is in front. One call a message, however often this is called. */
static void
mark_read (Window *self, gboolean is_opened)
{
  Item *current = self->session->current;
  gint64 last = current == NULL ? 0 : fields_number (current->fields, "last_message_id");

  if (current == NULL || fields_number (current->fields, "unread") == 0)
    return;
  if (!is_opened && (!self->reading || last == self->marked || !gtk_window_is_active (GTK_WINDOW (self))))
    return;
  self->marked = last;
  session_call (self->session, self->session->api, "MarkRead", g_variant_new ("(xxa{sv})", current->id, (gint64) 0, NULL));
}

static void
on_active (GtkWindow *window, GParamSpec *property, Window *self)
{
  mark_read (self, FALSE);
}

/* -- the session's signals -- */

static void
on_status (Session *session, Window *self)
{
  const char *state = session_get_state (session), *reason = NULL;
  gboolean out = g_str_equal (state, "signed-out"), online = g_str_equal (state, "online"), typing;
  g_autofree char *heading = NULL;
  guint position;

  gtk_stack_set_visible_child_name (GTK_STACK (self->pages), out ? "login" : "chat");
  gtk_widget_set_css_classes (self->light, (const char *[]){
    "light", online ? "online" : g_str_equal (state, "blocked") || g_str_equal (state, "no-daemon") || out ? "off" : "busy", NULL });
  if (session->account != NULL && floo_account_get_last_error (session->account) != NULL)
    g_variant_get_child (floo_account_get_last_error (session->account), 1, "&s", &reason);
  gtk_label_set_text (GTK_LABEL (self->state), state);
  gtk_widget_set_tooltip_text (self->light, reason);
  heading = session->current == NULL ? g_strdup ("") : conversation_name (session->current->fields);
  typing = session->current != NULL && fields_flag (session->current->fields, "typing");
  gtk_label_set_text (GTK_LABEL (self->heading), typing ? "typing…" : heading);
  if (session->current != NULL && session->current->id != self->shown)
    {
      self->shown = session->current->id;
      gtk_editable_set_text (GTK_EDITABLE (self->entry), fields_text (session->current->fields, "draft"));
    }
  mark_read (self, FALSE);
  gtk_widget_set_sensitive (self->entry, session->current != NULL && session->current->id != 0);
  if (session->current != NULL && g_list_store_find (session->conversations, session->current, &position))
    gtk_single_selection_set_selected (self->selection, position);
  changed (self);
}

static void
on_failed (Session *session, const char *text, Window *self)
{
  gtk_label_set_text (GTK_LABEL (self->problem), text);
  gtk_label_set_text (GTK_LABEL (self->login_problem), text);
  gtk_widget_set_visible (self->problem, TRUE);
  changed (self);
}

static void
on_painted (GdkFrameClock *clock, Window *self)
{
  if (self->painted == 0 && list_length (self->session->conversations) > 0)
    self->painted = (g_get_monotonic_time () - self->started) / 1000;
  if (self->telling)
    tell_view (self);
}

/* -- actions; the widgets use them, too -- */

static void
open_conversation (Window *self, gint64 id, gint64 jump)
{
  if (list_find (self->session->conversations, id, NULL) == NULL)
    return;
  gtk_widget_set_visible (self->problem, FALSE);
  self->at_end = jump == 0;
  g_clear_handle_id (&self->drafting, g_source_remove);
  if (id != self->shown)
    session_set_draft (self->session, gtk_editable_get_text (GTK_EDITABLE (self->entry)));
  if (id != self->shown || jump != 0 || self->session->more_after)
    session_open (self->session, id, jump);
  self->reading = TRUE;
  mark_read (self, TRUE);
}

static void
open_activated (GSimpleAction *action, GVariant *parameter, gpointer self)
{
  gint64 id, jump;

  g_variant_get (parameter, "(xx)", &id, &jump);
  open_conversation (self, id, jump);
}

static void
send_activated (GSimpleAction *action, GVariant *parameter, gpointer self)
{
  session_send_text (((Window *) self)->session, g_variant_get_string (parameter, NULL));
}

static void
send_file_activated (GSimpleAction *action, GVariant *parameter, gpointer self)
{
  g_autoptr (GFile) file = g_file_new_for_path (g_variant_get_string (parameter, NULL));

  session_send_file (((Window *) self)->session, file);
}

static void
resend_activated (GSimpleAction *action, GVariant *parameter, gpointer self)
{
  Session *session = ((Window *) self)->session;

  session_call (session, session->api, "Resend", g_variant_new ("(x)", g_variant_get_int64 (parameter)));
}

static void
open_file_activated (GSimpleAction *action, GVariant *parameter, gpointer self)
{
  session_open_file (((Window *) self)->session, g_variant_get_int64 (parameter));
}

static void
login (Window *self, const char *name, const char *password)
{
  if (self->session->account != NULL)
    session_call (self->session, self->session->account, "Login", g_variant_new ("(ssa{sv})", name, password, NULL));
  gtk_label_set_text (GTK_LABEL (self->login_problem), "");
}

static void
login_activated (GSimpleAction *action, GVariant *parameter, gpointer self)
{
  const char *name, *password;

  g_variant_get (parameter, "(&s&s)", &name, &password);
  login (self, name, password);
}

static const GActionEntry actions[] = {
  { "open", open_activated, "(xx)" },        /* conversation, message to show or 0 */
  { "send", send_activated, "s" },
  { "send-file", send_file_activated, "s" }, /* path */
  { "resend", resend_activated, "x" },       /* client id */
  { "open-file", open_file_activated, "x" }, /* message */
  { "login", login_activated, "(ss)" },      /* name, password */
};

static void
on_list_activated (GtkListView *list, guint position, Window *self)
{
  open_conversation (self, list_at (self->session->conversations, position)->id, 0);
}

static void
on_result_activated (GtkListView *list, guint position, Window *self)
{
  Item *message = list_at (self->session->results, position);

  open_conversation (self, fields_number (message->fields, "conversation"), message->id);
}

static void
on_search_changed (GtkEditable *entry, Window *self)
{
  const char *text = gtk_editable_get_text (entry);

  gtk_stack_set_visible_child_name (GTK_STACK (self->sides), *text == '\0' ? "list" : "results");
  session_search (self->session, text);
}

static void
on_details_shown (GtkWidget *details, GParamSpec *property, Window *self)
{
  on_group_changed (self->session, self);
}

static void
on_send (GtkWidget *widget, Window *self)
{
  session_send_text (self->session, gtk_editable_get_text (GTK_EDITABLE (self->entry)));
  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
}

static gboolean
on_drafted (gpointer user_data)
{
  Window *self = user_data;

  self->drafting = 0;
  session_set_draft (self->session, gtk_editable_get_text (GTK_EDITABLE (self->entry)));
  return G_SOURCE_REMOVE;
}

/* The draft is kept when the typing rests; the other one is told when it begins. */
static void
on_typed (GtkEditable *entry, Window *self)
{
  const char *text = gtk_editable_get_text (entry);
  Item *current = self->session->current;

  if (gtk_widget_has_focus (self->entry) && self->drafting == 0 && current != NULL
      && g_str_equal (fields_text (current->fields, "type"), "roster") && g_str_equal (session_get_state (self->session), "online"))
    session_call (self->session, self->session->api, "SetTyping", g_variant_new ("(xb)", current->id, *text != '\0'));
  g_clear_handle_id (&self->drafting, g_source_remove);
  self->drafting = g_timeout_add_seconds (2, on_drafted, self);
}

static void
on_chosen (GtkNativeDialog *dialog, int response, Window *self)
{
  g_autoptr (GFile) file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog)) : NULL;

  if (file != NULL)
    session_send_file (self->session, file);
  g_object_unref (dialog);
}

static void
on_attach (GtkButton *button, Window *self)
{
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new ("Send a file", GTK_WINDOW (self), GTK_FILE_CHOOSER_ACTION_OPEN, "Send", NULL);

  g_signal_connect (dialog, "response", G_CALLBACK (on_chosen), self);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static gboolean
on_drop (GtkDropTarget *target, const GValue *value, double x, double y, Window *self)
{
  g_autoptr (GSList) files = gdk_file_list_get_files (g_value_get_boxed (value));

  for (GSList *file = files; file != NULL; file = file->next)
    session_send_file (self->session, file->data);
  return files != NULL;
}

static void
on_login (GtkWidget *widget, Window *self)
{
  login (self, gtk_editable_get_text (GTK_EDITABLE (self->login_name)), gtk_editable_get_text (GTK_EDITABLE (self->login_password)));
  gtk_editable_set_text (GTK_EDITABLE (self->login_password), "");
}

/* -- building it -- */

static void
on_realized (GtkWidget *widget, Window *self)
{
  g_signal_connect (gtk_widget_get_frame_clock (widget), "after-paint", G_CALLBACK (on_painted), self);
}

static void
window_class_init (WindowClass *class)
{
#define CHILD(name) { #name, G_STRUCT_OFFSET (Window, name) }
  static const struct { const char *name; gssize offset; } children[] = {
    CHILD (pages), CHILD (light), CHILD (state), CHILD (sides), CHILD (list), CHILD (results), CHILD (heading), CHILD (scroller), CHILD (box),
    CHILD (search), CHILD (problem), CHILD (entry), CHILD (details), CHILD (announcements), CHILD (members), CHILD (chat), CHILD (login_name),
    CHILD (login_password), CHILD (login_problem), CHILD (adjustment),
  };
#define CALLBACK(name) { #name, G_CALLBACK (name) }
  const struct { const char *name; GCallback function; } callbacks[] = {
    CALLBACK (on_active), CALLBACK (on_attach), CALLBACK (on_details_shown), CALLBACK (on_list_activated), CALLBACK (on_login),
    CALLBACK (on_realized), CALLBACK (on_result_activated), CALLBACK (on_scrolled), CALLBACK (on_search_changed), CALLBACK (on_send), CALLBACK (on_typed),
  };

  gtk_widget_class_set_template_from_resource (GTK_WIDGET_CLASS (class), "/im/floo/GtkChat/window.ui");
  for (gsize i = 0; i < G_N_ELEMENTS (children); i++)
    gtk_widget_class_bind_template_child_full (GTK_WIDGET_CLASS (class), children[i].name, FALSE, children[i].offset);
  for (gsize i = 0; i < G_N_ELEMENTS (callbacks); i++)
    gtk_widget_class_bind_template_callback_full (GTK_WIDGET_CLASS (class), callbacks[i].name, callbacks[i].function);
}

static void
window_init (Window *self)
{
  self->started = g_get_monotonic_time ();
  self->at_end = TRUE;
  self->shown = -1;
  self->session = session_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

static void
show_list (Window *self, GtkWidget *list, GtkSelectionModel *model, gboolean of_messages)
{
  gtk_list_view_set_model (GTK_LIST_VIEW (list), model);
  gtk_list_view_set_factory (GTK_LIST_VIEW (list), rows_new (self->session, of_messages));
}

/* Binds the widgets to what the session has. */
static void
show_session (Window *self)
{
  Session *session = self->session;
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

  self->selection = gtk_single_selection_new (g_object_ref (G_LIST_MODEL (session->conversations)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  show_list (self, self->list, GTK_SELECTION_MODEL (self->selection), FALSE);
  show_list (self, self->box, GTK_SELECTION_MODEL (gtk_no_selection_new (g_object_ref (G_LIST_MODEL (session->messages)))), TRUE);
  show_list (self, self->results, GTK_SELECTION_MODEL (gtk_no_selection_new (g_object_ref (G_LIST_MODEL (session->results)))), TRUE);
  gtk_widget_add_controller (self->chat, GTK_EVENT_CONTROLLER (target));
  g_signal_connect (target, "drop", G_CALLBACK (on_drop), self);
  g_signal_connect (session, "status", G_CALLBACK (on_status), self);
  g_signal_connect (session, "failed", G_CALLBACK (on_failed), self);
  g_signal_connect (session, "jumped", G_CALLBACK (on_jumped), self);
  g_signal_connect (session, "group-changed", G_CALLBACK (on_group_changed), self);
  g_signal_connect (session->messages, "items-changed", G_CALLBACK (on_items_changed), self);
}

static void
add_property_action (GtkApplication *app, const char *name, gpointer object, const char *property)
{
  g_autoptr (GPropertyAction) action = g_property_action_new (name, object, property);

  g_action_map_add_action (G_ACTION_MAP (app), G_ACTION (action));
}

static GtkWindow *
window_new (GtkApplication *app)
{
  Window *self = g_object_new (window_get_type (), "application", app, NULL);
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();

  gtk_css_provider_load_from_resource (provider, "/im/floo/GtkChat/style.css");
  gtk_style_context_add_provider_for_display (gtk_widget_get_display (GTK_WIDGET (self)), GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  g_action_map_add_action_entries (G_ACTION_MAP (app), actions, G_N_ELEMENTS (actions), self);
  add_property_action (app, "scroll", self->adjustment, "value");   /* d: pixels from the top of what is loaded */
  add_property_action (app, "search", self->search, "text");        /* s */
  add_property_action (app, "details", self->details, "visible");
  self->view = g_simple_action_new_stateful ("view", NULL, g_variant_new ("a{sv}", NULL));
  g_action_map_add_action (G_ACTION_MAP (app), G_ACTION (self->view));
  show_session (self);
  return GTK_WINDOW (self);
}

static void
on_activate (GtkApplication *app, gpointer user_data)
{
  GtkWindow *window = gtk_application_get_active_window (app);

  gtk_window_present (window != NULL ? window : window_new (app));
}

int
main (int argc, char **argv)
{
  g_autoptr (GtkApplication) app = gtk_application_new ("im.floo.GtkChat", G_APPLICATION_DEFAULT_FLAGS);

  g_signal_connect (app, "activate", G_CALLBACK (on_activate), NULL);
  return g_application_run (G_APPLICATION (app), argc, argv);
}
