/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "store/block.h"
#include "store/keys.h"
#include "store/postings.h"
#include "store/sort.h"

typedef struct {
  FlooListType type;
  guint64 key;
  GArray *places;
} List;

static void
clear_list (gpointer data)
{
  g_array_unref (((List *) data)->places);
}

/* Each place with a probability of 1 / @rarity, at least one. */
static GArray *
random_places (GRand *rand, guint n_docs, guint rarity)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint32 some = (guint32) g_rand_int_range (rand, 0, (gint32) n_docs);

  for (guint32 i = 0; i < n_docs; i++)
    if (g_rand_int_range (rand, 0, (gint32) rarity) == 0)
      g_array_append_val (places, i);
  if (places->len == 0)
    g_array_append_val (places, some);
  return places;
}

/* Any number of bits. */
static guint64
random_number (GRand *rand, guint most_bits)
{
  guint64 value = (guint64) g_rand_int (rand) << 32 | g_rand_int (rand);

  return value >> (64 - g_rand_int_range (rand, 1, (gint32) most_bits + 1));
}

/* ---- bits ---- */

static void
test_bits (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (guint64));
  FlooBitWriter writer = { .bytes = bytes };
  FlooBitReader reader;

  for (guint i = 0; i < 4000; i++)
    {
      guint64 value = random_number (rand, 64);
      guint k = floo_rice_parameter (value);

      g_array_append_val (values, value);
      floo_bits_put_unary (&writer, i % 200);
      floo_bits_put (&writer, value, floo_bit_width (value));
      floo_bits_put_gamma (&writer, value | 1);
      floo_bits_put_delta (&writer, value | 1);
      floo_bits_put_rice (&writer, value, k);
      floo_bits_put_rice (&writer, value, k - MIN (k, 7));
    }
  floo_bits_end_byte (&writer);
  reader = (FlooBitReader){ bytes->data, 0, bytes->len * 8 };
  for (guint i = 0; i < values->len; i++)
    {
      guint64 value = g_array_index (values, guint64, i);
      guint k = floo_rice_parameter (value);

      g_assert_cmpuint (floo_bits_get_unary (&reader), ==, i % 200);
      g_assert_cmpuint (floo_bits_get (&reader, floo_bit_width (value)), ==, value);
      g_assert_cmpuint (floo_bits_get_gamma (&reader), ==, value | 1);
      g_assert_cmpuint (floo_bits_get_delta (&reader), ==, value | 1);
      g_assert_cmpuint (floo_bits_get_rice (&reader, k), ==, value);
      g_assert_cmpuint (floo_bits_get_rice (&reader, k - MIN (k, 7)), ==, value);
    }
  g_assert_false (floo_bits_is_over (&reader));
  g_assert_cmpuint (reader.end - reader.at, <, 8);
}

static void
test_fold (void)
{
  static const gint64 values[] = { 0, -1, 1, -2, 2, G_MAXINT32, G_MININT64, G_MAXINT64 };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    g_assert_cmpint (floo_unfold (floo_fold (values[i])), ==, values[i]);
  g_assert_cmpuint (floo_fold (-1), ==, 1);
  g_assert_cmpuint (floo_fold (2), ==, 4);
}

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  guint64 left = *(const guint64 *) a, right = *(const guint64 *) b;

  return left < right ? -1 : left > right;
}

static void
test_sort (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());

  for (guint i = 0; i < 60; i++)
    {
      guint n = (guint) random_number (rand, 16);
      g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
      g_autoptr (GArray) expected = NULL;

      for (guint j = 0; j < n; j++)
        {
          guint64 number = random_number (rand, i % 3 == 0 ? 64 : i % 3 == 1 ? 20 : 3);

          g_array_append_val (numbers, number);
        }
      expected = g_array_copy (numbers);
      g_array_sort (expected, compare_numbers);
      floo_sort ((guint64 *) (gpointer) numbers->data, numbers->len);
      g_assert_cmpmem (numbers->data, numbers->len * sizeof (guint64), expected->data, expected->len * sizeof (guint64));
    }
}

/* ---- pages ---- */

/* Reads every list, or only every third one. */
static void
check_page (const GByteArray *bytes, guint n_docs, const GArray *lists, guint every)
{
  FlooPostings postings;

  floo_postings_init (&postings, bytes->data, bytes->len, g_array_index (lists, List, 0).key, n_docs);
  for (guint i = 0; i < lists->len; i++)
    {
      g_autofree guint8 *bitmap = g_malloc0 (FLOO_BITMAP_BYTES (n_docs));
      const List *list = &g_array_index (lists, List, i);
      FlooPostings copy;

      g_assert_true (floo_postings_next (&postings));
      g_assert_cmpint (postings.type, ==, list->type);
      g_assert_cmpuint (postings.key, ==, list->key);
      g_assert_cmpuint (postings.n, ==, list->places->len);
      copy = postings;
      if (i % every == 0)
        g_assert_true (floo_postings_read (i % 2 == 0 ? &postings : &copy, bitmap));
      for (guint j = 0, k = 0; i % every == 0 && j < n_docs; j++)
        {
          gboolean expected = k < list->places->len && g_array_index (list->places, guint32, k) == j;

          g_assert_cmpint (floo_bitmap_has (bitmap, j), ==, expected);
          k += expected;
        }
    }
  g_assert_false (floo_postings_next (&postings));
  g_assert_false (postings.damaged);
}

static GByteArray *
random_page (GRand *rand, guint n_docs, GArray *lists)
{
  GByteArray *bytes = g_byte_array_new ();
  guint64 key = random_number (rand, FLOO_KEY_BITS);
  guint n = (guint) g_rand_int_range (rand, 1, 60);
  FlooPage page;

  floo_page_begin (&page, bytes, key, n_docs);
  for (guint i = 0; i < n && key >> FLOO_KEY_BITS == 0; i++)
    {
      List list = { (FlooListType) g_rand_int_range (rand, 0, 3), key, NULL };

      list.places = random_places (rand, n_docs, 1u << g_rand_int_range (rand, 0, 16));
      floo_page_add (&page, list.type, key, (const guint32 *) list.places->data, list.places->len);
      g_array_append_val (lists, list);
      key += i % 5 == 4 ? 0 : random_number (rand, FLOO_KEY_BITS - 6);
    }
  floo_page_end (&page);
  return bytes;
}

static void
test_round_trip (void)
{
  static const guint sizes[] = { 1, 2, 3, 7, 8, 9, 255, 256, 1000, 4096, 16383, 16384 };
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());

  for (guint i = 0; i < G_N_ELEMENTS (sizes) * 8; i++)
    {
      guint n_docs = sizes[i / 8];
      g_autoptr (GArray) lists = g_array_new (FALSE, FALSE, sizeof (List));
      g_autoptr (GByteArray) bytes = NULL;

      g_array_set_clear_func (lists, clear_list);
      bytes = random_page (rand, n_docs, lists);
      check_page (bytes, n_docs, lists, 1);
      check_page (bytes, n_docs, lists, 3);
    }
}

static GByteArray *
random_bytes (GRand *rand, gboolean sparse)
{
  GByteArray *bytes = g_byte_array_new ();
  guint size = (guint) g_rand_int_range (rand, 0, 300);

  for (guint i = 0; i < size; i++)
    {
      guint8 byte = (guint8) (g_rand_int (rand) & g_rand_int (rand) & (sparse ? g_rand_int (rand) : 0xff));

      g_byte_array_append (bytes, &byte, 1);
    }
  return bytes;
}

/* Whatever a page holds, it ends, its keys do not go back, and it names no place that is not there: the sanitizer looks on. */
static void
test_damaged (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());

  for (guint i = 0; i < 3000; i++)
    {
      guint n_docs = 1u << g_rand_int_range (rand, 0, FLOO_PLACE_BITS + 1);
      g_autoptr (GByteArray) bytes = random_bytes (rand, i % 2 == 0);
      g_autofree guint8 *bitmap = g_malloc0 (FLOO_BITMAP_BYTES (n_docs));
      FlooPostings postings;
      guint64 key = 0;
      guint n = 0;

      floo_postings_init (&postings, bytes->data, bytes->len, 0, n_docs);
      while (floo_postings_next (&postings))
        {
          g_assert_cmpuint (n++, <, bytes->len * 8);
          g_assert_cmpuint (postings.key, >=, key);
          g_assert_cmpuint (postings.n, <=, n_docs);
          key = postings.key;
          (void) floo_postings_read (&postings, bitmap);
        }
    }
}

/* ---- blocks ---- */

static void
fill_block (GRand *rand, FlooBlock *block, gboolean in_order)
{
  gint64 id = G_GINT64_CONSTANT (1) << 60, time = G_GINT64_CONSTANT (1700000000000);
  guint most_bits = (guint) g_rand_int_range (rand, 1, 50);

  block->n = (guint) g_rand_int_range (rand, 1, FLOO_BLOCK_DOCS + 1);
  for (guint i = 0; i < block->n; i++)
    {
      block->ids[i] = id;
      block->times[i] = time;
      id -= 1 + (gint64) random_number (rand, most_bits);
      time += (gint64) random_number (rand, 30) * (in_order || g_rand_boolean (rand) ? -1 : 1);
    }
}

/* Ids are exact; times are what they may be. */
static void
test_blocks (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  g_autofree FlooBlock *block = g_new (FlooBlock, 1);
  g_autofree FlooBlock *copy = g_new (FlooBlock, 1);

  for (guint i = 0; i < 500; i++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();

      fill_block (rand, block, i % 2 == 0);
      floo_block_put (bytes, block);
      g_assert_true (floo_block_get (copy, block->n, bytes->data, bytes->len));
      g_assert_cmpmem (copy->ids, block->n * sizeof (gint64), block->ids, block->n * sizeof (gint64));
      for (guint j = 0; j < block->n; j++)
        {
          g_assert_cmpint (copy->times[j], <=, block->times[j]);
          g_assert_cmpint (copy->times[j] + copy->slack, >=, block->times[j]);
        }
      g_assert_cmpint (copy->slack, <, MAX (1, ABS (block->times[0] - block->times[block->n - 1]) + (i % 2 == 0 ? 0 : 1 << 30)));
      g_assert_false (floo_block_get (copy, block->n, bytes->data, bytes->len - 1));
    }
}

static void
test_damaged_blocks (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  g_autofree FlooBlock *block = g_new (FlooBlock, 1);

  for (guint i = 0; i < 3000; i++)
    {
      g_autoptr (GByteArray) bytes = random_bytes (rand, i % 2 == 0);

      (void) floo_block_get (block, 1 + i % FLOO_BLOCK_DOCS, bytes->data, bytes->len);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/postings/bits", test_bits);
  g_test_add_func ("/postings/fold", test_fold);
  g_test_add_func ("/postings/sort", test_sort);
  g_test_add_func ("/postings/round-trip", test_round_trip);
  g_test_add_func ("/postings/damaged", test_damaged);
  g_test_add_func ("/postings/blocks", test_blocks);
  g_test_add_func ("/postings/damaged-blocks", test_damaged_blocks);
  return g_test_run ();
}
