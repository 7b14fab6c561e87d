/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/search/search.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/names.h"
#include "store/tables/rows.h"
#include "store/search/index.h"
#include "store/search/spans.h"
#include "store/search/terms.h"
#include "store/search/text.h"
#include "store/search/tokens.h"

typedef struct {
  FlooDb *db;
  FlooDb *index;
  const FlooSearch *search;
  gint64 before;          /* only lower ids are wanted */
  FlooTerms *terms;
  char *expression;       /* that all candidates match */
  GArray *candidates;     /* gint64: ids of the present span, still to be looked at */
  gint64 base;            /* of the present span */
  GArray *ids;            /* (nullable): its ids by slot */
  GString *text;          /* for putting texts together */
  GVariantBuilder found;
  guint n_found;
  gboolean more;          /* further messages match than fit in the reply */
  gsize bytes;            /* left of the reply */
} Run;

gboolean
floo_search_check_text (const char *text, GError **error)
{
  g_autoptr (FlooTerms) terms = NULL;

  if (strlen (text) > FLOO_SEARCH_TEXT)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "The text to search for may have at most %u bytes", FLOO_SEARCH_TEXT);
      return FALSE;
    }
  terms = floo_terms_new (text);
  if (terms == NULL)
    g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "There is no word in the text to search for");
  return terms != NULL;
}

/* ---- the index's side ---- */

/* A reader's connection to the index, and the file's identity. */
typedef struct {
  FlooDb *db;
  dev_t device;
  ino_t inode;
} Index;

static void
close_index (gpointer data)
{
  Index *index = data;

  floo_db_close (index->db);
  g_free (index);
}

/* Opened once, and again if the file was replaced. Returns: (transfer none) */
static FlooDb *
open_index (FlooDb *db, GError **error)
{
  g_autofree char *path = g_build_filename (db->folder, FLOO_SEARCH_FILE, NULL);
  Index *index = db->search;
  FlooDb *opened;
  struct stat info;

  if (stat (path, &info) != 0)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_STORAGE, "The search index is not there");
      return NULL;
    }
  if (index != NULL && index->device == info.st_dev && index->inode == info.st_ino)
    return index->db;
  g_clear_pointer (&db->search, close_index);
  opened = floo_index_open_reader (db->folder, db->user_id, error);
  if (opened == NULL)
    return NULL;
  index = g_new (Index, 1);
  *index = (Index){ opened, info.st_dev, info.st_ino };
  db->search = index;
  db->free_search = close_index;
  return opened;
}

/* ---- the store's side ---- */

static gboolean
passes (const FlooSearch *search, const FlooMessage *message)
{
  return (search->conversation < 0 || message->conversation == search->conversation) && (search->from < 0 || message->from == search->from)
         && (search->type < 0 || message->type == search->type) && message->timestamp >= search->since
         && message->timestamp <= search->until;
}

/* @text: (nullable): NULL for a search without words, which has no snippets */
static void
add (Run *run, FlooMessage *message, const char *text, gsize start, gsize end)
{
  g_autofree char *snippet = text != NULL ? floo_snippet_new (text, start, end) : NULL;
  gsize size = floo_message_size (message) + (snippet != NULL ? strlen (snippet) : 0);
  GVariantDict extra;

  if (run->n_found == run->search->limit || (size > run->bytes && run->n_found > 0))
    {
      run->more = TRUE;
      return;
    }
  run->bytes -= MIN (size, run->bytes);
  run->n_found++;
  g_variant_dict_init (&extra, NULL);
  if (snippet != NULL)
    g_variant_dict_insert (&extra, "snippet", "s", snippet);
  message->extra = g_variant_ref_sink (g_variant_dict_end (&extra));
  g_variant_builder_add_value (&run->found, floo_message_to_variant (message));
  g_clear_pointer (&message->extra, g_variant_unref);
}

/* Checks the message itself: the index only says that it may match. */
static gboolean
look_at (Run *run, gint64 id, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (run->db, "message-get", FLOO_INTS (id), error);
  g_auto (FlooMessageRow) row = { 0 };
  const char *text;
  gsize start, end;
  gboolean there;

  if (!floo_query_next (query, &there, error))
    return FALSE;
  if (!there)
    return TRUE;
  if (!floo_message_row_read (&row, run->db, query, error))
    return FALSE;
  if (!passes (run->search, &row.message))
    return TRUE;
  if (run->terms == NULL)
    {
      add (run, &row.message, NULL, 0, 0);
      return TRUE;
    }
  text = floo_search_text (&row.message, run->text);
  if (floo_terms_match (run->terms, text, &start, &end))
    add (run, &row.message, text, start, end);
  return TRUE;
}

/* ---- together ---- */

static int
compare_descending (gconstpointer a, gconstpointer b)
{
  gint64 left = *(const gint64 *) a, right = *(const gint64 *) b;

  return left < right ? 1 : left > right ? -1 : 0;
}

/* Looks at the candidates of a span, newest first. */
static gboolean
look_at_candidates (Run *run, GError **error)
{
  g_array_sort (run->candidates, compare_descending);
  for (guint i = 0; i < run->candidates->len && !run->more; i++)
    if (!look_at (run, g_array_index (run->candidates, gint64, i), error))
      return FALSE;
  g_array_set_size (run->candidates, 0);
  return TRUE;
}

/* Another span is next. */
static gboolean
change_span (Run *run, gint64 base, GError **error)
{
  if (!look_at_candidates (run, error))
    return FALSE;
  g_clear_pointer (&run->ids, g_array_unref);
  run->ids = floo_span_get_ids (run->index, base, error);
  run->base = base;
  return run->ids != NULL;
}

static gboolean
add_candidate (Run *run, gint64 rowid, GError **error)
{
  const gint64 base = floo_span_base (rowid);

  if ((run->ids == NULL || base != run->base) && !change_span (run, base, error))
    return FALSE;
  if (rowid - base >= run->ids->len)
    return floo_db_set_error (run->index, SQLITE_CORRUPT, error);
  if (g_array_index (run->ids, gint64, rowid - base) < run->before)
    g_array_append_val (run->candidates, g_array_index (run->ids, gint64, rowid - base));
  return TRUE;
}

static gboolean
find_in (Run *run, const FlooRowRange *range, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (run->index, "search/find", error);
  gboolean row;

  if (query == NULL)
    return FALSE;
  floo_query_bind_text (query, 1, run->expression);
  floo_query_bind_int (query, 2, range->lowest);
  floo_query_bind_int (query, 3, range->highest);
  while (!run->more)
    {
      if (!floo_query_next (query, &row, error))
        return FALSE;
      if (!row)
        return look_at_candidates (run, error);
      if (!add_candidate (run, floo_query_int (query, 0), error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
find (Run *run, GError **error)
{
  const FlooSearch *search = run->search;
  g_autoptr (GArray) ranges = floo_spans_find (run->index, search->since, search->until, run->before, error);

  if (ranges == NULL)
    return FALSE;
  for (guint i = 0; i < ranges->len && !run->more; i++)
    if (!find_in (run, &g_array_index (ranges, FlooRowRange, i), error))
      return FALSE;
  return TRUE;
}

/* ---- without words ---- */

gboolean
floo_search_is_by_type (const FlooSearch *search)
{
  return *search->text == '\0' && search->type >= FLOO_TYPE_IMAGE && search->type <= FLOO_TYPE_LOCATION;
}

/* Searches the store itself by type. */
static gboolean
find_by_type (Run *run, GError **error)
{
  const FlooSearch *search = run->search;
  g_autoptr (FlooQuery) query
      = search->conversation < 0
            ? floo_query_take_ints (run->db, "messages-of-type", FLOO_INTS (search->type, run->before), error)
            : floo_query_take_ints (run->db, "messages-of-type-here", FLOO_INTS (search->type, run->before, search->conversation), error);
  gboolean row;

  if (query == NULL)
    return FALSE;
  while (!run->more)
    {
      if (!floo_query_next (query, &row, error))
        return FALSE;
      if (!row)
        return TRUE;
      if (!look_at (run, floo_query_int (query, 0), error))
        return FALSE;
    }
  return TRUE;
}

static GVariant *
run_by_type (Run *run, gboolean *more, GError **error)
{
  gboolean ok;

  g_variant_builder_init (&run->found, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));
  ok = find_by_type (run, error);
  if (more != NULL)
    *more = run->more;
  if (ok)
    return g_variant_builder_end (&run->found);
  g_variant_builder_clear (&run->found);
  return NULL;
}

GVariant *
floo_search_run (FlooDb *db, const FlooSearch *search, gboolean *more, GError **error)
{
  g_autoptr (FlooTerms) terms = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GArray) candidates = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree char *expression = NULL;
  Run run = { .db = db, .search = search, .before = search->before > 0 ? search->before : G_MAXINT64, .candidates = candidates, .text = text, .bytes = FLOO_PAGE_BYTES };
  gboolean ok;

  if (floo_search_is_by_type (search))
    return run_by_type (&run, more, error);
  if (!floo_search_check_text (search->text, error) || (run.index = open_index (db, error)) == NULL)
    return NULL;
  run.terms = terms = floo_terms_new (search->text);
  run.expression = expression = floo_tokens_expression (terms, search);
  if (!floo_db_begin_read (run.index, error))
    return NULL;
  g_variant_builder_init (&run.found, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));
  ok = find (&run, error);
  floo_db_rollback (run.index);
  g_clear_pointer (&run.ids, g_array_unref);
  if (more != NULL)
    *more = run.more;
  if (ok)
    return g_variant_builder_end (&run.found);
  g_variant_builder_clear (&run.found);
  return NULL;
}
