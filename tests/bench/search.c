/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * search.c: how long searches take among many messages, and how large their index is.
 *
 *   bench-search [NUMBER OF MESSAGES [FOLDER]]
 *
 * The texts are words drawn by Zipf's law from a Chinese and an English lexicon that are made up; lengths are log-normal. Every other
 * message has one character more, so that it is in half of them, and is by one sender: the worst case for a filter that leaves nothing. A
 * folder that is there already is measured as it is.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>

#include "store/messages.h"
#include "store/search.h"

#define SELF 1000
#define CONVERSATIONS 500
#define HALF "的"
#define BATCH 1000
#define RUNS 41

/* ---- texts ---- */

typedef struct {
  char **words;
  double *sums;
  guint n;
} Lexicon;

static guint
draw (const double *sums, guint n, GRand *rand)
{
  double wanted = g_rand_double (rand) * sums[n - 1];
  guint low = 0, high = n - 1;

  while (low < high)
    {
      guint middle = (low + high) / 2;

      if (sums[middle] < wanted)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static double *
zipf_sums (guint n)
{
  double *sums = g_new (double, n);
  double sum = 0;

  for (guint i = 0; i < n; i++)
    sums[i] = sum += 1.0 / (i + 1);
  return sums;
}

static gunichar
han (guint rank)
{
  return 0x4e10 + rank * 3;
}

/* Most words have two characters; the most frequent ones one. */
static char *
chinese_word (guint rank, const double *characters, GRand *rand)
{
  double x = g_rand_double (rand);
  guint n = rank < 200 && x < 0.6 ? 1 : x < 0.75 ? 2 : x < 0.92 ? 3 : 4;
  GString *word = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_unichar (word, han (draw (characters, 5000, rand)));
  return g_string_free (word, FALSE);
}

static char *
english_word (guint rank, GRand *rand)
{
  static const char letters[] = "eeeeeetttttaaaaoooiiinnnssshhrrddlluucmwfgypbvkjxqz";
  guint n = 1 + rank / 4000 + (guint) g_rand_int_range (rand, rank < 20 ? 0 : 2, rank < 20 ? 3 : 8);
  GString *word = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_c (word, letters[g_rand_int_range (rand, 0, sizeof letters - 1)]);
  return g_string_free (word, FALSE);
}

static void
make_lexicons (Lexicon *chinese, Lexicon *english, GRand *rand)
{
  g_autofree double *characters = zipf_sums (5000);

  *chinese = (Lexicon){ g_new0 (char *, 40001), zipf_sums (40000), 40000 };
  *english = (Lexicon){ g_new0 (char *, 20001), zipf_sums (20000), 20000 };
  for (guint i = 0; i < chinese->n; i++)
    chinese->words[i] = chinese_word (i, characters, rand);
  for (guint i = 0; i < english->n; i++)
    english->words[i] = english_word (i, rand);
}

static double
normal (GRand *rand)
{
  return sqrt (-2 * log (1 - g_rand_double (rand))) * cos (2 * G_PI * g_rand_double (rand));
}

static void
make_text (GString *text, const Lexicon *lexicon, gboolean spaces, GRand *rand)
{
  guint n = 1 + (guint) MIN (exp (2.1 + 0.8 * normal (rand)), 250);

  g_string_truncate (text, 0);
  for (guint i = 0; i < n; i++)
    {
      if (i > 0 && g_rand_int_range (rand, 0, 8) == 0)
        g_string_append (text, spaces ? ", " : "，");
      else if (i > 0 && spaces)
        g_string_append_c (text, ' ');
      g_string_append (text, lexicon->words[draw (lexicon->sums, lexicon->n, rand)]);
    }
}

/* ---- the store ---- */

typedef struct {
  GMainLoop *loop;
  FlooStore *store;
  Lexicon chinese, english;
  GRand *rand;
  GString *text;
  guint n, made;
  gint64 id;
  gint64 first_time;
  guint64 bytes;
} Bench;

static gboolean
insert_batch (FlooDb *db, gpointer data, GError **error)
{
  Bench *bench = data;

  for (guint i = 0; i < BATCH && bench->made < bench->n; i++, bench->made++)
    {
      gboolean half = bench->made % 2 == 0, is_new;
      gboolean english = g_rand_int_range (bench->rand, 0, 4) == 0;
      FlooMessage message = { .to_type = FLOO_TO_GROUP, .type = i % 10 == 9 ? FLOO_TYPE_IMAGE : FLOO_TYPE_TEXT };

      make_text (bench->text, english ? &bench->english : &bench->chinese, english, bench->rand);
      if (half)
        g_string_append (bench->text, HALF);
      bench->bytes += bench->text->len;
      bench->id += g_rand_int_range (bench->rand, 1, 1 << 22);
      message.id = bench->id;
      message.conversation = 1 + draw (bench->chinese.sums, CONVERSATIONS, bench->rand);
      message.from = half ? 7 : 8 + (gint64) draw (bench->chinese.sums, CONVERSATIONS, bench->rand);
      message.timestamp = bench->first_time + (gint64) bench->made * 30000;
      message.content = bench->text->str;
      if (!floo_messages_insert (db, &message, FALSE, &is_new, error))
        return FALSE;
    }
  return TRUE;
}

static void
on_done (FlooStore *store, gpointer data, const GError *error)
{
  Bench *bench = data;

  if (error != NULL)
    g_error ("%s", error->message);
  g_main_loop_quit (bench->loop);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  Bench *bench = data;
  g_autoptr (GError) error = NULL;

  bench->store = floo_store_open_finish (result, NULL, &error);
  on_done (NULL, bench, error);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  floo_store_close_finish (FLOO_STORE (source), result);
  on_done (NULL, data, NULL);
}

static double
seconds_since (gint64 start)
{
  return (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
}

static void
fill (Bench *bench)
{
  gint64 start = g_get_monotonic_time ();

  while (bench->made < bench->n)
    {
      floo_store_write (bench->store, insert_batch, on_done, bench, NULL);
      g_main_loop_run (bench->loop);
    }
  printf ("%u messages with %.1f MB of text, written in %.1f s\n", bench->n, (double) bench->bytes / 1e6, seconds_since (start));
}

static void
catch_up (Bench *bench)
{
  floo_store_catch_up (bench->store, 3600 * 1000, on_done, bench, NULL);
  g_main_loop_run (bench->loop);
}

/* ---- searches ---- */

typedef struct {
  Bench *bench;
  FlooSearch search;
  guint n_found;
  gint64 took;          /* µs in the job */
} Search;

static gboolean
run_search (FlooDb *db, gpointer data, GError **error)
{
  Search *search = data;
  gint64 start = g_get_monotonic_time ();
  g_autoptr (GVariant) found = floo_search_run (db, &search->search, error);

  if (found == NULL)
    return FALSE;
  search->n_found = (guint) g_variant_n_children (found);
  search->took = g_get_monotonic_time () - start;
  return TRUE;
}

static void
on_searched (FlooStore *store, gpointer data, const GError *error)
{
  on_done (store, ((Search *) data)->bench, error);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 left = *(const gint64 *) a, right = *(const gint64 *) b;

  return left < right ? -1 : left > right;
}

static void
measure (Bench *bench, const char *what, FlooSearch search)
{
  gint64 jobs[RUNS], whole[RUNS];
  Search job = { .bench = bench, .search = search };

  for (guint i = 0; i < RUNS; i++)
    {
      gint64 start = g_get_monotonic_time ();

      catch_up (bench);
      floo_store_read (bench->store, run_search, on_searched, &job, NULL);
      g_main_loop_run (bench->loop);
      whole[i] = g_get_monotonic_time () - start;
      jobs[i] = job.took;
    }
  printf ("%-52s %4u  first %6.2f", what, job.n_found, (double) jobs[0] / 1000);
  qsort (jobs, RUNS, sizeof jobs[0], compare);
  qsort (whole, RUNS, sizeof whole[0], compare);
  printf ("  p50 %6.2f  p95 %6.2f  max %6.2f  with catching up p50 %6.2f ms\n", (double) jobs[RUNS / 2] / 1000,
          (double) jobs[RUNS * 95 / 100] / 1000, (double) jobs[RUNS - 1] / 1000, (double) whole[RUNS / 2] / 1000);
}

static char *
characters (const guint *ranks, guint n)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_unichar (text, han (ranks[i]));
  return g_string_free (text, FALSE);
}

#define TEXT(...) characters (((const guint[]){ __VA_ARGS__ }), sizeof ((const guint[]){ __VA_ARGS__ }) / sizeof (guint))
#define ANY -1
#define ALWAYS 0, G_MAXINT64

static void
measure_all (Bench *bench)
{
  g_autofree char *top = TEXT (0), *rare = TEXT (4990), *two = TEXT (0, 1), *three = TEXT (1, 0, 2), *seldom = TEXT (700, 900);
  g_autofree char *nowhere = TEXT (4990, 4991), *long_one = TEXT (3, 4, 5, 6, 7, 8), *repeated = TEXT (0, 0, 0, 0, 0);
  g_autofree char *apart = g_strconcat (HALF, top, NULL);
  g_autofree char *both = g_strjoin (" ", top, HALF, NULL);
  gint64 middle = bench->first_time + (gint64) bench->n / 2 * 30000;

  const struct {
    const char *what;
    FlooSearch search;
  } searches[] = {
    { "a character in half of all", { HALF, ANY, ANY, ANY, ALWAYS, 50 } },
    { "the same, 500 of them", { HALF, ANY, ANY, ANY, ALWAYS, 500 } },
    { "a frequent character", { top, ANY, ANY, ANY, ALWAYS, 50 } },
    { "a rare character", { rare, ANY, ANY, ANY, ALWAYS, 50 } },
    { "two frequent characters", { two, ANY, ANY, ANY, ALWAYS, 50 } },
    { "three frequent characters", { three, ANY, ANY, ANY, ALWAYS, 50 } },
    { "two seldom characters", { seldom, ANY, ANY, ANY, ALWAYS, 50 } },
    { "two frequent ones that never follow each other", { apart, ANY, ANY, ANY, ALWAYS, 50 } },
    { "two rare ones, nowhere", { nowhere, ANY, ANY, ANY, ALWAYS, 50 } },
    { "six characters, nowhere", { long_one, ANY, ANY, ANY, ALWAYS, 50 } },
    { "one character five times", { repeated, ANY, ANY, ANY, ALWAYS, 50 } },
    { "two words, both frequent", { both, ANY, ANY, ANY, ALWAYS, 50 } },
    { "a word", { bench->english.words[50], ANY, ANY, ANY, ALWAYS, 50 } },
    { "a rare word", { bench->english.words[19000], ANY, ANY, ANY, ALWAYS, 50 } },
    { "one letter", { "e", ANY, ANY, ANY, ALWAYS, 50 } },
    { "a beginning of two letters", { "th", ANY, ANY, ANY, ALWAYS, 50 } },
    { "a beginning of five letters", { "these", ANY, ANY, ANY, ALWAYS, 50 } },
    { "a word, nowhere", { "qqxxyyzz", ANY, ANY, ANY, ALWAYS, 50 } },
    { "half of all, in one conversation", { HALF, 3, ANY, ANY, ALWAYS, 50 } },
    { "half of all, in a small conversation", { HALF, CONVERSATIONS, ANY, ANY, ALWAYS, 50 } },
    { "half of all, by a sender who never wrote it", { HALF, ANY, 8, ANY, ALWAYS, 50 } },
    { "half of all, by the other half's sender, images", { HALF, ANY, 7, FLOO_TYPE_IMAGE, ALWAYS, 50 } },
    { "half of all, of one type, in one conversation", { HALF, 7, ANY, FLOO_TYPE_TEXT, ALWAYS, 50 } },
    { "half of all, in one hour long ago", { HALF, ANY, ANY, ANY, middle, middle + 3600000, 50 } },
    { "half of all, before everything", { HALF, ANY, ANY, ANY, 0, bench->first_time - 1, 50 } },
    { "a rare character, in the older half", { rare, ANY, ANY, ANY, 0, middle, 50 } },
    { "frequent, conversation, sender, type and time", { top, 2, 9, FLOO_TYPE_TEXT, middle, G_MAXINT64, 50 } },
  };

  printf ("%-52s found, in ms\n", "");
  for (guint i = 0; i < G_N_ELEMENTS (searches); i++)
    measure (bench, searches[i].what, searches[i].search);
}

static guint64
file_size (Bench *bench, const char *name)
{
  g_autofree char *folder = g_path_get_dirname (floo_store_get_path (bench->store));
  g_autofree char *path = g_build_filename (folder, name, NULL);
  GStatBuf info;

  return g_stat (path, &info) == 0 ? (guint64) info.st_size : 0;
}

static gboolean
on_second (gpointer data)
{
  Bench *bench = data;

  /* It empties its log when it rests. */
  if (file_size (bench, "search.db-wal") > 0)
    return G_SOURCE_CONTINUE;
  g_main_loop_quit (bench->loop);
  return G_SOURCE_REMOVE;
}

/* Until the indexer has joined what it has and rests. */
static void
wait_for_rest (Bench *bench)
{
  g_timeout_add_seconds (1, on_second, bench);
  g_main_loop_run (bench->loop);
}

static void
measure_size (Bench *bench)
{
  guint64 size = file_size (bench, "search.db");

  printf ("index: %.1f MB, %.3f times the text (store.db %.1f MB)\n", (double) size / 1e6, (double) size / (double) MAX (bench->bytes, 1),
          (double) file_size (bench, "store.db") / 1e6);
}

int
main (int argc, char **argv)
{
  Bench bench = { .n = argc > 1 ? (guint) atoi (argv[1]) : 1000000, .id = G_GINT64_CONSTANT (7000000000000000),
                  .first_time = G_GINT64_CONSTANT (1700000000000) };
  g_autofree char *folder = argc > 2 ? g_strdup (argv[2]) : g_dir_make_tmp ("floo-bench-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "store.db", NULL);
  gboolean is_there = g_file_test (path, G_FILE_TEST_EXISTS);
  gint64 start;

  setvbuf (stdout, NULL, _IOLBF, 0);
  bench.loop = g_main_loop_new (NULL, FALSE);
  bench.rand = g_rand_new_with_seed (20);
  bench.text = g_string_new (NULL);
  make_lexicons (&bench.chinese, &bench.english, bench.rand);
  floo_store_open_async (folder, SELF, NULL, on_opened, &bench);
  g_main_loop_run (bench.loop);
  if (!is_there)
    fill (&bench);
  start = g_get_monotonic_time ();
  catch_up (&bench);
  printf ("the index was up to date %.1f s later\n", seconds_since (start));
  measure_all (&bench);
  wait_for_rest (&bench);
  measure_size (&bench);
  floo_store_close_async (bench.store, on_closed, &bench);
  g_main_loop_run (bench.loop);
  g_object_unref (bench.store);
  g_strfreev (bench.chinese.words);
  g_strfreev (bench.english.words);
  g_free (bench.chinese.sums);
  g_free (bench.english.sums);
  g_string_free (bench.text, TRUE);
  g_rand_free (bench.rand);
  g_main_loop_unref (bench.loop);
  return 0;
}
