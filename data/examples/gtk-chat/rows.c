/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row of the list of conversations, and one of the messages: each is filled anew when its item says that it changed. */
#include "session.h"

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

/* text: taken */
static void
set_text (GtkWidget *row, const char *name, char *text)
{
  gtk_label_set_text (get_part (row, name), text);
  gtk_widget_set_visible (get_part (row, name), *text != '\0');
  g_free (text);
}

static char *
format_time (gint64 ms)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (ms / 1000);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();

  if (time == NULL || ms <= 0)
    return g_strdup ("");
  return g_date_time_format (time, g_date_time_difference (now, time) < G_TIME_SPAN_DAY ? "%H:%M" : "%x");
}

/* -- conversations -- */

char *
conversation_name (GVariant *fields)
{
  const char *name = fields_text (fields, "name");
  gint64 id = fields_number (fields, "id");

  return *name != '\0' ? g_strdup (name) : id == 0 ? g_strdup ("System") : g_strdup_printf ("%" G_GINT64_FORMAT, id);
}

/* The one line below the name. */
static char *
make_preview (GVariant *fields)
{
  const char *draft = fields_text (fields, "draft"), *content = fields_text (fields, "content");
  const char *type = fields_text (fields, "last_type"), *from = fields_text (fields, "last_from_name");
  gboolean is_group = g_str_equal (fields_text (fields, "type"), "group"), is_ours = fields_flag (fields, "last_outgoing");
  g_autofree char *line = NULL;

  if (fields_flag (fields, "typing"))
    return g_strdup ("typing…");
  if (*draft != '\0')
    return g_strconcat ("Draft: ", draft, NULL);
  if (*type == '\0')
    return g_strdup ("");
  line = *content == '\0' ? g_strdup_printf ("[%s]", type) : g_strdelimit (g_strdup (content), "\r\n\t", ' ');
  return is_ours || (is_group && *from != '\0') ? g_strconcat (is_ours ? "You" : from, ": ", line, NULL) : g_steal_pointer (&line);
}

static void
fill_conversation (Item *item, gpointer user_data)
{
  GtkWidget *row = user_data;
  GVariant *fields = item->fields;
  gint64 unread = fields_number (fields, "unread");
  g_autofree char *name = conversation_name (fields);
  char colour[] = "colour0";

  set_text (row, "avatar", g_utf8_substring (name, 0, 1));
  set_text (row, "name", g_steal_pointer (&name));
  set_text (row, "time", format_time (item->time));
  set_text (row, "pin", g_strdup (fields_flag (fields, "pinned") ? "★" : ""));
  set_text (row, "preview", make_preview (fields));
  set_text (row, "unread", unread == 0 ? g_strdup ("") : g_strdup_printf ("%" G_GINT64_FORMAT, unread));
  set_text (row, "mention", g_strdup (fields_flag (fields, "mentioned") ? "@" : ""));
  colour[6] = '0' + item->id % 5;
  gtk_widget_set_css_classes (get_part (row, "avatar"), (const char *[]){ "avatar", colour, NULL });
}

/* -- messages -- */

static char *
make_sender (GVariant *fields)
{
  const char *name = fields_text (fields, "sender_name");

  return *name != '\0' ? g_strdup (name) : g_strdup_printf ("%" G_GINT64_FORMAT, fields_number (fields, "from"));
}

static char *
make_content (Item *item)
{
  const char *type = fields_text (item->fields, "type"), *content = fields_text (item->fields, "content");
  g_autoptr (GVariant) file = g_variant_lookup_value (item->fields, "file", G_VARIANT_TYPE_VARDICT);

  if (item->picture != NULL || g_str_equal (type, "text"))
    return g_strdup (content);
  return g_strdup_printf ("[%s] %s%s%s", type, file == NULL ? "" : fields_text (file, "name"), *content == '\0' ? "" : " ", content);
}

static const char *
get_mark (const Item *item)
{
  static const char *const states[][2] = {
    { "queued", "waiting" }, { "sending", "sending…" }, { "failed", "✗ not sent:" }, { "uncertain", "? sent, maybe" },
  };
  static const char *const marks[] = { "✓ sent", "✓✓ delivered", "✓✓ read" };

  if (!fields_flag (item->fields, "outgoing"))
    return "";
  for (gsize i = 0; message_is_pending (item) && i < G_N_ELEMENTS (states); i++)
    if (g_str_equal (fields_text (item->fields, "send_state"), states[i][0]))
      return states[i][1];
  return marks[CLAMP (fields_number (item->fields, "status"), 0, 2)];
}

static void
fill_message (Item *item, gpointer user_data)
{
  GtkWidget *row = user_data, *picture = get_part (row, "picture"), *bar = get_part (row, "bar");
  GVariant *fields = item->fields;
  const char *type = fields_text (fields, "type");
  gboolean failed = g_str_equal (fields_text (fields, "send_state"), "failed"), ours = fields_flag (fields, "outgoing");
  gboolean named = !ours && g_str_equal (fields_text (fields, "to_type"), "group");
  g_autofree char *time = format_time (item->time);
  double progress = 0;
  gboolean moving = g_variant_lookup (fields, "progress", "d", &progress);

  set_text (row, "sender", named ? make_sender (fields) : g_strdup (""));
  set_text (row, "content", make_content (item));
  set_text (row, "foot", g_strjoin (" ", time, get_mark (item), failed ? fields_text (fields, "error_reason") : NULL, NULL));
  gtk_widget_set_visible (get_part (row, "resend"), failed);
  gtk_widget_set_visible (get_part (row, "open"), g_strv_contains ((const char *const[]){ "image", "audio", "video", "file", NULL }, type));
  gtk_picture_set_paintable (GTK_PICTURE (picture), item->picture);
  gtk_widget_set_visible (picture, item->picture != NULL);
  gtk_widget_set_visible (bar, moving);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (bar), CLAMP (progress, 0, 1));
  gtk_widget_set_halign (row, ours ? GTK_ALIGN_END : GTK_ALIGN_START);
  gtk_widget_set_css_classes (row, (const char *[]){ "bubble", failed ? "failed" : ours ? "own" : "other",
                                                        fields_flag (fields, "found") ? "found" : NULL, NULL });
  gtk_actionable_set_action_target (get_part (row, "resend"), "x", item->client_id);
  gtk_actionable_set_action_target (get_part (row, "open"), "x", item->id);
  session_load_picture (g_object_get_data (G_OBJECT (row), "session"), item);
}

/* -- lists of them -- */

typedef struct {
  const char *resource;
  void (*fill) (Item *item, gpointer row);
  Session *session;
} Kind;

static void
on_setup (GtkListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  const Kind *kind = user_data;
  g_autoptr (GtkWidget) row = build_row (kind->resource);

  g_object_set_data (G_OBJECT (row), "session", kind->session);
  gtk_list_item_set_child (item, row);
}

static void
on_bind (GtkListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  const Kind *kind = user_data;
  GtkWidget *row = gtk_list_item_get_child (item);

  g_object_set_data (G_OBJECT (row), "item", gtk_list_item_get_item (item));
  g_signal_connect_object (gtk_list_item_get_item (item), "changed", G_CALLBACK (kind->fill), row, 0);
  kind->fill (gtk_list_item_get_item (item), row);
}

static void
on_unbind (GtkListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  const Kind *kind = user_data;

  g_signal_handlers_disconnect_by_func (gtk_list_item_get_item (item), kind->fill, gtk_list_item_get_child (item));
}

GtkListItemFactory *
rows_new (Session *session, gboolean of_messages)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  Kind *kind = g_new (Kind, 1);

  *kind = of_messages ? (Kind){ "/im/floo/GtkChat/message.ui", fill_message, session }
                      : (Kind){ "/im/floo/GtkChat/conversation.ui", fill_conversation, session };
  g_object_set_data_full (G_OBJECT (factory), "kind", kind, g_free);
  g_signal_connect (factory, "setup", G_CALLBACK (on_setup), kind);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind), kind);
  g_signal_connect (factory, "unbind", G_CALLBACK (on_unbind), kind);
  return factory;
}
