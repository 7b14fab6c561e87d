/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window.h"

#define NEAR_EDGE 300   /* pixels from the end of the loaded messages where the next page is asked for */

struct _Window {
  GtkApplicationWindow parent;
  Session *session;
  /* Of window.ui. */
  GtkWidget *pages, *light, *state, *sides, *list, *results, *heading, *scroller, *box, *problem, *entry, *details, *details_text, *chat;
  GtkWidget *login_name, *login_password, *login_problem;
  GtkAdjustment *adjustment;
  GtkSingleSelection *selection;
  GSimpleAction *view;
  char *announcements;    /* of the current group, as markup */
  char *screenshot;       /* where a picture of the next frame is to be kept; NULL: nowhere */
  gboolean reading;       /* the user opened the conversation, so what comes is read where the window is in front */
  gboolean at_end;        /* stay at the newest message */
  gint64 marked;          /* the newest message when it was marked as read */
  gint64 started, painted;
  gboolean telling;
  guint drafting, going;
};

G_DECLARE_FINAL_TYPE (Window, window, CHAT, WINDOW, GtkApplicationWindow)
G_DEFINE_TYPE (Window, window, GTK_TYPE_APPLICATION_WINDOW)

/* -- what is shown, for whoever drives the window -- */

static void
describe_top (Window *self, GVariantDict *view)
{
  GtkListBoxRow *row = gtk_list_box_get_row_at_y (GTK_LIST_BOX (self->box), gtk_adjustment_get_value (self->adjustment));
  graphene_rect_t bounds;

  if (row == NULL || !gtk_widget_compute_bounds (GTK_WIDGET (row), self->scroller, &bounds))
    return;
  g_variant_dict_insert (view, "top", "x", ((Message *) g_object_get_data (G_OBJECT (row), "message"))->id);
  g_variant_dict_insert (view, "top_offset", "i", (int) bounds.origin.y);
}

static void
tell_view (Window *self)
{
  GListModel *messages = G_LIST_MODEL (self->session->messages);
  guint n = g_list_model_get_n_items (messages);
  g_autoptr (Message) last = n == 0 ? NULL : g_list_model_get_item (messages, n - 1);
  GVariantDict view;

  self->telling = FALSE;
  g_variant_dict_init (&view, NULL);
  g_variant_dict_insert (&view, "page", "s", gtk_stack_get_visible_child_name (GTK_STACK (self->pages)));
  g_variant_dict_insert (&view, "state", "s", session_get_state (self->session));
  g_variant_dict_insert (&view, "conversations", "u", g_list_model_get_n_items (G_LIST_MODEL (self->session->conversations)));
  g_variant_dict_insert (&view, "conversation", "x", self->session->current == NULL ? 0 : self->session->current->id);
  g_variant_dict_insert (&view, "unread", "u", self->session->current == NULL ? 0 : self->session->current->unread);
  g_variant_dict_insert (&view, "messages", "u", n);
  g_variant_dict_insert (&view, "more_before", "b", self->session->more_before);
  g_variant_dict_insert (&view, "loading", "b", self->session->loading_page || self->session->catching_up);
  g_variant_dict_insert (&view, "results", "u", g_list_model_get_n_items (G_LIST_MODEL (self->session->results)));
  g_variant_dict_insert (&view, "details", "s", gtk_label_get_text (GTK_LABEL (self->details_text)));
  g_variant_dict_insert (&view, "problem", "s", gtk_label_get_text (GTK_LABEL (self->problem)));
  g_variant_dict_insert (&view, "login_problem", "s", gtk_label_get_text (GTK_LABEL (self->login_problem)));
  g_variant_dict_insert (&view, "at_end", "b", self->at_end);
  g_variant_dict_insert (&view, "painted_ms", "x", self->painted);
  if (last != NULL)
    {
      g_variant_dict_insert (&view, "last", "s", last->content);
      g_variant_dict_insert (&view, "last_sender", "s", last->sender_name);
      g_variant_dict_insert (&view, "last_id", "x", last->id);
      g_variant_dict_insert (&view, "last_client_id", "x", last->client_id);
      g_variant_dict_insert (&view, "last_state", "s", last->send_state);
      g_variant_dict_insert (&view, "last_error", "s", last->error);
      g_variant_dict_insert (&view, "last_status", "i", last->status);
      g_variant_dict_insert (&view, "thumbnail", "b", last->thumbnail != NULL);
    }
  describe_top (self, &view);
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
on_scrolled (GtkAdjustment *adjustment, Window *self)
{
  double value = gtk_adjustment_get_value (adjustment), rest = gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_page_size (adjustment) - value;

  self->at_end = rest < 2;
  if (value < NEAR_EDGE)
    session_load_more (self->session, TRUE);
  if (rest < NEAR_EDGE)
    session_load_more (self->session, FALSE);
  changed (self);
}

static gboolean
go_to_end (gpointer user_data)
{
  Window *self = user_data;

  self->going = 0;
  if (self->at_end)
    gtk_adjustment_set_value (self->adjustment, gtk_adjustment_get_upper (self->adjustment));
  return G_SOURCE_REMOVE;
}

/* A row became higher, say. Within the layout nothing can be scrolled. */
static void
on_height (GtkAdjustment *adjustment, GParamSpec *property, Window *self)
{
  if (self->at_end && self->going == 0)
    self->going = g_idle_add (go_to_end, self);
  changed (self);
}

/* Moves before the layout, so that nothing jumps: with what came above, or to the end where the reader was there. */
static void
on_items_changed (GListModel *model, guint position, guint removed, guint added, Window *self)
{
  double page = gtk_adjustment_get_page_size (self->adjustment), upper = gtk_adjustment_get_upper (self->adjustment);
  double value = gtk_adjustment_get_value (self->adjustment);
  int height, width = gtk_widget_get_width (self->box);

  if (width > 0)
    {
      gtk_widget_measure (self->box, GTK_ORIENTATION_VERTICAL, width, NULL, &height, NULL, NULL);
      if (position == 0 && removed == 0 && !self->at_end)
        value += height - upper;
      else if (self->at_end)
        value = height - page;
      gtk_adjustment_configure (self->adjustment, value, 0, MAX (height, page), gtk_adjustment_get_step_increment (self->adjustment),
                                gtk_adjustment_get_page_increment (self->adjustment), page);
    }
  changed (self);
}

/* Puts the message that a search led to into the middle, as soon as its row has a place. */
static gboolean
on_tick (GtkWidget *widget, GdkFrameClock *clock, gpointer user_data)
{
  Window *self = user_data;
  graphene_rect_t bounds;

  for (int i = 0;; i++)
    {
      GtkListBoxRow *row = gtk_list_box_get_row_at_index (GTK_LIST_BOX (self->box), i);
      Message *message = row == NULL ? NULL : g_object_get_data (G_OBJECT (row), "message");

      if (row == NULL)
        return G_SOURCE_REMOVE;
      if (message->id != self->session->jump)
        continue;
      if (!gtk_widget_compute_bounds (GTK_WIDGET (row), self->box, &bounds) || bounds.size.height == 0)
        return G_SOURCE_CONTINUE;
      gtk_adjustment_set_value (self->adjustment, bounds.origin.y + bounds.size.height / 2 - gtk_adjustment_get_page_size (self->adjustment) / 2);
      message->found = TRUE;
      message_changed (message);
      return G_SOURCE_REMOVE;
    }
}

static void
on_jumped (Session *session, Window *self)
{
  self->at_end = FALSE;
  gtk_widget_add_tick_callback (self->box, on_tick, self, NULL);
}

/* -- the group's side -- */

static void
add_lines (GVariant *entries, GString *text, const char *title, const char *key, const char *further)
{
  g_string_append_printf (text, "<b>%s</b>\n", title);
  for (gsize i = 0; i < g_variant_n_children (entries); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (entries, i);
      g_autofree char *line = NULL;
      const char *one = "", *other = "";
      gint64 id = 0;

      g_variant_lookup (entry, key, "&s", &one);
      g_variant_lookup (entry, further, "&s", &other);
      g_variant_lookup (entry, "user_id", "x", &id);
      line = *one == '\0' ? g_strdup_printf ("%" G_GINT64_FORMAT, id) : g_markup_printf_escaped ("%s%s%s", one, *other == '\0' ? "" : ": ", other);
      g_string_append_printf (text, "%s\n", line);
    }
}

static void
on_members (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Window *self = user_data;
  g_autoptr (GVariant) members = NULL;
  g_autoptr (GString) text = g_string_new (self->announcements);
  g_autoptr (GError) error = NULL;

  if (!floo_groups_call_list_members_finish (FLOO_GROUPS (object), &members, NULL, result, &error))
    {
      session_failed (self->session, error);
      return;
    }
  add_lines (members, text, "Members", "display_name", "");
  gtk_label_set_markup (GTK_LABEL (self->details_text), text->str);
  changed (self);
}

static void
on_announcements (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Window *self = user_data;
  g_autoptr (GVariant) announcements = NULL;
  g_autoptr (GString) text = g_string_new ("");
  g_autoptr (GError) error = NULL;

  if (!floo_groups_call_list_announcements_finish (FLOO_GROUPS (object), &announcements, result, &error))
    session_failed (self->session, error);
  else
    add_lines (announcements, text, "Announcements", "title", "content");
  gtk_label_set_markup (GTK_LABEL (self->details_text), text->str);
  g_free (self->announcements);
  self->announcements = g_strdup (text->str);
  if (self->session->current != NULL && self->session->current->group)
    floo_groups_call_list_members (FLOO_GROUPS (object), self->session->current->id, "", 200, NULL, on_members, self);
}

static void
on_group_changed (Session *session, Window *self)
{
  gtk_label_set_markup (GTK_LABEL (self->details_text), "");
  if (gtk_widget_get_visible (self->details) && session->current != NULL && session->current->group)
    floo_groups_call_list_announcements (session->groups, session->current->id, NULL, on_announcements, self);
}

/* What comes into a conversation that the user opened is read while the window is in front. One call a message, however often this is called. */
static void
mark_read (Window *self)
{
  GListModel *messages = G_LIST_MODEL (self->session->messages);
  g_autoptr (Message) last = g_list_model_get_item (messages, MAX (g_list_model_get_n_items (messages), 1) - 1);

  if (!self->reading || last == NULL || last->id == self->marked || !gtk_window_is_active (GTK_WINDOW (self))
      || self->session->current == NULL || self->session->current->unread == 0)
    return;
  self->marked = last->id;
  session_mark_read (self->session);
}

static void
on_active (GtkWindow *window, GParamSpec *property, Window *self)
{
  mark_read (self);
}

/* -- the session's signals -- */

static void
on_status (Session *session, Window *self)
{
  const char *state = session_get_state (session), *reason = NULL;
  gboolean out = g_str_equal (state, "signed-out"), online = g_str_equal (state, "online");
  guint position;

  gtk_stack_set_visible_child_name (GTK_STACK (self->pages), out ? "login" : "chat");
  gtk_widget_set_css_classes (self->light, (const char *[]){
    "light", online ? "online" : g_str_equal (state, "blocked") || g_str_equal (state, "no-daemon") || out ? "off" : "busy", NULL });
  if (session->account != NULL && floo_account_get_last_error (session->account) != NULL)
    g_variant_get_child (floo_account_get_last_error (session->account), 1, "&s", &reason);
  gtk_label_set_text (GTK_LABEL (self->state), state);
  gtk_widget_set_tooltip_text (self->light, reason);
  gtk_label_set_text (GTK_LABEL (self->heading), session->current == NULL ? "" : session->current->name);
  if (session->current != NULL && session->current->typing)
    gtk_label_set_text (GTK_LABEL (self->heading), "typing…");
  mark_read (self);
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
keep_screenshot (Window *self)
{
  g_autofree char *path = g_steal_pointer (&self->screenshot);
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (GTK_WIDGET (self));
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;

  gdk_paintable_snapshot (paintable, snapshot, gdk_paintable_get_intrinsic_width (paintable), gdk_paintable_get_intrinsic_height (paintable));
  node = gtk_snapshot_free_to_node (snapshot);
  if (node != NULL)
    texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (self)), node, NULL);
  if (texture == NULL || !gdk_texture_save_to_png (texture, path))
    on_failed (self->session, "The picture of the window could not be kept", self);
}

static void
on_painted (GdkFrameClock *clock, Window *self)
{
  if (self->painted == 0 && g_list_model_get_n_items (G_LIST_MODEL (self->session->conversations)) > 0)
    self->painted = (g_get_monotonic_time () - self->started) / 1000;
  if (self->screenshot != NULL)
    keep_screenshot (self);
  if (self->telling)
    tell_view (self);
}

/* -- actions; the widgets use them, too -- */

static void
open_conversation (Window *self, gint64 id, gint64 jump)
{
  Conversation *conversation = session_find (self->session, id);

  if (conversation == NULL)
    return;
  gtk_widget_set_visible (self->problem, FALSE);
  self->at_end = jump == 0;
  g_clear_handle_id (&self->drafting, g_source_remove);
  if (conversation != self->session->current)
    {
      session_set_draft (self->session, gtk_editable_get_text (GTK_EDITABLE (self->entry)));
      session_open (self->session, id, jump);
      gtk_editable_set_text (GTK_EDITABLE (self->entry), conversation->draft);
    }
  else if (jump != 0 || self->session->more_after)
    session_open (self->session, id, jump);
  self->reading = TRUE;
  session_mark_read (self->session);
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
  session_call (((Window *) self)->session, "Resend", g_variant_new ("(x)", g_variant_get_int64 (parameter)));
}

static void
login_activated (GSimpleAction *action, GVariant *parameter, gpointer self)
{
  const char *name, *password;

  g_variant_get (parameter, "(&s&s)", &name, &password);
  gtk_label_set_text (GTK_LABEL (((Window *) self)->login_problem), "");
  session_login (((Window *) self)->session, name, password);
}

static void
scroll_activated (GSimpleAction *action, GVariant *parameter, gpointer self)
{
  gtk_adjustment_set_value (((Window *) self)->adjustment, g_variant_get_double (parameter));
}

static void
search_activated (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  Window *self = user_data;
  const char *text = g_variant_get_string (parameter, NULL);

  gtk_stack_set_visible_child_name (GTK_STACK (self->sides), *text == '\0' ? "list" : "results");
  session_search (self->session, text);
}

static void
details_activated (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  Window *self = user_data;

  gtk_widget_set_visible (self->details, !gtk_widget_get_visible (self->details));
  on_group_changed (self->session, self);
}

/* Keeps a picture of the window as a PNG file, when it is drawn next. */
static void
screenshot_activated (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  Window *self = user_data;

  g_free (self->screenshot);
  self->screenshot = g_variant_dup_string (parameter, NULL);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static const GActionEntry actions[] = {
  { "open", open_activated, "(xx)" },        /* conversation, message to show or 0 */
  { "send", send_activated, "s" },
  { "send-file", send_file_activated, "s" }, /* path */
  { "resend", resend_activated, "x" },       /* client id */
  { "login", login_activated, "(ss)" },      /* name, password */
  { "scroll", scroll_activated, "d" },       /* pixels from the top of what is loaded */
  { "search", search_activated, "s" },
  { "details", details_activated },
  { "screenshot", screenshot_activated, "s" },
};

static void
on_list_activated (GtkListView *list, guint position, Window *self)
{
  g_autoptr (Conversation) conversation = g_list_model_get_item (G_LIST_MODEL (self->session->conversations), position);

  open_conversation (self, conversation->id, 0);
}

static void
on_result_activated (GtkListBox *box, GtkListBoxRow *row, Window *self)
{
  Message *message = g_object_get_data (G_OBJECT (row), "message");

  open_conversation (self, message->conversation, message->id);
}

static void
on_search_changed (GtkSearchEntry *entry, Window *self)
{
  g_action_group_activate_action (G_ACTION_GROUP (gtk_window_get_application (GTK_WINDOW (self))), "search",
                                  g_variant_new_string (gtk_editable_get_text (GTK_EDITABLE (entry))));
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

  if (gtk_widget_has_focus (self->entry) && self->drafting == 0 && self->session->current != NULL && !self->session->current->group
      && g_str_equal (session_get_state (self->session), "online"))
    session_call (self->session, "SetTyping", g_variant_new ("(xb)", self->session->current->id, *text != '\0'));
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
  session_login (self->session, gtk_editable_get_text (GTK_EDITABLE (self->login_name)), gtk_editable_get_text (GTK_EDITABLE (self->login_password)));
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
    CHILD (problem), CHILD (entry), CHILD (details), CHILD (details_text), CHILD (chat), CHILD (login_name), CHILD (login_password),
    CHILD (login_problem), CHILD (adjustment),
  };
#define CALLBACK(name) { #name, G_CALLBACK (name) }
  const struct { const char *name; GCallback function; } callbacks[] = {
    CALLBACK (on_active), CALLBACK (on_attach), CALLBACK (on_height), CALLBACK (on_list_activated), CALLBACK (on_login), CALLBACK (on_realized),
    CALLBACK (on_result_activated), CALLBACK (on_scrolled), CALLBACK (on_search_changed), CALLBACK (on_send), CALLBACK (on_typed),
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
  gtk_widget_init_template (GTK_WIDGET (self));
}

/* Binds the widgets to what the session has. */
static void
show_session (Window *self, Session *session)
{
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

  self->session = g_object_ref (session);
  self->selection = gtk_single_selection_new (g_object_ref (G_LIST_MODEL (session->conversations)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_list_view_set_model (GTK_LIST_VIEW (self->list), GTK_SELECTION_MODEL (self->selection));
  gtk_list_view_set_factory (GTK_LIST_VIEW (self->list), conversation_rows_new ());
  gtk_list_box_bind_model (GTK_LIST_BOX (self->box), G_LIST_MODEL (session->messages), message_row_new, session, NULL);
  gtk_list_box_bind_model (GTK_LIST_BOX (self->results), G_LIST_MODEL (session->results), message_row_new, session, NULL);
  gtk_widget_add_controller (self->chat, GTK_EVENT_CONTROLLER (target));
  g_signal_connect (target, "drop", G_CALLBACK (on_drop), self);
  g_signal_connect (session, "status", G_CALLBACK (on_status), self);
  g_signal_connect (session, "failed", G_CALLBACK (on_failed), self);
  g_signal_connect (session, "jumped", G_CALLBACK (on_jumped), self);
  g_signal_connect (session, "group-changed", G_CALLBACK (on_group_changed), self);
  g_signal_connect (session->messages, "items-changed", G_CALLBACK (on_items_changed), self);
}

GtkWindow *
window_new (GtkApplication *app, Session *session)
{
  Window *self = g_object_new (window_get_type (), "application", app, NULL);
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();

  gtk_css_provider_load_from_resource (provider, "/im/floo/GtkChat/style.css");
  gtk_style_context_add_provider_for_display (gtk_widget_get_display (GTK_WIDGET (self)), GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  g_action_map_add_action_entries (G_ACTION_MAP (app), actions, G_N_ELEMENTS (actions), self);
  self->view = g_simple_action_new_stateful ("view", NULL, g_variant_new ("a{sv}", NULL));
  g_action_map_add_action (G_ACTION_MAP (app), G_ACTION (self->view));
  show_session (self, session);
  return GTK_WINDOW (self);
}
