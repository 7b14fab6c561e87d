/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A module of GIO (GIO_EXTRA_MODULES) that lets a test use the window of a GTK program as a user does, whatever the program. Actions of the
 * application, on the bus as org.gtk.Actions:
 *
 *   type (ss)     puts a text into the field with this id in the .ui file
 *   press s       presses the first button that shows this label; where there is none it activates the first row of a list that does
 *   drop s        drops a file, by its path, on the first place that takes files
 *   scroll (sd)   moves the scroll bar around the list with this id to that value
 *   view          its state is the visible text, after each frame that was painted: texts with their places (x, y), "(picture)" for pictures,
 *                 "(progress)" for bars, "(tooltip)" and its text; the ids of labels that have one, too; of lists with an id that, with the value of their scroll bar and
 *                 how far it is from its end
 */
#include <gtk/gtk.h>

void g_io_module_load (GIOModule *module);
void g_io_module_unload (GIOModule *module);

static GtkWidget *
get_window (void)
{
  return GTK_WIDGET (gtk_application_get_active_window (GTK_APPLICATION (g_application_get_default ())));
}

/* Depth first; of what is on the screen. Returns: (nullable): the first one that fits */
static GtkWidget *
find (GtkWidget *widget, gboolean (*fits) (GtkWidget *widget, gpointer data), gpointer data)
{
  GtkWidget *found = gtk_widget_get_mapped (widget) && fits (widget, data) ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL; child = gtk_widget_get_next_sibling (child))
    found = find (child, fits, data);
  return found;
}

/* Returns: (nullable): GtkBuilder makes some up by itself, which do not count */
static const char *
get_id (GtkWidget *widget)
{
  const char *id = gtk_buildable_get_buildable_id (GTK_BUILDABLE (widget));

  return id != NULL && !g_str_has_prefix (id, "___object") ? id : NULL;
}

static gboolean
has_id (GtkWidget *widget, gpointer id)
{
  return g_strcmp0 (get_id (widget), id) == 0;
}

static gboolean
has_text (GtkWidget *widget, gpointer text)
{
  return GTK_IS_LABEL (widget) && g_str_equal (gtk_label_get_text (GTK_LABEL (widget)), text);
}

static gboolean
is_button (GtkWidget *widget, gpointer text)
{
  return GTK_IS_BUTTON (widget) && find (widget, has_text, text) != NULL;
}

static gboolean
is_row (GtkWidget *widget, gpointer text)
{
  return GTK_IS_LIST_VIEW (gtk_widget_get_parent (widget)) && find (widget, has_text, text) != NULL;
}

/* data: (out): a GtkDropTarget */
static gboolean
takes_files (GtkWidget *widget, gpointer data)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GObject) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_DROP_TARGET (controller)
          && gdk_content_formats_contain_gtype (gtk_drop_target_get_formats (GTK_DROP_TARGET (controller)), GDK_TYPE_FILE_LIST))
        *(gpointer *) data = controller;
    }
  return *(gpointer *) data != NULL;
}

static GtkAdjustment *
get_adjustment (GtkWidget *list)
{
  return gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (gtk_widget_get_ancestor (list, GTK_TYPE_SCROLLED_WINDOW)));
}

/* ---- the actions ---- */

static void
type (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_autofree char *id = NULL, *text = NULL;
  GtkWidget *field;

  g_variant_get (parameter, "(ss)", &id, &text);
  field = find (get_window (), has_id, id);
  g_assert_true (GTK_IS_EDITABLE (field));
  gtk_editable_set_text (GTK_EDITABLE (field), text);
}

static void
press (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  gpointer text = (gpointer) g_variant_get_string (parameter, NULL);
  GtkWidget *button = find (get_window (), is_button, text);

  if (button != NULL)   /* whose activation takes a while, as a key press does */
    g_signal_emit_by_name (button, "clicked");
  else
    g_assert_true (gtk_widget_activate (find (get_window (), is_row, text)));
}

static void
drop (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_autoptr (GFile) file = g_file_new_for_path (g_variant_get_string (parameter, NULL));
  GSList files = { .data = file };
  GValue value = G_VALUE_INIT;
  gpointer target = NULL;
  gboolean taken;

  g_assert_nonnull (find (get_window (), takes_files, &target));
  g_value_init (&value, GDK_TYPE_FILE_LIST);
  g_value_set_boxed (&value, &files);
  g_signal_emit_by_name (target, "drop", &value, 1.0, 1.0, &taken);
  g_assert_true (taken);
  g_value_unset (&value);
}

static void
scroll (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_autofree char *id = NULL;
  double position;

  g_variant_get (parameter, "(sd)", &id, &position);
  gtk_adjustment_set_value (get_adjustment (find (get_window (), has_id, id)), position);
}

static const GActionEntry actions[] = {
  { "type", type, "(ss)" }, { "press", press, "s" }, { "drop", drop, "s" }, { "scroll", scroll, "(sd)" }, { "view", NULL, NULL, "@a(sii) []" },
};

/* ---- what can be read ---- */

static const char *
get_text (GtkWidget *widget)
{
  if (GTK_IS_LABEL (widget))
    return gtk_label_get_text (GTK_LABEL (widget));
  return GTK_IS_PICTURE (widget) ? "(picture)" : GTK_IS_LEVEL_BAR (widget) || GTK_IS_PROGRESS_BAR (widget) ? "(progress)" : "";
}

static gboolean
add_texts (GtkWidget *widget, gpointer texts)
{
  g_autofree char *tooltip = g_strconcat ("(tooltip) ", gtk_widget_get_tooltip_text (widget), NULL);
  GtkAdjustment *adjustment = GTK_IS_LIST_VIEW (widget) && get_id (widget) != NULL ? get_adjustment (widget) : NULL;
  graphene_rect_t bounds;

  if (adjustment != NULL)
    g_variant_builder_add (texts, "(sii)", get_id (widget), (int) gtk_adjustment_get_value (adjustment),
                           (int) (gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_page_size (adjustment)
                                  - gtk_adjustment_get_value (adjustment)));
  if (gtk_widget_get_tooltip_text (widget) != NULL)
    g_variant_builder_add (texts, "(sii)", tooltip, 0, 0);
  if (*get_text (widget) == '\0' || !gtk_widget_compute_bounds (widget, get_window (), &bounds))
    return FALSE;
  g_variant_builder_add (texts, "(sii)", get_text (widget), (int) bounds.origin.x, (int) bounds.origin.y);
  if (get_id (widget) != NULL)
    g_variant_builder_add (texts, "(sii)", get_id (widget), (int) bounds.origin.x, (int) bounds.origin.y);
  return FALSE;
}

static void
on_painted (GdkFrameClock *clock, gpointer user_data)
{
  GVariantBuilder texts;

  g_variant_builder_init (&texts, G_VARIANT_TYPE ("a(sii)"));
  find (get_window (), add_texts, &texts);
  g_simple_action_set_state (user_data, g_variant_builder_end (&texts));
}

static gboolean
attach (gpointer user_data)
{
  GActionMap *app = G_ACTION_MAP (g_application_get_default ());

  g_action_map_add_action_entries (app, actions, G_N_ELEMENTS (actions), NULL);
  g_signal_connect (gtk_widget_get_frame_clock (get_window ()), "after-paint", G_CALLBACK (on_painted), g_action_map_lookup_action (app, "view"));
  gtk_widget_queue_draw (get_window ());
  return G_SOURCE_REMOVE;
}

static gboolean
on_activate (GSignalInvocationHint *hint, guint n, const GValue *values, gpointer user_data)
{
  g_idle_add_full (G_PRIORITY_HIGH, attach, NULL, NULL);
  return FALSE;
}

void
g_io_module_load (GIOModule *module)
{
  g_type_module_use (G_TYPE_MODULE (module));
  g_type_class_ref (G_TYPE_APPLICATION);
  g_signal_add_emission_hook (g_signal_lookup ("activate", G_TYPE_APPLICATION), 0, on_activate, NULL, NULL);
}

void
g_io_module_unload (GIOModule *module)
{
}
