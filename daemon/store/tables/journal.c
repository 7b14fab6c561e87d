/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/early.h"
#include "store/tables/journal.h"

#include <string.h>

#include "base/backoff.h"
#include "base/byte-order.h"
#include "base/error.h"
#include "base/names.h"
#include "store/tables/conversations.h"
#include "store/tables/lived.h"
#include "store/tables/messages.h"
#include "store/tables/prune.h"
#include "store/tables/retention.h"
#include "store/tables/receipts.h"
#include "store/tables/rows.h"
#include "store/tables/state.h"
#include "store/engine/query.h"

#define EVENTS_TYPE "a(txsv)"
/* Rows that one step of pruning reads. */
#define PRUNE_ROWS 500
/* How long notices and operations that took effect are remembered, and tokens after their last use. */
#define DAY_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)
#define APPLIED_MS (90 * DAY_MS)
#define TOKENS_MS (31 * DAY_MS)

/* The body without the message in its details, the last argument. */
static GVariant *
without_message (GVariant *body)
{
  gsize n = g_variant_n_children (body);
  g_autofree GVariant **children = g_new (GVariant *, n);
  g_autoptr (GVariant) details = g_variant_get_child_value (body, n - 1);
  GVariantDict dict;
  GVariant *result;

  g_variant_dict_init (&dict, details);
  g_variant_dict_remove (&dict, "message");
  for (gsize i = 0; i + 1 < n; i++)
    children[i] = g_variant_get_child_value (body, i);
  children[n - 1] = g_variant_ref_sink (g_variant_dict_end (&dict));
  result = g_variant_ref_sink (g_variant_new_tuple (children, n));
  for (gsize i = 0; i < n; i++)
    g_variant_unref (children[i]);
  return result;
}

/* The body without its conversations, the first argument. */
static GVariant *
without_conversations (GVariant *body)
{
  g_autoptr (GVariant) removed = g_variant_get_child_value (body, 1);
  g_autoptr (GVariant) reload = g_variant_get_child_value (body, 2);
  GVariant *rest[] = { g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0), removed, reload };

  return g_variant_ref_sink (g_variant_new_tuple (rest, G_N_ELEMENTS (rest)));
}

/* Returns: (transfer full) (nullable): the stored part of a body whose messages or conversations are in the store; NULL: the ids are enough */
static GVariant *
strip (GVariant *body, FlooSignalRef ref)
{
  if (ref == FLOO_REF_DETAILS)
    return without_message (body);
  return ref == FLOO_REF_CONVERSATIONS ? without_conversations (body) : NULL;
}

static gboolean
insert_row (FlooDb *db, gint64 serial, gint64 time, FlooSignal signal, GVariant *stored, const gint64 *refs, guint n_refs,
            GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "journal-insert", FLOO_INTS (serial, time, signal), error);
  g_autoptr (GVariant) body = stored != NULL ? floo_variant_little_endian (g_variant_ref (stored)) : NULL;
  g_autofree gint64 *little = n_refs > 0 ? g_new (gint64, n_refs) : NULL;

  for (guint i = 0; i < n_refs; i++)
    little[i] = GINT64_TO_LE (refs[i]);
  if (body != NULL)
    floo_query_bind_blob (query, 4, g_variant_get_data (body), g_variant_get_size (body));
  floo_query_bind_blob (query, 5, little, n_refs * sizeof (gint64));
  return floo_query_run (query, error);
}

gboolean
floo_journal_append_sized (FlooDb *db, FlooSignal signal, GVariant *body, gsize bytes, const gint64 *refs, guint n_refs, GError **error)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (body);
  g_autoptr (GVariant) stripped = NULL;
  const FlooSignalInfo *info = floo_signal_get_info ((int) signal);
  gint64 now = floo_now_ms ();
  GVariant *stored = owned;
  FlooEvent *event;

  g_return_val_if_fail (info != NULL && g_variant_is_of_type (owned, G_VARIANT_TYPE (info->body)), FALSE);
  g_return_val_if_fail (n_refs == 0 || info->ref != FLOO_REF_NONE, FALSE);

  if (db->events == NULL)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_STORAGE, "Events can only be journalled by write jobs");
      return FALSE;
    }
  if (n_refs > 0)
    stored = stripped = strip (owned, info->ref);
  if (!insert_row (db, (gint64) db->last_serial + 1, now, signal, stored, refs, n_refs, error))
    return FALSE;
  db->last_serial++;
  event = floo_event_new (db->last_serial, now, info->name, owned);
  event->bytes = bytes;
  g_ptr_array_add (db->events, event);
  return TRUE;
}

gboolean
floo_journal_append (FlooDb *db, FlooSignal signal, GVariant *body, const gint64 *refs, guint n_refs, GError **error)
{
  return floo_journal_append_sized (db, signal, body, 0, refs, n_refs, error);
}

gboolean
floo_journal_get_position (FlooDb *db, guint64 *first, guint64 *last, GError **error)
{
  gint64 lowest, highest;

  if (!floo_query_get_int (db, "journal-first", NULL, 0, &lowest, NULL, error)
      || !floo_query_get_int (db, "journal-last", NULL, 0, &highest, NULL, error))
    return FALSE;
  *first = lowest > 0 ? (guint64) lowest : 1;
  *last = (guint64) highest;
  return TRUE;
}

/* A row of the journal that is being read. */
typedef struct {
  FlooDb *db;
  guint64 serial;
  const FlooSignalInfo *info;
  gconstpointer refs;
  guint n_refs;
  GVariant *body;       /* (nullable) (owned): as stored */
  gsize bytes;          /* of the messages rendered so far */
} Row;

/* The stored body; NULL where the refs are enough. A body of a wrong type counts as missing: its event is skipped. */
static GVariant *
read_body (FlooQuery *query, const FlooSignalInfo *info, gboolean has_refs)
{
  gsize size;
  gconstpointer data = floo_query_blob (query, 4, &size);
  g_autoptr (GBytes) bytes = NULL;
  GVariant *body;

  /* An empty dictionary takes no bytes. */
  if (has_refs && info->ref != FLOO_REF_DETAILS && info->ref != FLOO_REF_CONVERSATIONS)
    return NULL;
  bytes = g_bytes_new (data, size);
  body = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (info->body), bytes, FALSE));
  if (g_variant_is_normal_form (body))
    return floo_variant_little_endian (body);
  /* Byte-swapping would turn it into a normal form with other contents. */
  g_variant_unref (body);
  return NULL;
}

static gboolean
is_not_found (const GError *error)
{
  return g_error_matches (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND);
}

static gint64
get_ref (const Row *row, guint i)
{
  gint64 id;

  memcpy (&id, (const guint8 *) row->refs + i * sizeof id, sizeof id);
  return GINT64_FROM_LE (id);
}

/* @message: (out) (transfer full) (nullable): NULL where it is gone */
static gboolean
render_ref (Row *row, guint i, GVariant **message, GError **error)
{
  g_autoptr (GError) local = NULL;

  *message = floo_messages_get_variant (row->db, get_ref (row, i), &local);
  if (*message != NULL)
    {
      g_variant_ref_sink (*message);
      row->bytes += g_variant_get_size (*message);
      return TRUE;
    }
  if (is_not_found (local))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* (aM) of the messages that exist; of very large ones only as many as fit into a reply. */
static gboolean
render_array (Row *row, GVariant **args, GError **error)
{
  GVariantBuilder messages;
  guint n = 0;

  g_variant_builder_init (&messages, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));
  for (guint i = 0; i < row->n_refs && row->bytes <= FLOO_PAGE_BYTES; i++)
    {
      g_autoptr (GVariant) message = NULL;

      if (!render_ref (row, i, &message, error))
        {
          g_variant_builder_clear (&messages);
          return FALSE;
        }
      if (message != NULL)
        g_variant_builder_add_value (&messages, message);
      n += message != NULL;
    }
  if (n > 0)
    *args = g_variant_new ("(@" FLOO_MESSAGES_TYPE ")", g_variant_builder_end (&messages));
  else
    g_variant_builder_clear (&messages);
  return TRUE;
}

static gboolean
render_single (Row *row, GVariant **args, GError **error)
{
  g_autoptr (GVariant) message = NULL;

  if (!render_ref (row, 0, &message, error))
    return FALSE;
  if (message != NULL)
    *args = g_variant_new_tuple (&message, 1);
  return TRUE;
}

/* The body with the message put back into its details. */
static gboolean
render_details (Row *row, GVariant **args, GError **error)
{
  g_autoptr (GVariant) message = NULL;
  g_autoptr (GVariant) details = NULL;
  g_autofree GVariant **children = NULL;
  GVariantDict dict;
  gsize n;

  if (row->body == NULL)
    return TRUE;
  if (!render_ref (row, 0, &message, error))
    return FALSE;
  n = g_variant_n_children (row->body);
  children = g_new (GVariant *, n);
  details = g_variant_get_child_value (row->body, n - 1);
  g_variant_dict_init (&dict, details);
  if (message != NULL)
    g_variant_dict_insert_value (&dict, "message", message);
  for (gsize i = 0; i + 1 < n; i++)
    children[i] = g_variant_get_child_value (row->body, i);
  children[n - 1] = g_variant_ref_sink (g_variant_dict_end (&dict));
  *args = g_variant_new_tuple (children, n);
  for (gsize i = 0; i < n; i++)
    g_variant_unref (children[i]);
  return TRUE;
}

/* The body with the conversations as they are now. */
static gboolean
render_conversations (Row *row, GVariant **args, GError **error)
{
  g_autoptr (GVariant) removed = NULL;
  g_autoptr (GVariant) reload = NULL;
  GVariantBuilder changed;

  if (row->body == NULL)
    return TRUE;
  g_variant_builder_init (&changed, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < row->n_refs; i++)
    {
      g_autoptr (GError) local = NULL;
      GVariant *entry = floo_conversations_get (row->db, get_ref (row, i), &local);

      if (entry != NULL)
        {
          row->bytes += g_variant_get_size (entry);
          g_variant_builder_add_value (&changed, entry);
        }
      else if (!is_not_found (local))
        {
          g_variant_builder_clear (&changed);
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
    }
  removed = g_variant_get_child_value (row->body, 1);
  reload = g_variant_get_child_value (row->body, 2);
  *args = g_variant_new ("(@aa{sv}@ax@b)", g_variant_builder_end (&changed), removed, reload);
  return TRUE;
}

/* @args: (out): without the serial, floating or the row's body itself; NULL where the event is skipped */
static gboolean
render (Row *row, GVariant **args, GError **error)
{
  *args = NULL;
  if (row->n_refs == 0)
    {
      *args = row->body;
      return TRUE;
    }
  if (row->info->ref == FLOO_REF_ARRAY)
    return render_array (row, args, error);
  if (row->info->ref == FLOO_REF_SINGLE)
    return render_single (row, args, error);
  if (row->info->ref == FLOO_REF_CONVERSATIONS)
    return render_conversations (row, args, error);
  return row->info->ref != FLOO_REF_DETAILS || render_details (row, args, error);
}

/* @event: (out): the present row as (txsv), NULL where it is skipped */
static gboolean
read_event (FlooDb *db, FlooQuery *query, GVariant **event, GError **error)
{
  Row row = { .db = db, .info = floo_signal_get_info ((int) floo_query_int (query, 2)) };
  gsize size;
  GVariant *args = NULL;
  gboolean ok;

  *event = NULL;
  if (row.info == NULL)
    return TRUE;
  row.serial = (guint64) floo_query_int (query, 0);
  row.refs = floo_query_blob (query, 3, &size);
  row.n_refs = (guint) (size / sizeof (gint64));
  row.body = read_body (query, row.info, row.n_refs > 0);
  ok = render (&row, &args, error);
  if (ok && args != NULL)
    {
      FlooEvent *made = floo_event_new (row.serial, floo_query_int (query, 1), row.info->name, args);

      *event = g_variant_ref_sink (g_variant_new ("(txsv)", made->serial, made->time, made->name, made->args));
      g_variant_get_data (*event); /* serialised now, to free hundreds of small values early */
      floo_event_free (made);
    }
  g_clear_pointer (&row.body, g_variant_unref);
  return ok;
}

static gboolean
check_since (guint64 since, guint64 first, guint64 last, GError **error)
{
  if (since + 1 >= first && since <= last)
    return TRUE;
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND,
               "The journal has the events from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT ", not those after %" G_GUINT64_FORMAT,
               first, last, since);
  return FALSE;
}

GVariant *
floo_journal_replay (FlooDb *db, guint64 since, guint limit, guint64 *next, guint64 *last, GError **error)
{
  g_autoptr (FlooQuery) query = NULL;
  GVariantBuilder events;
  guint64 first;
  gsize bytes = 0;
  gboolean row, ok;

  if (!floo_journal_get_position (db, &first, last, error) || !check_since (since, first, *last, error))
    return NULL;
  if (limit == 0 || limit > FLOO_REPLAY_EVENTS)
    limit = FLOO_REPLAY_EVENTS;
  query = floo_query_take_ints (db, "journal-after", FLOO_INTS ((gint64) since, limit), error);
  if (query == NULL)
    return NULL;
  *next = since;
  g_variant_builder_init (&events, G_VARIANT_TYPE (EVENTS_TYPE));
  while ((ok = floo_query_next (query, &row, error)) && row)
    {
      g_autoptr (GVariant) event = NULL;
      gsize size;

      ok = read_event (db, query, &event, error);
      if (!ok)
        break;
      size = event != NULL ? g_variant_get_size (event) : 0;
      if (bytes > 0 && bytes + size > FLOO_REPLAY_BYTES)
        break;
      bytes += size;
      if (event != NULL)
        g_variant_builder_add_value (&events, event);
      *next = (guint64) floo_query_int (query, 0);
    }
  if (ok)
    return g_variant_builder_end (&events);
  g_variant_builder_clear (&events);
  return NULL;
}

/* A day of lived.h as a key of meta, sorted by day; 0: before all of them. */
static char *
mark_key (gint64 day)
{
  return g_strdup_printf ("journal_day.%010" G_GINT64_FORMAT, day);
}

/* Events have the machine's time, which may have jumped: their age follows from the serial at about which each day began. */
static gboolean
mark_day (FlooDb *db, gint64 day, GError **error)
{
  FlooTablesState *state = floo_state_get (db);
  g_autofree char *key = mark_key (day);
  g_autoptr (FlooQuery) query = NULL;

  if (day <= state->marked_day)
    return TRUE;
  query = floo_query_take (db, "journal-mark-put", error);
  floo_query_bind_text (query, 1, key);
  floo_query_bind_int (query, 2, (gint64) db->last_serial);
  if (!floo_query_run (query, error))
    return FALSE;
  state->marked_day = day;
  return TRUE;
}

/* @serial: (out): the last one before @day; 0: not known */
static gboolean
find_mark (FlooDb *db, gint64 day, gint64 *serial, GError **error)
{
  g_autofree char *first = mark_key (0);
  g_autofree char *key = mark_key (MAX (day, 0));
  g_autoptr (FlooQuery) query = floo_query_take (db, "journal-mark-get", error);
  gboolean row;

  floo_query_bind_text (query, 1, first);
  floo_query_bind_text (query, 2, key);
  if (!floo_query_next (query, &row, error))
    return FALSE;
  *serial = row ? floo_query_int (query, 0) : 0;
  return TRUE;
}

static gboolean
forget_marks (FlooDb *db, gint64 day, GError **error)
{
  g_autofree char *first = mark_key (0);
  g_autofree char *key = mark_key (MAX (day, 0));
  g_autoptr (FlooQuery) query = floo_query_take (db, "journal-mark-prune", error);

  floo_query_bind_text (query, 1, first);
  floo_query_bind_text (query, 2, key);
  return floo_query_run (query, error);
}

/* Events are only removed from the front, so that the rest has no gaps; the last one is always kept. */
static gboolean
prune_journal (FlooDb *db, guint days, guint events, gboolean *more, GError **error)
{
  const gint64 today = floo_lived_now (db) / DAY_MS;
  /* A mark is made a little after its day began. */
  const gint64 day = today - days - 1;
  const gint64 last = (gint64) db->last_serial;
  gint64 old, from;
  guint deleted;

  /* The first row to keep, among the next ones. */
  if (!mark_day (db, today, error) || !find_mark (db, day, &old, error) || !forget_marks (db, day, error)
      || !floo_query_get_int (db, "journal-first-to-keep", FLOO_INTS (old, last - events, last, PRUNE_ROWS), &from, NULL, error)
      || !floo_query_run_ints (db, "journal-delete-before", FLOO_INTS (from), &deleted, error))
    return FALSE;
  *more = deleted >= PRUNE_ROWS;
  return TRUE;
}

gboolean
floo_prune_step (FlooDb *db, const FlooRetention *retention, gboolean *more, GError **error)
{
  const gint64 now = floo_lived_now (db);
  guint applied, early, tokens;
  gboolean more_receipts, more_messages;

  if (!floo_lived_save (db, error) || !prune_journal (db, retention->journal_days, retention->journal_events, more, error)
      || !floo_query_run_ints (db, "applied-prune", FLOO_INTS (now - APPLIED_MS, PRUNE_ROWS), &applied, error)
      || !floo_query_run_ints (db, "early-prune", FLOO_INTS (now - APPLIED_MS, FLOO_EARLY_MAX, PRUNE_ROWS), &early, error)
      || !floo_query_run_ints (db, "tokens-prune", FLOO_INTS (now - TOKENS_MS, PRUNE_ROWS), &tokens, error)
      || !floo_receipts_prune (db, FLOO_RECEIPTS_MESSAGES, &more_receipts, error)
      || !floo_retention_step (db, retention, &more_messages, error))
    return FALSE;
  *more = *more || more_receipts || more_messages || applied >= PRUNE_ROWS || early >= PRUNE_ROWS || tokens >= PRUNE_ROWS;
  return TRUE;
}

gboolean
floo_journal_members_changed (FlooDb *db, gint64 group, const gint64 *users, guint n, GError **error)
{
  return floo_journal_append (db, FLOO_SIGNAL_GROUP_MEMBER_CHANGED,
                              g_variant_new ("(x@ax)", group, g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, users, n, sizeof *users)),
                              NULL, 0, error);
}
