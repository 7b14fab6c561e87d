/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/repair.h"

#include <string.h>

#include "base/backoff.h"
#include "base/error.h"
#include "base/json.h"
#include "store/tables/journal.h"
#include "store/tables/rows.h"

#define ERROR_CATEGORY "STORE_DAMAGED"
/* Counters and times are below this: clients may keep numbers in doubles. */
#define MAX_NUMBER (G_GINT64_CONSTANT (1) << 53)

/* ---- impossible numbers ---- */

static gboolean
tell (FlooDb *db, const char *text, GError **error)
{
  g_warning ("%s", text);
  /* Before the store is open there are no listeners, and the serial of the next event is not known yet. */
  return db->events == NULL || floo_journal_append (db, FLOO_SIGNAL_FLOO_ERROR, g_variant_new ("(ss)", ERROR_CATEGORY, text), NULL, 0, error);
}

/* If the highest events are lost their serials would be used again: clients must see another journal. */
static gboolean
repair_numbers (FlooDb *db, GError **error)
{
  guint events;

  if (!floo_query_run_ints (db, "repair-journal", NULL, 0, &events, error)
      || !floo_query_run_ints (db, "repair-search-changes", NULL, 0, NULL, error)
      || !floo_query_run_ints (db, "repair-messages", NULL, 0, NULL, error)
      || !floo_query_run_ints (db, "repair-conversations", NULL, 0, NULL, error)
      || (events > 0 && !floo_query_run_ints (db, "repair-journal-id", NULL, 0, NULL, error)))
    return FALSE;
  if (events > 0)
    g_warning ("%u damaged events were removed from the store's journal, which starts over for its clients", events);
  return TRUE;
}

/* ---- rows that will be sent ---- */

/* Columns of outbox-get: the valid ranges of the first ones; the others are texts. */
static const struct {
  gint64 min, max;
  gboolean essential;    /* without it the row has no meaning */
} numbers[] = {
  { 1, MAX_NUMBER - 1, FALSE },                                     /* client_id */
  { 0, G_MAXINT64, TRUE },                                          /* conversation */
  { FLOO_TO_ROSTER, FLOO_TO_GROUP, TRUE },                          /* to_type */
  { 0, G_MAXINT64, TRUE },                                          /* recipient */
  { FLOO_OPERATION_MESSAGE, FLOO_OPERATION_DELETE_CONVERSATION_EVERYWHERE, TRUE }, /* operation */
  { 0, G_MAXINT64, FALSE },                                         /* target */
  { 0, G_MAXUINT8, TRUE },                                          /* type */
  { 0, G_MAXUINT32, FALSE },                                        /* priority */
  { 1, MAX_NUMBER, FALSE },                                         /* timestamp */
  { FLOO_SEND_QUEUED, FLOO_N_SEND_STATES - 1, FALSE },              /* state */
  { 0, G_MAXUINT32, FALSE },                                        /* attempts */
  { 0, G_MAXINT64, FALSE },                                         /* next_retry: one that is too far away is due */
  { 0, G_MAXUINT32, FALSE },                                        /* device_sn */
  { 0, 1, FALSE },                                                  /* permanent */
  { 0, MAX_NUMBER - 1, FALSE },                                     /* frame */
  { FLOO_DOUBT_DEVICE, FLOO_DOUBT_DUPLICATE, FALSE },               /* doubt */
  { 0, G_MAXINT64, FALSE },                                         /* named */
  { 0, G_MAXINT64, FALSE },                                         /* accepted */
  { 0, G_MAXINT64, FALSE },                                         /* edited */
  { G_MININT, G_MAXINT, FALSE },                                    /* error_code */
  { 0, MAX_NUMBER, FALSE },                                         /* not_before */
};

enum {
  COLUMN_OPERATION = 4,
  COLUMN_TARGET = 5,
  COLUMN_TIMESTAMP = 8,
  COLUMN_NOT_BEFORE = 20,
  COLUMN_CONFIG = 24,
  COLUMN_ATTACHMENT = 25,
  COLUMN_FILE = 26
};

static gboolean
is_number_sound (FlooQuery *query, guint i)
{
  const gint64 value = floo_query_int (query, (int) i);

  return floo_query_get_type (query, (int) i) == SQLITE_INTEGER && value >= numbers[i].min && value <= numbers[i].max;
}

static gboolean
is_text_sound (FlooQuery *query, int i)
{
  gsize size;
  const char *text;

  if (floo_query_is_null (query, i))
    return TRUE;
  text = floo_query_blob (query, i, &size);
  return floo_query_get_type (query, i) == SQLITE_TEXT && g_utf8_validate_len (text, size, NULL);
}

/* Texts that are sent as JSON objects must be valid ones. */
static gboolean
is_object_or_null (FlooQuery *query, int i)
{
  const char *text = floo_query_text (query, i);
  g_autoptr (JsonNode) node = text != NULL ? floo_json_parse (text, strlen (text), NULL) : NULL;

  return text == NULL || floo_json_node_object (node) != NULL;
}

static gboolean
is_operation_sound (FlooQuery *query)
{
  const int operation = (int) floo_query_int (query, COLUMN_OPERATION);

  return operation == FLOO_OPERATION_MESSAGE ? floo_query_int (query, COLUMN_TARGET) == 0
                                             : floo_query_int (query, COLUMN_NOT_BEFORE) == 0
                                                   && strcmp (floo_outbox_operation_to_string (operation), "unknown") != 0;
}

static gboolean
is_row_sound (FlooQuery *query)
{
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (!is_number_sound (query, i))
      return FALSE;
  for (guint i = G_N_ELEMENTS (numbers); i < floo_query_get_n_columns (query); i++)
    if (!is_text_sound (query, (int) i))
      return FALSE;
  return is_operation_sound (query) && is_object_or_null (query, COLUMN_CONFIG) && is_object_or_null (query, COLUMN_ATTACHMENT)
         && is_object_or_null (query, COLUMN_FILE);
}

static gboolean
has_essentials (FlooQuery *query)
{
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (numbers[i].essential && !is_number_sound (query, i))
      return FALSE;
  return TRUE;
}

gboolean
floo_repair_read_outbox_row (FlooQuery *query, FlooOutboxRow *row)
{
  floo_outbox_row_read (row, query);
  if (is_row_sound (query))
    return TRUE;
  if (!has_essentials (query))
    {
      g_warning ("A damaged row of the outbox without a recipient was ignored");
      return FALSE;
    }
  g_warning ("A row of the outbox is damaged; it counts as failed");
  row->state = FLOO_SEND_FAILED;
  row->permanent = TRUE;
  row->error_code = 0;
  row->error = "The store was damaged; parts of the message may be lost";
  row->attempts = 1;
  row->next_retry = 0;
  row->frame = row->named = row->accepted = row->not_before = 0;
  row->doubt = FLOO_DOUBT_DEVICE;
  row->file = NULL;
  if (row->operation == FLOO_OPERATION_MESSAGE)
    row->target = 0;
  /* The user may send it again. */
  if (!is_number_sound (query, COLUMN_TIMESTAMP))
    row->timestamp = floo_now_ms ();
  if (!is_object_or_null (query, COLUMN_CONFIG))
    row->config = NULL;
  if (!is_object_or_null (query, COLUMN_ATTACHMENT))
    row->attachment = NULL;
  return TRUE;
}

/* Appends the client_ids of @name's rows; with @read only of the damaged ones. */
static gboolean
collect_rows (FlooDb *db, const char *name, gboolean read, GArray *ids, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, name, error);
  gboolean row;

  while (floo_query_next (query, &row, error))
    {
      const gint64 id = row ? floo_query_int (query, 0) : 0;

      if (!row)
        return TRUE;
      if (!read || !is_row_sound (query))
        g_array_append_val (ids, id);
    }
  return FALSE;
}

/* @ids: (out): of rows that have to be inserted again; may contain duplicates */
static gboolean
find_damaged_rows (FlooDb *db, GArray *ids, GError **error)
{
  return collect_rows (db, "outbox-all", TRUE, ids, error) && collect_rows (db, "repair-outbox-misplaced", FALSE, ids, error);
}

/* Deletes the row and inserts its valid values: SQLite does not change a row that has a value of a wrong type. */
static gboolean
renew_row (FlooDb *db, gint64 id, GArray *conversations, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "outbox-get", FLOO_INTS (id), error);
  FlooOutboxRow row;
  gboolean found;

  if (!floo_query_next (query, &found, error))
    return FALSE;
  if (!found)
    return TRUE;
  if (!floo_query_run_ints (db, "outbox-delete", FLOO_INTS (id), NULL, error))
    return FALSE;
  if (!floo_repair_read_outbox_row (query, &row))
    return TRUE;
  g_array_append_val (conversations, row.conversation);
  return (is_number_sound (query, 0) || floo_query_get_int (db, "repair-free-client-id", NULL, 0, &row.client_id, NULL, error))
         && floo_outbox_put (db, &row, error);
}

/* First renews all rows, then their order, which also changes other rows. */
static gboolean
renew_rows (FlooDb *db, const GArray *ids, GError **error)
{
  g_autoptr (GArray) conversations = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < ids->len; i++)
    if (!renew_row (db, g_array_index (ids, gint64, i), conversations, error))
      return FALSE;
  for (guint i = 0; i < conversations->len; i++)
    if (!floo_outbox_refresh_head (db, g_array_index (conversations, gint64, i), error))
      return FALSE;
  return TRUE;
}

gboolean
floo_repair_on_opening (FlooDb *db, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  gboolean impossible;

  if (!find_damaged_rows (db, ids, error) || !floo_query_get_bool (db, "repair-is-due", NULL, 0, &impossible, error))
    return FALSE;
  if (ids->len == 0 && !impossible)
    return TRUE;
  if (!floo_db_begin_write (db, error))
    return FALSE;
  if (repair_numbers (db, error) && renew_rows (db, ids, error) && floo_db_commit (db, error))
    return TRUE;
  floo_db_rollback (db);
  return FALSE;
}

/* ---- values of a wrong type ---- */

/* The statements for one table, from its definition. */
typedef struct {
  GString *sound;       /* condition: all values with a default have their types */
  GString *essential;   /* the same for values without a default */
  GString *values;      /* the assignments of SET */
} Statements;

static void
add_column (Statements *statements, FlooQuery *column)
{
  g_autofree char *name = g_strdup_printf ("\"%s\"", floo_query_text (column, 0));
  const char *type = floo_query_text (column, 1);
  const gboolean is_key = floo_query_int (column, 4) != 0, must_be = floo_query_int (column, 2) != 0 || is_key;
  const char *fallback = floo_query_text (column, 3);
  g_autofree char *lower = g_ascii_strdown (type, -1);
  g_autofree char *test = g_strdup_printf ("typeof(%s) IN ('%s'%s)", name, lower, must_be ? "" : ", 'null'");

  if (g_str_equal (lower, "any"))
    return;
  if (must_be && fallback == NULL)
    {
      g_string_append_printf (statements->essential, " AND %s", test);
      return;
    }
  g_string_append_printf (statements->sound, " AND %s", test);
  g_string_append_printf (statements->values, "%s%s = iif(%s, %s, %s)", statements->values->len > 0 ? ", " : "", name, test, name,
                          fallback != NULL ? fallback : "NULL");
}

static gboolean
run_text (FlooDb *db, const char *sql, guint *n, GError **error)
{
  int code = sqlite3_exec (db->handle, sql, NULL, NULL, NULL);

  if (code != SQLITE_OK)
    return floo_db_set_error (db, code, error);
  *n += (guint) sqlite3_changes (db->handle);
  return TRUE;
}

static gboolean
repair_table (FlooDb *db, const char *table, guint *n, GError **error)
{
  g_autoptr (FlooQuery) columns = floo_query_take (db, "table-columns", error);
  g_autoptr (GString) sound = g_string_new ("1");
  g_autoptr (GString) essential = g_string_new ("1");
  g_autoptr (GString) values = g_string_new (NULL);
  Statements statements = { sound, essential, values };
  gboolean row = TRUE;

  if (columns == NULL)
    return FALSE;
  floo_query_bind_text (columns, 1, table);
  while (row)
    {
      if (!floo_query_next (columns, &row, error))
        return FALSE;
      if (row)
        add_column (&statements, columns);
    }
  g_string_prepend (essential, "\" WHERE NOT (");
  g_string_prepend (essential, table);
  g_string_prepend (essential, "DELETE FROM \"");
  g_string_append_c (essential, ')');
  if (!run_text (db, essential->str, n, error))
    return FALSE;
  if (values->len == 0)
    return TRUE;
  g_string_append_printf (values, " WHERE NOT (%s)", sound->str);
  g_string_prepend (values, "\" SET ");
  g_string_prepend (values, table);
  g_string_prepend (values, "UPDATE \"");
  return run_text (db, values->str, n, error);
}

gboolean
floo_repair_tables (FlooDb *db, gpointer unused, GError **error)
{
  g_autoptr (FlooQuery) tables = floo_query_take (db, "tables", error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree char *text = NULL;
  gboolean row = TRUE;
  guint n = 0;

  if (tables == NULL)
    return FALSE;
  while (row)
    {
      if (!floo_query_next (tables, &row, error))
        return FALSE;
      if (row)
        g_ptr_array_add (names, g_strdup (floo_query_text (tables, 0)));
    }
  if (!find_damaged_rows (db, ids, error) || !renew_rows (db, ids, error))
    return FALSE;
  for (guint i = 0; i < names->len; i++)
    if (!repair_table (db, names->pdata[i], &n, error))
      return FALSE;
  if (n + ids->len == 0)
    return TRUE;
  text = g_strdup_printf ("%u rows of the store were damaged; they were repaired or removed", n + ids->len);
  return tell (db, text, error);
}
