/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store's columns: copies of its rows with any value in any column, as damage or another program may leave them. The store opens, is
 * listed, changed, searched and closed; nothing crashes, and no such row prevents the sound ones from being listed, sent, changed or found.
 *
 * An input is a sequence of: table, column, kind of the value, and the value's bytes. Quicker with TMPDIR on a file system in memory.
 */
#include <sqlite3.h>
#include <string.h>

#include "../unit/store-fixture.h"
#include "fuzz.h"
#include "store/engine/db.h"
#include "store/search/search.h"
#include "store/tables/account.h"
#include "store/tables/early.h"
#include "store/tables/gaps.h"
#include "store/tables/lists.h"
#include "store/tables/prune.h"
#include "store/tables/search-changes.h"
#include "store/tables/tokens.h"
#include "store/tables/totals.h"

/* Sound rows that no damage is copied from are of this conversation; the others are of VICTIM. */
#define SOUND 7
#define VICTIM 8
#define SOUND_QUEUED 5000
#define VICTIM_QUEUED 6000
#define MAX_DAMAGES 8
#define MAX_STEPS 200
#define HUGE_BYTES (300 * 1024)

typedef struct {
  char *name;
  gboolean is_integer;
  int key;               /* place in the primary key, from 1 on; 0: none */
  gboolean is_unique;    /* by another index: copies have NULL there */
} Column;

typedef struct {
  char *name;
  GArray *columns;
  char *definition;
} Table;

static Fixture fixture;
static GPtrArray *tables;
static guint8 *template;
static gsize template_size;

/* ---- its content ---- */

static gboolean
fill_outbox (FlooDb *db, gint64 client_id, gint64 conversation, GError **error)
{
  FlooOutboxRow row = { .client_id = client_id, .conversation = conversation, .to = conversation, .type = FLOO_TYPE_TEXT, .content = "waits",
                        .ext = "{}", .config = "{}", .timestamp = 1700000000000, .state = FLOO_SEND_QUEUED };

  return floo_outbox_insert (db, &row, error);
}

static gboolean
fill (FlooDb *db, gpointer data, GError **error)
{
  const gint64 users[] = { SOUND, VICTIM };
  const gint64 refs[] = { 108 };
  const FlooEarly early = { .id = 900, .message = 800, .type = 1 };
  g_autoptr (GVariant) details = g_variant_ref_sink (g_variant_new_parsed ("{'user_id': <int64 8>, 'nick_name': <'Nick'>}"));
  g_autoptr (GVariant) member = g_variant_ref_sink (g_variant_new_parsed ("{'user_id': <int64 8>}"));
  gboolean ok = TRUE, changed;

  for (gint64 id = 1; ok && id <= 6; id++)
    {
      FlooMessage sound = fixture_message (id, SOUND, SOUND, "a needle");
      FlooMessage victim = fixture_message (100 + id, VICTIM, id % 2 == 0 ? VICTIM : FIXTURE_SELF, "hay needle");

      victim.ext = victim.config = "{}";
      victim.attachment = "{\"url\":\"u\"}";
      ok = fixture_take_in (db, &sound, TRUE, error) && fixture_take_in (db, &victim, id % 2 == 0, error);
    }
  return ok && fill_outbox (db, SOUND_QUEUED, SOUND, error) && fill_outbox (db, VICTIM_QUEUED, VICTIM, error)
         && floo_tokens_add (db, "token", "digest", VICTIM_QUEUED, error) && floo_applied_add (db, 700, &changed, error)
         && floo_early_add (db, &early, error) && floo_gaps_add (db, VICTIM, 103, TRUE, error)
         && floo_contacts_set_list (db, FLOO_CONTACT_USER, users, 2, &changed, error)
         && floo_contacts_put (db, FLOO_CONTACT_USER, VICTIM, details, NULL, error)
         && floo_lists_put (db, FLOO_LIST_MEMBERS, 51, member, &changed, error) && floo_values_set (db, "profile", "{}", error)
         && floo_journal_append (db, FLOO_SIGNAL_FLOO_ERROR, g_variant_new ("(ss)", "a", "b"), NULL, 0, error)
         && floo_conversations_set_draft (db, VICTIM, FLOO_CONVERSATION_ROSTER, "draft", 1700000000000, error)
         && floo_search_changes_add (db, refs[0], error);
}

/* ---- damaging ---- */

static void
run (sqlite3 *handle, const char *sql)
{
  if (sqlite3_exec (handle, sql, NULL, NULL, NULL) != SQLITE_OK)
    g_error ("%s: %s", sql, sqlite3_errmsg (handle));
}

/* Calls @func for each row of @sql. */
static void
each_row (sqlite3 *handle, const char *sql, void (*func) (sqlite3_stmt *row, gpointer data), gpointer data)
{
  sqlite3_stmt *statement;

  if (sqlite3_prepare_v2 (handle, sql, -1, &statement, NULL) != SQLITE_OK)
    g_error ("%s: %s", sql, sqlite3_errmsg (handle));
  while (sqlite3_step (statement) == SQLITE_ROW)
    func (statement, data);
  sqlite3_finalize (statement);
}

static void
add_column (sqlite3_stmt *row, gpointer data)
{
  Table *table = data;
  Column column = { g_strdup ((const char *) sqlite3_column_text (row, 0)), g_str_equal ((const char *) sqlite3_column_text (row, 1), "INTEGER"),
                    sqlite3_column_int (row, 2), sqlite3_column_int (row, 3) != 0 };

  g_array_append_val (table->columns, column);
}

static void
add_table (sqlite3_stmt *row, gpointer data)
{
  Table *table = g_new0 (Table, 1);

  table->name = g_strdup ((const char *) sqlite3_column_text (row, 0));
  table->definition = g_strdup ((const char *) sqlite3_column_text (row, 1));
  table->columns = g_array_new (FALSE, FALSE, sizeof (Column));
  g_ptr_array_add (tables, table);
}

static void
replace (GString *text, const char *what, const char *by)
{
  g_string_replace (text, what, by, 0);
}

/* @loose: without the checks of types and of NULL */
static void
write_definitions (sqlite3 *handle, gboolean loose)
{
  run (handle, "PRAGMA writable_schema = ON");
  for (guint i = 0; i < tables->len; i++)
    {
      const Table *table = tables->pdata[i];
      g_autoptr (GString) text = g_string_new (table->definition);
      char *sql;

      if (loose)
        {
          replace (text, " NOT NULL", "");
          replace (text, ") STRICT, ", ") ");
          replace (text, ") STRICT", ")");
        }
      sql = sqlite3_mprintf ("UPDATE sqlite_schema SET sql = %Q WHERE type = 'table' AND name = %Q", text->str, table->name);
      run (handle, sql);
      sqlite3_free (sql);
    }
}

static sqlite3 *
open_raw (void)
{
  g_autofree char *path = fixture_path (&fixture, "store.db");
  sqlite3 *handle;

  g_assert_cmpint (sqlite3_open (path, &handle), ==, SQLITE_OK);
  run (handle, "PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF");
  return handle;
}

static void
set_up (void)
{
  g_autofree char *path = NULL;
  sqlite3 *handle;

  fixture_prepare (&fixture, NULL);
  fixture_open (&fixture);
  fixture_write (&fixture, fill, NULL);
  fixture_close (&fixture);
  tables = g_ptr_array_new ();
  handle = open_raw ();
  each_row (handle, "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name", add_table, NULL);
  for (guint i = 0; i < tables->len; i++)
    {
      Table *table = tables->pdata[i];
      g_autofree char *sql = g_strdup_printf (
          "SELECT name, type, pk, name IN (SELECT c.name FROM pragma_index_list('%s') l, pragma_index_info(l.name) c WHERE l.\"unique\" AND "
          "l.origin = 'c') FROM pragma_table_info('%s')",
          table->name, table->name);

      each_row (handle, sql, add_column, table);
    }
  write_definitions (handle, TRUE);
  sqlite3_close (handle);
  path = fixture_path (&fixture, "store.db");
  g_assert_true (g_file_get_contents (path, (char **) &template, &template_size, NULL));
}

/* The rest of the input. */
typedef struct {
  const uint8_t *data;
  size_t size;
} Input;

static guint
take_byte (Input *input)
{
  guint byte = input->size > 0 ? *input->data : 0;

  if (input->size > 0)
    {
      input->data++;
      input->size--;
    }
  return byte;
}

static void
bind_value (sqlite3_stmt *statement, Input *input)
{
  static const gint64 integers[] = { 0, 1, -1, -5, G_MININT64, G_MAXINT64, G_MAXINT64 - 1, G_MAXUINT32, (gint64) G_MAXUINT32 + 1, SOUND,
                                     (gint64) 1 << 53 };
  static const char *const texts[] = { "", "a", "{}", "[]", "{\"a\":", "7", "-1", "9223372036854775808", "1e999", "x y" };
  const guint kind = take_byte (input), number_of = take_byte (input);
  const size_t size = MIN (number_of, input->size);
  gint64 number = 0;

  switch (kind % 8)
    {
    case 0:
      sqlite3_bind_null (statement, 1);
      break;
    case 1:
      sqlite3_bind_blob (statement, 1, input->data, (int) size, SQLITE_TRANSIENT);
      break;
    case 2:
      sqlite3_bind_text (statement, 1, (const char *) input->data, (int) size, SQLITE_TRANSIENT);
      break;
    case 3:
      sqlite3_bind_int64 (statement, 1, integers[number_of % G_N_ELEMENTS (integers)]);
      return;
    case 4:
      memcpy (&number, input->data, MIN (size, sizeof number));
      sqlite3_bind_int64 (statement, 1, number);
      break;
    case 5:
      sqlite3_bind_text (statement, 1, texts[number_of % G_N_ELEMENTS (texts)], -1, SQLITE_STATIC);
      return;
    case 6:
      sqlite3_bind_double (statement, 1, number_of % 2 == 0 ? 1e300 : -0.5);
      return;
    default:
      {
        g_autofree char *huge = g_strnfill (HUGE_BYTES, size > 0 ? (char) *input->data : 'x');

        sqlite3_bind_text (statement, 1, huge, HUGE_BYTES, SQLITE_TRANSIENT);
      }
      break;
    }
  input->data += size;
  input->size -= size;
}

/* The value of @column in a copy of a row, if it is not the damaged one. */
static char *
copied (const Table *table, const Column *column, const Column *last_key)
{
  /* New ids, as those of messages, are greater than all others, and must be free. */
  if (column == last_key && column->is_integer)
    return g_strdup_printf ("(SELECT min(%s) - 1 FROM %s WHERE typeof(%s) = 'integer' AND %s > %d)", column->name, table->name, column->name,
                            column->name, 50);
  if (column == last_key)
    return g_strdup_printf ("'copy ' || (SELECT count(*) FROM %s)", table->name);
  if (g_str_equal (column->name, "head"))
    return g_strdup ("0"); /* at most one in each conversation, and the sample may be it */
  if (column->is_unique && column->key == 0 && !g_str_equal (column->name, "conversation"))
    return g_strdup ("NULL");
  return g_strdup (column->name);
}

/* In tables with one value for each key the value is replaced; in the others a copy of the newest row is added. */
static void
damage (sqlite3 *handle, Input *input)
{
  const Table *table = tables->pdata[take_byte (input) % tables->len];
  const guint at = take_byte (input) % table->columns->len;
  const Column *last_key = NULL;
  g_autoptr (GString) sql = g_string_new (NULL);
  sqlite3_stmt *statement;

  for (guint i = 0; i < table->columns->len; i++)
    if (g_array_index (table->columns, Column, i).key > (last_key != NULL ? last_key->key : 0))
      last_key = &g_array_index (table->columns, Column, i);
  if (g_str_equal (table->name, "meta") || g_str_equal (table->name, "account"))
    g_string_printf (sql, "UPDATE %s SET value = ?1", table->name);
  else
    {
      g_string_printf (sql, "INSERT INTO %s SELECT ", table->name);
      for (guint i = 0; i < table->columns->len; i++)
        {
          const Column *column = &g_array_index (table->columns, Column, i);
          g_autofree char *term = i == at ? g_strdup ("?1") : copied (table, column, last_key);

          g_string_append_printf (sql, "%s%s", i > 0 ? ", " : "", term);
        }
      g_string_append_printf (sql, " FROM %s WHERE typeof(%s) <> 'integer' OR %s BETWEEN 8 AND 10000000000000 ORDER BY %s DESC LIMIT 1", table->name, last_key->name,
                              last_key->name, last_key->name);
    }
  if (sqlite3_prepare_v2 (handle, sql->str, -1, &statement, NULL) != SQLITE_OK)
    g_error ("%s: %s", sql->str, sqlite3_errmsg (handle));
  bind_value (statement, input);
  sqlite3_step (statement); /* SQLite itself may refuse it */
  sqlite3_finalize (statement);
}

/* ---- reading ---- */

static gboolean
list_conversations (FlooDb *db, gboolean pinned_first, GError **error)
{
  g_autofree char *cursor = g_strdup ("");
  gboolean found = FALSE;

  for (guint i = 0; i < MAX_STEPS && (i == 0 || *cursor != '\0'); i++)
    {
      char *next = NULL;
      GVariant *items = floo_conversations_list (db, cursor, 3, pinned_first, FALSE, NULL, &next, error);

      if (items == NULL)
        return FALSE;
      g_variant_ref_sink (items);
      for (gsize j = 0; j < g_variant_n_children (items); j++)
        {
          g_autoptr (GVariant) item = g_variant_get_child_value (items, j);
          gint64 id;

          found = found || (g_variant_lookup (item, "id", "x", &id) && id == SOUND);
        }
      g_variant_unref (items);
      g_free (cursor);
      cursor = next;
    }
  g_assert_true (found);
  return TRUE;
}

/* Pages from @kind on, with @limit each. Returns: how many of the sound messages were seen, -1: an error */
static int
walk (FlooDb *db, gint64 conversation, FlooPageKind kind, gint64 anchor, guint limit, GError **error)
{
  gboolean more = TRUE, more_before, more_after;
  int n = 0;

  for (guint i = 0; i < MAX_STEPS && more; i++)
    {
      g_autoptr (GVariant) page = floo_messages_page (db, conversation, kind, anchor, limit, &more_before, &more_after, error);
      gsize count;

      if (page == NULL)
        return -1;
      g_variant_ref_sink (page);
      count = g_variant_n_children (page);
      for (gsize j = 0; j < count; j++)
        {
          g_autoptr (GVariant) message = g_variant_get_child_value (page, j);
          gint64 id;

          g_variant_get_child (message, 0, "x", &id);
          n += id >= 1 && id <= 6;
          if (j == (kind == FLOO_PAGE_AFTER ? count - 1 : 0))
            anchor = id;
        }
      more = count > 0 && (kind == FLOO_PAGE_AFTER ? more_after : more_before);
      kind = kind == FLOO_PAGE_AFTER ? FLOO_PAGE_AFTER : FLOO_PAGE_BEFORE;
    }
  return n;
}

static gboolean
look_at_row (const FlooOutboxRow *row, gpointer data)
{
  *(gboolean *) data |= row->client_id == SOUND_QUEUED;
  g_assert_nonnull (row->content);
  return TRUE;
}

static gboolean
look_at_head (const FlooOutboxHead *head, gpointer data)
{
  *(gboolean *) data |= head->client_id == SOUND_QUEUED;
  return TRUE;
}

static gboolean
list_outbox (FlooDb *db, GError **error)
{
  g_autofree char *cursor = g_strdup ("");
  gboolean listed = FALSE, is_head = FALSE, is_file = FALSE;

  if (!floo_outbox_foreach (db, look_at_row, &listed, error) || !floo_outbox_heads (db, look_at_head, &is_head, error)
      || !floo_outbox_foreach_file (db, look_at_row, &is_file, error) || !floo_outbox_foreach_uncertain (db, look_at_row, &is_file, error))
    return FALSE;
  g_assert_true (listed);
  g_assert_true (is_head);
  for (guint i = 0; i < MAX_STEPS && (i == 0 || *cursor != '\0'); i++)
    {
      char *next = NULL;
      GVariant *items = floo_outbox_list (db, FALSE, cursor, 2, &next, error);

      if (items == NULL)
        return FALSE;
      g_variant_unref (g_variant_ref_sink (items));
      g_free (cursor);
      cursor = next;
    }
  return TRUE;
}

static gboolean
replay (FlooDb *db, GError **error)
{
  guint64 first, last, since;

  if (!floo_journal_get_position (db, &first, &last, error))
    return FALSE;
  since = first - 1;
  for (guint i = 0; i < MAX_STEPS && since < last; i++)
    {
      guint64 next;
      GVariant *events = floo_journal_replay (db, since, 2, &next, &last, error);

      if (events == NULL)
        return FALSE;
      g_variant_unref (g_variant_ref_sink (events));
      g_assert_cmpuint (next, >, since);
      since = next;
    }
  return TRUE;
}

static gboolean
look_at_gaps (FlooDb *db, GError **error)
{
  g_autoptr (GArray) recent = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64 conversation, id = 0;
  gboolean flag;

  for (guint i = 0; i < 3; i++)
    if (!floo_gaps_next_missed (db, id, &conversation, &id, error))
      return FALSE;
  return floo_gaps_list_recent (db, 50, recent, error) && floo_gaps_find (db, VICTIM, G_MININT64, G_MAXINT64, &id, error)
         && floo_gaps_find_lowest (db, VICTIM, 0, G_MAXINT64, &id, error) && floo_gaps_find_received (db, VICTIM, G_MAXINT64, &id, error)
         && floo_gaps_find_deleted (db, VICTIM, &id, error) && floo_gaps_is_complete (db, VICTIM, &flag, error);
}

static gboolean
look_at_lists (FlooDb *db, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree char *value = NULL;
  gint64 owner;
  gboolean complete;
  guint n;

  for (FlooContactKind kind = FLOO_CONTACT_USER; kind <= FLOO_CONTACT_GROUP; kind++)
    {
      GVariant *list = floo_contacts_list (db, kind, error);

      if (list == NULL || !floo_contacts_missing (db, kind, 50, ids, error))
        return FALSE;
      g_variant_unref (g_variant_ref_sink (list));
    }
  return floo_lists_get_state (db, FLOO_LIST_MEMBERS, 51, &complete, &n, error) && floo_lists_get_stale (db, FLOO_LIST_MEMBERS, 50, &owner, ids, error)
         && floo_values_get (db, "profile", &value, error);
}

static gboolean
look_around (FlooDb *db, gpointer data, GError **error)
{
  int newest, after;

  if (!list_conversations (db, FALSE, error) || !list_conversations (db, TRUE, error))
    return FALSE;
  newest = walk (db, SOUND, FLOO_PAGE_NEWEST, 0, 3, error);
  after = newest >= 0 ? walk (db, SOUND, FLOO_PAGE_AFTER, 0, 2, error) : -1;
  if (after < 0 || walk (db, SOUND, FLOO_PAGE_AROUND, 3, 4, error) < 0 || walk (db, VICTIM, FLOO_PAGE_NEWEST, 0, 2, error) < 0
      || walk (db, VICTIM, FLOO_PAGE_AFTER, G_MININT64, 2, error) < 0 || walk (db, VICTIM, FLOO_PAGE_BEFORE, G_MAXINT64, 2, error) < 0)
    return FALSE;
  g_assert_cmpint (newest, ==, 6);
  g_assert_cmpint (after, ==, 6);
  return list_outbox (db, error) && replay (db, error) && look_at_gaps (db, error) && look_at_lists (db, error);
}

static gboolean
search (FlooDb *db, gpointer data, GError **error)
{
  const FlooSearch what = { .text = "needle", .conversation = SOUND, .from = -1, .type = -1, .since = G_MININT64, .until = G_MAXINT64, .limit = 100 };
  g_autoptr (GVariant) found = floo_search_run (db, &what, NULL, error);
  g_autofree char *ids = NULL;

  if (found == NULL)
    return FALSE;
  g_variant_ref_sink (found);
  ids = fixture_ids (found);
  for (const char *const *id = (const char *const[]){ "6 ", "5 ", "3 ", "2 ", NULL }; *id != NULL; id++)
    g_assert_nonnull (strstr (ids, *id));
  return TRUE;
}

/* ---- changing ---- */

static gboolean
take_in (FlooDb *db, gpointer data, GError **error)
{
  FlooMessage message = fixture_message (20000, SOUND, SOUND, "new");
  gint64 client_id;

  return fixture_take_in (db, &message, TRUE, error) && floo_outbox_next_client_id (db, &client_id, error);
}

static gboolean
read_all (FlooDb *db, gpointer data, GError **error)
{
  gboolean changed;
  gint64 conversation, last;
  guint unread;

  if (!floo_messages_set_status (db, 4, FLOO_STATUS_READ, &changed, &conversation, error)
      || !floo_messages_read_up_to (db, SOUND, 0, NULL, &last, error) || !floo_conversations_get_unread (db, SOUND, &unread, error))
    return FALSE;
  g_assert_cmpuint (unread, ==, 0);
  return TRUE;
}

static gboolean
acknowledge (FlooDb *db, gpointer data, GError **error)
{
  gboolean was_there;
  guint n;

  return floo_outbox_mark_uncertain (db, 1, &n, error)
         && floo_outbox_set_state (db, SOUND_QUEUED, FLOO_SEND_SENDING, TRUE, 0, 1, NULL, error)
         && floo_outbox_acknowledge (db, SOUND_QUEUED, 20001, 1700000000001, &was_there, error);
}

static gboolean
prune (FlooDb *db, gpointer data, GError **error)
{
  gboolean more, deleted;
  gint64 conversation;
  FlooToType to_type;

  return floo_prune_step (db, &(FlooRetention){ 14, 1000, 1, 1 }, &more, error) && floo_messages_delete (db, 1, &deleted, &conversation, &to_type, error);
}

static gboolean
delete_victim (FlooDb *db, gpointer data, GError **error)
{
  FlooTotals totals;
  gboolean deleted;

  return floo_conversations_delete (db, VICTIM, &deleted, error) && floo_totals_get (db, &totals, error);
}

/* If a job fails because of a damaged value, that is repaired after it, and the job succeeds then. */
static void
write_or_repair (FlooStoreFunc func)
{
  g_autoptr (GError) error = fixture_try_write (&fixture, func, NULL);

  if (error != NULL)
    fixture_write (&fixture, func, NULL);
}

static void
use_store (void)
{
  FixtureJob job = { NULL, NULL, FALSE, NULL };

  fixture_open (&fixture);
  g_assert_cmpint (fixture.outcome, ==, FLOO_STORE_OPENED);
  fixture_read (&fixture, look_around, NULL);
  floo_store_catch_up (fixture.store, WAIT_LIMIT_S * 1000, fixture_job_done, &job);
  fixture_wait (&job.ended);
  g_assert_no_error (job.error);
  fixture_read (&fixture, search, NULL);
  write_or_repair (take_in);
  write_or_repair (read_all);
  write_or_repair (acknowledge);
  write_or_repair (prune);
  write_or_repair (delete_victim);
  fixture_close (&fixture);
}

static void
ignore_log (const char *domain, GLogLevelFlags level, const char *text, gpointer data)
{
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Input input = { data, size };
  g_autofree char *path = NULL;
  sqlite3 *handle;

  if (tables == NULL)
    {
      set_up ();
      /* Warnings about damage are expected. */
      g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
      g_log_set_handler (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE, ignore_log, NULL);
    }
  fixture_remove_tree (fixture.folder);
  g_assert_cmpint (g_mkdir (fixture.folder, 0700), ==, 0);
  path = fixture_path (&fixture, "store.db");
  g_assert_true (g_file_set_contents_full (path, (const char *) template, (gssize) template_size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  handle = open_raw ();
  for (guint i = 0; i < MAX_DAMAGES && input.size > 0; i++)
    damage (handle, &input);
  write_definitions (handle, FALSE);
  sqlite3_close (handle);
  use_store ();
  return 0;
}
