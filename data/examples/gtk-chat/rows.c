/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row of the list of conversations, and one of the messages: each is filled anew when its item says that it changed. */
#include "window.h"

/* A row as its file has it, which knows its parts by their ids. Returns: (transfer full) */
static GtkWidget *
build_row (const char *resource)
{
  g_autoptr (GtkBuilder) builder = gtk_builder_new_from_resource (resource);
  g_autoptr (GSList) parts = gtk_builder_get_objects (builder);
  GObject *row = gtk_builder_get_object (builder, "row");

  for (GSList *part = parts; part != NULL; part = part->next)
    g_object_set_data (row, gtk_buildable_get_buildable_id (part->data), part->data);
  return GTK_WIDGET (g_object_ref (row));
}

static gpointer
get_part (gpointer row, const char *name)
{
  return g_object_get_data (row, name);
}

static void
set_text (GtkWidget *row, const char *name, const char *text)
{
  gtk_label_set_text (get_part (row, name), text);
  gtk_widget_set_visible (get_part (row, name), *text != '\0');
}

static char *
format_time (gint64 ms)
{
  g_autoptr (GDateTime) time = ms <= 0 ? NULL : g_date_time_new_from_unix_local (ms / 1000);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();

  if (time == NULL)
    return g_strdup ("");
  return g_date_time_format (time, g_date_time_difference (now, time) < G_TIME_SPAN_DAY ? "%H:%M" : "%x");
}

static void
fill_conversation (Conversation *conversation, gpointer user_data)
{
  GtkWidget *row = user_data;
  g_autofree char *time = format_time (conversation->timestamp), *draft = NULL, *unread = NULL, *initial = NULL;
  char colour[] = "colour0";

  set_text (row, "name", conversation->name);
  set_text (row, "time", time);
  set_text (row, "pin", conversation->pinned ? "★" : "");
  draft = *conversation->draft == '\0' ? NULL : g_strconcat ("Draft: ", conversation->draft, NULL);
  set_text (row, "preview", conversation->typing ? "typing…" : draft != NULL ? draft : conversation->preview);
  unread = conversation->unread == 0 ? g_strdup ("") : g_strdup_printf ("%u", conversation->unread);
  set_text (row, "unread", unread);
  set_text (row, "mention", conversation->mentioned ? "@" : "");
  initial = g_utf8_substring (conversation->name, 0, 1);
  set_text (row, "avatar", initial);
  colour[6] = '0' + conversation->id % 5;
  gtk_widget_set_css_classes (get_part (row, "avatar"), (const char *[]){ "avatar", colour, NULL });
}

static void
on_setup (GtkListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  g_autoptr (GtkWidget) row = build_row ("/im/floo/GtkChat/conversation.ui");

  gtk_list_item_set_child (item, row);
}

static void
on_bind (GtkListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  GtkWidget *row = gtk_list_item_get_child (item);

  g_signal_connect_object (gtk_list_item_get_item (item), "changed", G_CALLBACK (fill_conversation), row, 0);
  fill_conversation (gtk_list_item_get_item (item), row);
}

static void
on_unbind (GtkListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  g_signal_handlers_disconnect_by_func (gtk_list_item_get_item (item), fill_conversation, gtk_list_item_get_child (item));
}

GtkListItemFactory *
conversation_rows_new (void)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (on_setup), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (on_unbind), NULL);
  return factory;
}

/* -- messages -- */

static const char *
get_mark (const Message *message)
{
  static const char *const states[][2] = {
    { "queued", "waiting" }, { "sending", "sending…" }, { "failed", "✗ not sent:" }, { "uncertain", "? sent, maybe" },
  };

  if (!message->outgoing)
    return "";
  for (gsize i = 0; message->pending && i < G_N_ELEMENTS (states); i++)
    if (g_str_equal (message->send_state, states[i][0]))
      return states[i][1];
  return message->status == 2 ? "✓✓ read" : message->status == 1 ? "✓✓ delivered" : "✓ sent";
}

static void
fill_message (Message *message, gpointer user_data)
{
  GtkWidget *row = user_data, *bubble = get_part (row, "bubble"), *picture = get_part (row, "picture"), *bar = get_part (row, "bar");
  Session *session = g_object_get_data (G_OBJECT (row), "session");
  gboolean text = g_str_equal (message->type, "text"), failed = message->pending && g_str_equal (message->send_state, "failed");
  g_autofree char *time = format_time (message->timestamp), *name = NULL, *content = NULL, *foot = NULL;

  if (session->current != NULL && session->current->group && !message->outgoing)
    name = *message->sender_name != '\0' ? g_strdup (message->sender_name) : g_strdup_printf ("%" G_GINT64_FORMAT, message->from);
  set_text (row, "sender", name == NULL ? "" : name);
  if (text || message->thumbnail != NULL)
    content = g_strdup (message->content);
  else
    content = g_strdup_printf ("[%s] %s%s%s", message->type, message->file_name == NULL ? "" : message->file_name,
                               *message->content == '\0' ? "" : " ", message->content);
  set_text (row, "content", content);
  foot = g_strjoin (" ", time, get_mark (message), failed ? message->error : NULL, NULL);
  set_text (row, "foot", foot);
  gtk_widget_set_visible (get_part (row, "resend"), failed);
  gtk_widget_set_visible (get_part (row, "open"),
                          g_strv_contains ((const char *const[]){ "image", "audio", "video", "file", NULL }, message->type));
  gtk_picture_set_paintable (GTK_PICTURE (picture), message->thumbnail);
  gtk_widget_set_visible (picture, message->thumbnail != NULL);
  gtk_widget_set_visible (bar, message->progress >= 0);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (bar), CLAMP (message->progress, 0, 1));
  gtk_widget_set_halign (bubble, message->outgoing ? GTK_ALIGN_END : GTK_ALIGN_START);
  gtk_widget_set_css_classes (bubble, (const char *[]){ "bubble", failed ? "failed" : message->outgoing ? "own" : "other",
                                                        message->found ? "found" : NULL, NULL });
  if (g_str_equal (message->type, "image") || g_str_equal (message->type, "video"))
    session_load_thumbnail (session, message);
}

static void
on_resend (GtkButton *button, gpointer row)
{
  Message *message = g_object_get_data (row, "message");

  session_call (g_object_get_data (row, "session"), "Resend", g_variant_new ("(x)", message->client_id));
}

static void
on_open_file (GtkButton *button, gpointer row)
{
  session_open_file (g_object_get_data (row, "session"), g_object_get_data (row, "message"));
}

GtkWidget *
message_row_new (gpointer item, gpointer session)
{
  GtkWidget *row = build_row ("/im/floo/GtkChat/message.ui");

  g_object_set_data_full (G_OBJECT (row), "message", g_object_ref (item), g_object_unref);
  g_object_set_data (G_OBJECT (row), "session", session);
  g_signal_connect (get_part (row, "resend"), "clicked", G_CALLBACK (on_resend), row);
  g_signal_connect (get_part (row, "open"), "clicked", G_CALLBACK (on_open_file), row);
  g_signal_connect_object (item, "changed", G_CALLBACK (fill_message), row, 0);
  fill_message (item, row);
  return row;
}
