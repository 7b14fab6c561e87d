/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/messages.h"
#include "store/tables/rows.h"

/*
 * A conversation is one sequence: its messages by id, then the waiting ones in the outbox by client_id. A place in it is a part and an
 * id in it.
 */
typedef enum { PART_MESSAGES, PART_OUTBOX } Part;

typedef struct {
  Part part;
  gint64 id;
} Place;

#define WORTH_A_TOUCH 10 /* messages */

typedef struct {
  FlooDb *db;
  gint64 conversation;
  guint limit;        /* items still wanted in this direction */
  gsize bytes;        /* left of the reply */
  GPtrArray *items;   /* GVariant, in the order met */
  gboolean more;      /* there are further items */
} Walk;

/* Queries by part and direction; inputs: conversation, id, limit. */
static const char *const queries[2][2] = {
  [PART_MESSAGES] = { "page-messages-before", "page-messages-after" },
  [PART_OUTBOX] = { "page-outbox-before", "page-outbox-after" },
};

static gboolean
add (Walk *walk, Part part, FlooQuery *query, GError **error)
{
  g_auto (FlooMessageRow) row = { 0 };
  gsize size;

  if (part == PART_MESSAGES)
    {
      if (!floo_message_row_read (&row, walk->db, query, error))
        return FALSE;
    }
  else
    {
      FlooOutboxRow outbox;

      floo_outbox_row_read (&outbox, query);
      floo_outbox_row_to_message (&outbox, walk->db, &row.message);
    }
  size = floo_message_size (&row.message);
  if (walk->limit == 0 || (size > walk->bytes && walk->items->len > 0))
    {
      walk->more = TRUE;
      walk->limit = 0;
      return TRUE;
    }
  walk->limit--;
  walk->bytes -= MIN (size, walk->bytes);
  g_ptr_array_add (walk->items, g_variant_ref_sink (floo_message_to_variant (&row.message)));
  return TRUE;
}

/*
 * Prefetches the file's pages for a walk backwards by reading forwards. Messages of a conversation are scattered over many pages, and the
 * kernel reads ahead only for forward scans.
 */
static gboolean
touch (Walk *walk, gint64 id, GError **error)
{
  gboolean any;

  return walk->limit < WORTH_A_TOUCH
         || floo_query_find (walk->db, "page-messages-touch", FLOO_INTS (walk->conversation, id, (gint64) walk->limit + 1), &any, error);
}

/* Walks one part from @id on, up to the limit, and one item further to learn whether there are more. */
static gboolean
walk_part (Walk *walk, Part part, gboolean after, gint64 id, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (walk->db, queries[part][after ? 1 : 0],
                                                      FLOO_INTS (walk->conversation, id, (gint64) walk->limit + 1), error);
  gboolean row;

  if (query == NULL || (part == PART_MESSAGES && !after && !touch (walk, id, error)))
    return FALSE;
  while (!walk->more)
    {
      if (!floo_query_next (query, &row, error))
        return FALSE;
      if (!row)
        break;
      if (!add (walk, part, query, error))
        return FALSE;
    }
  return TRUE;
}

/* Walks from @place (excluded) to the older or newer end. */
static gboolean
walk_from (Walk *walk, Place place, gboolean after, GError **error)
{
  if (!walk_part (walk, place.part, after, place.id, error))
    return FALSE;
  if (walk->more)
    return TRUE;
  if (after && place.part == PART_MESSAGES)
    return walk_part (walk, PART_OUTBOX, TRUE, G_MININT64, error);
  if (!after && place.part == PART_OUTBOX)
    return walk_part (walk, PART_MESSAGES, FALSE, G_MAXINT64, error);
  return TRUE;
}

/* The place of @id in the sequence; an unknown one is a place among the messages. */
static gboolean
find_place (FlooDb *db, gint64 id, Place *place, GError **error)
{
  gint64 found;
  gboolean there;

  if (!floo_messages_resolve (db, id, &found, error))
    return FALSE;
  *place = (Place){ PART_MESSAGES, found != 0 ? found : id };
  if (found != 0)
    return TRUE;
  if (!floo_query_find (db, "outbox-is-message", FLOO_INTS (id), &there, error))
    return FALSE;
  if (there)
    place->part = PART_OUTBOX;
  return TRUE;
}

static void
walk_init (Walk *walk, FlooDb *db, gint64 conversation, guint limit)
{
  *walk = (Walk){ db, conversation, limit, FLOO_PAGE_BYTES, g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref), FALSE };
}

/* Older items were read newest first. */
static GVariant *
finish (Walk *older, Walk *newer)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));
  for (guint i = older->items->len; i > 0; i--)
    g_variant_builder_add_value (&builder, older->items->pdata[i - 1]);
  for (guint i = 0; i < newer->items->len; i++)
    g_variant_builder_add_value (&builder, newer->items->pdata[i]);
  return g_variant_builder_end (&builder);
}

/* Half of the page is before @anchor; if one side has fewer, the other one gets the rest. */
static gboolean
walk_around (Walk *older, Walk *newer, Place anchor, guint limit, GError **error)
{
  Place from = { anchor.part, MAX (anchor.id, G_MININT64 + 1) - 1 };

  older->limit = limit / 2;
  older->bytes = newer->bytes = FLOO_PAGE_BYTES / 2;
  if (!walk_from (older, anchor, FALSE, error))
    return FALSE;
  newer->limit = limit - older->items->len;
  if (!walk_from (newer, from, TRUE, error))
    return FALSE;
  if (newer->limit > 0 && older->more && newer->items->len + older->items->len < limit)
    {
      g_ptr_array_set_size (older->items, 0);
      older->limit = limit - newer->items->len;
      older->bytes = FLOO_PAGE_BYTES / 2;
      older->more = FALSE;
      return walk_from (older, anchor, FALSE, error);
    }
  return TRUE;
}

/* Whether there are items on the other side of a page from @place on. */
static gboolean
look_back (Walk *walk, FlooPageKind kind, Place place, GError **error)
{
  /* The anchor itself is not in the page. */
  if (kind == FLOO_PAGE_AFTER)
    place.id = MIN (place.id, G_MAXINT64 - 1) + 1;
  else
    place.id = MAX (place.id, G_MININT64 + 1) - 1;
  walk->limit = 0;
  return walk_from (walk, place, kind == FLOO_PAGE_BEFORE, error);
}

GVariant *
floo_messages_page (FlooDb *db, gint64 conversation, FlooPageKind kind, gint64 anchor, guint limit, gboolean *more_before,
                    gboolean *more_after, GError **error)
{
  Walk older, newer;
  Place place = { PART_OUTBOX, G_MAXINT64 };
  GVariant *page = NULL;
  gboolean ok;

  limit = MAX (limit, 1);
  walk_init (&older, db, conversation, limit);
  walk_init (&newer, db, conversation, limit);
  ok = kind == FLOO_PAGE_NEWEST || find_place (db, anchor, &place, error);
  if (ok && kind == FLOO_PAGE_AFTER)
    ok = walk_from (&newer, place, TRUE, error) && look_back (&older, kind, place, error);
  else if (ok && kind == FLOO_PAGE_AROUND)
    ok = walk_around (&older, &newer, place, limit, error);
  else if (ok)
    ok = walk_from (&older, place, FALSE, error) && (kind == FLOO_PAGE_NEWEST || look_back (&newer, kind, place, error));
  if (ok)
    {
      *more_before = older.more;
      *more_after = newer.more;
      page = finish (&older, &newer);
    }
  g_ptr_array_unref (older.items);
  g_ptr_array_unref (newer.items);
  return page;
}
