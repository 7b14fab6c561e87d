/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/receipts.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "store/tables/messages.h"
#include "store/tables/rows.h"

#define PRUNE_MESSAGES 20 /* per step: each has up to FLOO_RECEIPTS_USERS rows */

/* Ids as numbers or as texts; others are 0. */
static gint64
id_of (JsonNode *node)
{
  const char *text;

  if (!JSON_NODE_HOLDS_VALUE (node))
    return 0;
  text = json_node_get_string (node);
  return text != NULL ? g_ascii_strtoll (text, NULL, 10) : json_node_get_int (node);
}

/* @node: (out) (transfer full) (nullable): keeps the list. Returns: (nullable) */
static JsonArray *
parse_audience (const char *config, JsonNode **node)
{
  *node = NULL;
  if (config == NULL || strstr (config, "\"groupMemberList\"") == NULL)
    return NULL;
  *node = floo_json_parse (config, strlen (config), NULL);
  return *node != NULL ? floo_json_get_array (floo_json_node_object (*node), "groupMemberList") : NULL;
}

guint
floo_receipts_count_audience (const FlooMessage *message)
{
  g_autoptr (JsonNode) node = NULL;
  JsonArray *list;

  if ((message->flags & FLOO_MESSAGE_OUTGOING) == 0 || message->to_type != FLOO_TO_GROUP)
    return 0;
  list = parse_audience (message->config, &node);
  return list != NULL ? json_array_get_length (list) : 0;
}

gboolean
floo_receipts_find_message (FlooDb *db, gint64 id, gboolean *known, FlooReceiptMessage *message, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "receipt-message", FLOO_INTS (id), error);

  *message = (FlooReceiptMessage){ 0 };
  if (!floo_query_next (query, known, error))
    return FALSE;
  if (!*known)
    return TRUE;
  message->conversation = floo_query_int (query, 0);
  message->to_type = (FlooToType) floo_query_int (query, 1);
  message->status = (int) floo_query_int (query, 2);
  message->flags = (guint) floo_query_int (query, 3);
  message->audience = floo_query_int (query, 4);
  return TRUE;
}

gboolean
floo_receipts_add (FlooDb *db, gint64 message, gint64 user, FlooReceipt receipt, gboolean *is_new, GError **error)
{
  gboolean known;
  gint64 before;
  guint changed;

  *is_new = FALSE;
  if (!floo_query_get_int (db, "receipt-get", FLOO_INTS (message, user), &before, &known, error)
      || !floo_query_run_ints (db, "receipt-add", FLOO_INTS (message, user, receipt, FLOO_RECEIPTS_USERS), &changed, error))
    return FALSE;
  *is_new = changed > 0;
  return !*is_new
         || floo_query_run_ints (db, "receipt-count",
                                 FLOO_INTS (message, known ? 0 : 1, receipt == FLOO_RECEIPT_READ ? 1 : 0, receipt == FLOO_RECEIPT_PLAYED ? 1 : 0),
                                 NULL, error);
}

gboolean
floo_receipts_count_read (FlooDb *db, gint64 message, guint *n, GError **error)
{
  return floo_query_get_uint (db, "receipt-read-count", FLOO_INTS (message), n, error);
}

/* ---- listing ---- */

typedef struct {
  gint64 id;
  guint audience;
  GHashTable *unread;           /* gint64: the audience, less those who have read it */
} Listing;

static void
keep_audience (const FlooMessage *message, gpointer user_data)
{
  Listing *listing = user_data;
  g_autoptr (JsonNode) node = NULL;
  JsonArray *list = parse_audience (message->config, &node);
  guint n = list != NULL ? json_array_get_length (list) : 0;

  listing->id = message->id;
  listing->audience = message->audience;
  for (guint i = 0; i < n; i++)
    {
      gint64 user = id_of (json_array_get_element (list, i));

      if (user != 0)
        g_hash_table_add (listing->unread, g_memdup2 (&user, sizeof user));
    }
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

static GVariant *
ids_to_variant (GArray *ids)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, ids->data, ids->len, sizeof (gint64));
}

static GArray *
sorted_keys (GHashTable *table)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_array_append_vals (ids, key, 1);
  g_array_sort (ids, compare_ids);
  return ids;
}

static gboolean
collect (FlooDb *db, Listing *listing, GArray *read, GArray *played, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "receipts-of-message", FLOO_INTS (listing->id), error);
  gboolean row;

  while (floo_query_next (query, &row, error))
    {
      gint64 user, done;

      if (!row)
        return TRUE;
      user = floo_query_int (query, 0);
      done = floo_query_int (query, 1);
      if (done & FLOO_RECEIPT_PLAYED)
        g_array_append_val (played, user);
      if ((done & FLOO_RECEIPT_READ) == 0)
        continue;
      g_array_append_val (read, user);
      g_hash_table_remove (listing->unread, &user);
    }
  return FALSE;
}

GVariant *
floo_receipts_list (FlooDb *db, gint64 id, GError **error)
{
  g_autoptr (GHashTable) members = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autoptr (GArray) read = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) played = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) unread = NULL;
  Listing listing = { .unread = members };

  if (!floo_messages_get (db, id, keep_audience, &listing, error))
    return NULL;
  if (listing.audience == 0)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS,
                   "Message %" G_GINT64_FORMAT " does not request read acknowledgements, or is too old for them to be kept", id);
      return NULL;
    }
  if (!collect (db, &listing, read, played, error))
    return NULL;
  unread = sorted_keys (members);
  return g_variant_new ("(@ax@ax@ax)", ids_to_variant (read), ids_to_variant (unread), ids_to_variant (played));
}

/* ---- pruning ---- */

static gboolean
forget (FlooDb *db, gint64 message, GError **error)
{
  static const char *const queries[] = { "message-forget-audience", "receipts-forget", "receipt-counts-forget" };

  for (gsize i = 0; i < G_N_ELEMENTS (queries); i++)
    if (!floo_query_run_ints (db, queries[i], FLOO_INTS (message), NULL, error))
      return FALSE;
  return TRUE;
}

gboolean
floo_receipts_prune (FlooDb *db, guint limit, gboolean *more, GError **error)
{
  gint64 newest, message;

  if (!floo_query_get_int (db, "receipts-oldest", FLOO_INTS (limit), &newest, more, error))
    return FALSE;
  for (guint i = 0; *more && i < PRUNE_MESSAGES; i++)
    if (!floo_query_get_int (db, "receipts-next", FLOO_INTS (newest), &message, more, error) || (*more && !forget (db, message, error)))
      return FALSE;
  return TRUE;
}
