/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "store/postings.h"
#include "store/terms.h"

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

static guint32
random_step (GRand *rand)
{
  static const gint32 steps[] = { 2, 10, 1000, 30000 };

  return (guint32) g_rand_int_range (rand, 1, steps[g_rand_int_range (rand, 0, G_N_ELEMENTS (steps))]);
}

static void
assert_same (const GArray *a, const GArray *b)
{
  g_assert_cmpmem (a->data, a->len * sizeof (guint32), b->data, b->len * sizeof (guint32));
}

/* Reads every list, or only every third one. */
static void
check_page (const GByteArray *bytes, guint32 first, guint n_docs, const GArray *keys, const GPtrArray *lists, guint every)
{
  FlooPostings postings;

  floo_postings_init (&postings, bytes->data, bytes->len, first, n_docs);
  for (guint i = 0; i < lists->len; i++)
    {
      g_autofree guint8 *bitmap = g_malloc0 (FLOO_BITMAP_BYTES (n_docs));
      g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (guint32));
      const GArray *list = lists->pdata[i];

      g_assert_true (floo_postings_next (&postings));
      g_assert_cmpuint (postings.key, ==, g_array_index (keys, guint32, i));
      g_assert_cmpuint (postings.n, ==, list->len);
      if (i % every != 0)
        continue;
      if (i % 2 == 0)
        {
          g_assert_true (floo_postings_to_places (&postings, places));
          assert_same (places, list);
          continue;
        }
      g_assert_true (floo_postings_to_bitmap (&postings, bitmap));
      for (guint j = 0, k = 0; j < n_docs; j++)
        {
          gboolean expected = k < list->len && g_array_index (list, guint32, k) == j;

          g_assert_cmpint (floo_bitmap_has (bitmap, j), ==, expected);
          k += expected;
        }
    }
  g_assert_false (floo_postings_next (&postings));
  g_assert_false (postings.damaged);
}

static GByteArray *
random_page (GRand *rand, guint n_docs, GArray *keys, GPtrArray *lists)
{
  GByteArray *bytes = g_byte_array_new ();
  guint32 key = (guint32) g_rand_int_range (rand, 0, 1 << 20);
  guint n = (guint) g_rand_int_range (rand, 1, 60);
  FlooPage page;

  floo_page_begin (&page, bytes, key, n_docs);
  for (guint i = 0; i < n && key < 1u << FLOO_KEY_BITS; i++)
    {
      GArray *places = random_places (rand, n_docs, 1u << g_rand_int_range (rand, 0, 18));

      floo_page_add (&page, key, (const guint32 *) places->data, places->len);
      g_array_append_val (keys, key);
      g_ptr_array_add (lists, places);
      key += random_step (rand);
    }
  floo_page_end (&page);
  return bytes;
}

static void
test_round_trip (void)
{
  static const guint sizes[] = { 1, 2, 3, 7, 8, 9, 255, 256, 1000, 4096, 65535, 65536 };
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());

  for (guint i = 0; i < G_N_ELEMENTS (sizes) * 4; i++)
    {
      guint n_docs = sizes[i / 4];
      g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, sizeof (guint32));
      g_autoptr (GPtrArray) lists = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
      g_autoptr (GByteArray) bytes = random_page (rand, n_docs, keys, lists);

      check_page (bytes, g_array_index (keys, guint32, 0), n_docs, keys, lists, 1);
      check_page (bytes, g_array_index (keys, guint32, 0), n_docs, keys, lists, 3);
    }
}

/* Whatever a page holds, it ends, and names no place that is not there. */
static void
test_damaged (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());

  for (guint i = 0; i < 3000; i++)
    {
      guint n_docs = 1u << g_rand_int_range (rand, 0, 17);
      gsize size = (gsize) g_rand_int_range (rand, 0, 300);
      g_autofree guint8 *bytes = g_malloc (size + 1);
      g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (guint32));
      FlooPostings postings;
      guint n = 0;

      for (gsize j = 0; j < size; j++)
        bytes[j] = (guint8) (g_rand_int (rand) & g_rand_int (rand) & (i % 2 == 0 ? 0xff : g_rand_int (rand)));
      floo_postings_init (&postings, bytes, size, 0, n_docs);
      while (floo_postings_next (&postings))
        {
          g_assert_cmpuint (n++, <, size * 8);
          (void) floo_postings_to_places (&postings, places);
          for (guint j = 0; j < places->len; j++)
            g_assert_cmpuint (g_array_index (places, guint32, j), <, n_docs);
          g_array_set_size (places, 0);
        }
    }
}

static void
test_varints (void)
{
  static const guint64 values[] = { 0, 1, 127, 128, 16383, 16384, G_MAXUINT32, G_MAXINT64, G_MAXUINT64 };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  const guint8 *at;
  guint64 value;

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    floo_varint_put (bytes, values[i]);
  at = bytes->data;
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_assert_true (floo_varint_get (&at, bytes->data + bytes->len, &value));
      g_assert_cmpuint (value, ==, values[i]);
    }
  g_assert_false (floo_varint_get (&at, bytes->data + bytes->len, &value));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/postings/round-trip", test_round_trip);
  g_test_add_func ("/postings/damaged", test_damaged);
  g_test_add_func ("/postings/varints", test_varints);
  return g_test_run ();
}
