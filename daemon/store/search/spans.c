/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/search/spans.h"

#include "store/engine/query.h"

/* The first span's base: there is room on both sides. */
#define FIRST_BASE (G_GINT64_CONSTANT (1) << 40)
/* Ranges of one search; further ones are merged into the last. */
#define MAX_RANGES 16
/* A span with more messages makes searches slow. */
#define CROWDED (FLOO_SPAN_SLOTS / 2)

/* ---- ids as bytes: the distance from the one before, seven bits a byte, the sign in the lowest one ---- */

static void
append_number (GByteArray *bytes, guint64 number)
{
  do
    {
      guint8 byte = (number & 0x7f) | (number > 0x7f ? 0x80 : 0);

      g_byte_array_append (bytes, &byte, 1);
      number >>= 7;
    }
  while (number > 0);
}

static GByteArray *
encode_ids (const GArray *ids)
{
  GByteArray *bytes = g_byte_array_new ();
  guint64 last = 0;

  for (guint i = 0; i < ids->len; i++)
    {
      guint64 distance = (guint64) g_array_index (ids, gint64, i) - last;

      append_number (bytes, distance >> 63 ? ~distance << 1 | 1 : distance << 1);
      last += distance;
    }
  return bytes;
}

/* FALSE where they are not valid ids, or too many. */
static gboolean
decode_ids (GArray *ids, const guint8 *bytes, gsize size)
{
  guint64 last = 0, number = 0;
  guint shift = 0;

  for (gsize i = 0; i < size; i++)
    {
      if (shift > 63)
        return FALSE;
      number |= (guint64) (bytes[i] & 0x7f) << shift;
      shift += 7;
      if (bytes[i] & 0x80)
        continue;
      last += number & 1 ? ~(number >> 1) : number >> 1;
      g_array_append_val (ids, last);
      number = shift = 0;
    }
  return shift == 0 && ids->len <= FLOO_SPAN_SLOTS;
}

static gboolean
read_ids (FlooDb *index, gint64 base, GArray *ids, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (index, "search/span-ids", FLOO_INTS (base), error);
  gboolean row;
  const guint8 *bytes;
  gsize size;

  g_array_set_size (ids, 0);
  if (!floo_query_next (query, &row, error))
    return FALSE;
  bytes = row ? floo_query_blob (query, 0, &size) : NULL;
  return (bytes != NULL && decode_ids (ids, bytes, size)) || floo_db_set_error (index, SQLITE_CORRUPT, error);
}

/* ---- adding ---- */

void
floo_span_writer_init (FlooSpanWriter *self, FlooDb *index)
{
  *self = (FlooSpanWriter){ .index = index, .ids = g_array_new (FALSE, FALSE, sizeof (gint64)) };
}

void
floo_span_writer_clear (FlooSpanWriter *self)
{
  g_array_unref (self->ids);
}

static gboolean
write_span (FlooSpanWriter *self, GError **error)
{
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (FlooQuery) query = NULL;

  if (!self->loaded || !self->changed)
    return TRUE;
  self->changed = FALSE;
  if (!floo_query_run_ints (self->index, "search/span-put", FLOO_INTS (self->base, self->first, self->ids->len, self->oldest, self->newest),
                            NULL, error))
    return FALSE;
  query = floo_query_take_ints (self->index, "search/span-ids-put", FLOO_INTS (self->base), error);
  bytes = encode_ids (self->ids);
  floo_query_bind_blob (query, 2, bytes->data, bytes->len);
  return floo_query_run (query, error);
}

/* Begins a span without messages. */
static void
begin_span (FlooSpanWriter *self, gint64 first, gint64 next, gint64 base)
{
  g_array_set_size (self->ids, 0);
  self->first = first;
  self->next = next;
  self->base = base;
  self->oldest = G_MAXINT64;
  self->newest = G_MININT64;
}

/* Reads a span by a query whose row is first, base, oldest, newest. @found: (out) */
static gboolean
read_span (FlooSpanWriter *self, const char *name, gint64 id, gboolean *found, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (self->index, name, FLOO_INTS (id), error);
  gboolean has_next;

  if (!floo_query_next (query, found, error))
    return FALSE;
  if (!*found)
    return TRUE;
  self->first = floo_query_int (query, 0);
  self->base = floo_query_int (query, 1);
  self->oldest = floo_query_int (query, 2);
  self->newest = floo_query_int (query, 3);
  if (!read_ids (self->index, self->base, self->ids, error)
      || !floo_query_get_int (self->index, "search/span-next", FLOO_INTS (self->first), &self->next, &has_next, error))
    return FALSE;
  if (!has_next)
    self->next = G_MAXINT64;
  return TRUE;
}

/* Loads the span that @id belongs to. An id below all spans goes into the lowest one or, if that is full, into a new one before it. */
static gboolean
load_span (FlooSpanWriter *self, gint64 id, GError **error)
{
  gboolean found;

  self->loaded = FALSE;
  if (!read_span (self, "search/span-of", id, &found, error) || (!found && !read_span (self, "search/span-lowest", id, &found, error)))
    return FALSE;
  self->loaded = TRUE;
  if (!found)
    begin_span (self, id, G_MAXINT64, FIRST_BASE);
  else if (id < self->first && self->ids->len >= FLOO_SPAN_MESSAGES)
    begin_span (self, id, self->first, self->base - FLOO_SPAN_SLOTS);
  self->first = MIN (self->first, id);
  return TRUE;
}

/* The slot of @id, a new one where it has none. */
static guint
find_slot (FlooSpanWriter *self, gint64 id, gboolean is_new)
{
  for (guint i = 0; !is_new && i < self->ids->len; i++)
    if (g_array_index (self->ids, gint64, i) == id)
      return i;
  g_array_append_val (self->ids, id);
  return self->ids->len - 1;
}

gboolean
floo_span_writer_add (FlooSpanWriter *self, gint64 id, gint64 time, gboolean is_newest, gint64 *rowid, GError **error)
{
  gboolean is_here = self->loaded && id >= self->first && id < self->next;
  guint slot;

  if (!is_here && (!write_span (self, error) || !load_span (self, id, error)))
    return FALSE;
  if (is_newest && self->ids->len >= FLOO_SPAN_MESSAGES)
    {
      if (!write_span (self, error))
        return FALSE;
      begin_span (self, id, G_MAXINT64, self->base + FLOO_SPAN_SLOTS);
    }
  slot = find_slot (self, id, is_newest);
  if (slot >= FLOO_SPAN_SLOTS)
    return floo_db_set_error (self->index, SQLITE_CORRUPT, error);
  self->oldest = MIN (self->oldest, time);
  self->newest = MAX (self->newest, time);
  self->changed = TRUE;
  *rowid = self->base + slot;
  return TRUE;
}

gboolean
floo_span_writer_finish (FlooSpanWriter *self, GError **error)
{
  return write_span (self, error);
}

/* ---- looking ---- */

GArray *
floo_spans_find (FlooDb *index, gint64 since, gint64 until, gint64 before, GError **error)
{
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (FlooRowRange));
  g_autoptr (FlooQuery) query = floo_query_take_ints (index, "search/spans-in", FLOO_INTS (since, until, before), error);
  gboolean row = query != NULL;

  while (row)
    {
      FlooRowRange *last = ranges->len > 0 ? &g_array_index (ranges, FlooRowRange, ranges->len - 1) : NULL;
      FlooRowRange range;

      if (!floo_query_next (query, &row, error))
        return NULL;
      if (!row)
        break;
      range.lowest = floo_query_int (query, 0);
      range.highest = range.lowest + FLOO_SPAN_SLOTS - 1;
      if (last != NULL && (range.highest + 1 == last->lowest || ranges->len == MAX_RANGES))
        last->lowest = range.lowest;
      else
        g_array_append_val (ranges, range);
    }
  return query != NULL ? g_steal_pointer (&ranges) : NULL;
}

gint64
floo_span_base (gint64 rowid)
{
  return rowid & ~(gint64) (FLOO_SPAN_SLOTS - 1);
}

GArray *
floo_span_get_ids (FlooDb *index, gint64 base, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  return read_ids (index, base, ids, error) ? g_steal_pointer (&ids) : NULL;
}

gboolean
floo_spans_count (FlooDb *index, gint64 *messages, GError **error)
{
  return floo_query_get_int (index, "search/messages-added", NULL, 0, messages, NULL, error);
}

gboolean
floo_spans_are_crowded (FlooDb *index, gboolean *crowded, GError **error)
{
  gint64 most;

  if (!floo_query_get_int (index, "search/span-largest", NULL, 0, &most, NULL, error))
    return FALSE;
  *crowded = most > CROWDED;
  return TRUE;
}
