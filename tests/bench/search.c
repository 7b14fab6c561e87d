/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * search.c: how long searches take among many messages, and how large their index is.
 *
 *   bench-search [NUMBER OF MESSAGES [CORPUS...]]
 *
 * Without a corpus all of corpora.c are measured, one after the other. Each term is searched for once without and once with each filter;
 * the slowest of all is printed. Every other message is by one sender, the other half by many.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <glib/gstdio.h>

#include "corpora.h"
#include "store/open.h"
#include "store/tables/messages.h"
#include "store/search/search.h"

#define SELF 1000
#define CONVERSATIONS 500
#define HALF_SENDER 7
#define BATCH 1000
#define TERMS 40
#define LIMIT 50
#define INTERVAL_MS 30000

typedef struct {
  GMainLoop *loop;
  FlooStore *store;
  Corpus *corpus;
  GString *text;
  char *folder;
  guint n, made;
  gint64 id;
  gint64 first_time;
  guint64 bytes;
} Bench;

static gboolean
insert_one (FlooDb *db, Bench *bench, GError **error)
{
  gboolean half = bench->made % 2 == 0, is_new;
  FlooMessage message = { .to_type = FLOO_TO_GROUP, .type = bench->made % 10 == 9 ? FLOO_TYPE_IMAGE : FLOO_TYPE_TEXT };

  corpus_next (bench->corpus, bench->text, half);
  bench->bytes += bench->text->len;
  bench->id += g_rand_int_range (corpus_rand (bench->corpus), 1, 1 << 22);
  message.id = bench->id;
  message.conversation = 1 + corpus_draw (bench->corpus, CONVERSATIONS);
  message.from = half ? HALF_SENDER : HALF_SENDER + 1 + (gint64) corpus_draw (bench->corpus, CONVERSATIONS);
  message.timestamp = bench->first_time + (gint64) bench->made * INTERVAL_MS;
  message.content = bench->text->str;
  bench->made++;
  return floo_messages_insert (db, &message, FALSE, &is_new, error);
}

static gboolean
insert_batch (FlooDb *db, gpointer data, GError **error)
{
  Bench *bench = data;

  for (guint i = 0; i < BATCH && bench->made < bench->n; i++)
    if (!insert_one (db, bench, error))
      return FALSE;
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
open_store (Bench *bench)
{
  floo_store_open_async (bench->folder, SELF, NULL, on_opened, bench);
  g_main_loop_run (bench->loop);
}

static void
close_store (Bench *bench)
{
  floo_store_close_async (bench->store, on_closed, bench);
  g_main_loop_run (bench->loop);
  g_clear_object (&bench->store);
}

static void
catch_up (Bench *bench)
{
  floo_store_catch_up (bench->store, 3600 * 1000, on_done, bench);
  g_main_loop_run (bench->loop);
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
  printf ("%u messages with %.1f MB of text, written in %.1f s, ", bench->n, (double) bench->bytes / 1e6, seconds_since (start));
  start = g_get_monotonic_time ();
  catch_up (bench);
  printf ("the index up to date %.2f s later\n", seconds_since (start));
}

/* ---- size ---- */

static guint64
file_size (Bench *bench, const char *name)
{
  g_autofree char *path = g_build_filename (bench->folder, name, NULL);
  GStatBuf info;

  return g_stat (path, &info) == 0 ? (guint64) info.st_size : 0;
}

static gboolean
on_second (gpointer data)
{
  Bench *bench = data;

  /* The indexer empties its log when it is idle. */
  if (file_size (bench, "search.db-wal") > 0)
    return G_SOURCE_CONTINUE;
  g_main_loop_quit (bench->loop);
  return G_SOURCE_REMOVE;
}

/* Waits until the indexer has merged everything and is idle. */
static void
wait_for_rest (Bench *bench)
{
  g_timeout_add_seconds (1, on_second, bench);
  g_main_loop_run (bench->loop);
}

static double
cpu_seconds (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

/* Rebuilds the index with nothing else running. */
static void
measure_index (Bench *bench)
{
  g_autofree char *path = g_build_filename (bench->folder, "search.db", NULL);
  double cpu, seconds;
  gint64 start;
  guint64 size;

  wait_for_rest (bench);
  size = file_size (bench, "search.db");
  printf ("index: %.1f MB, %.3f times the text (store.db %.1f MB)", (double) size / 1e6, (double) size / (double) MAX (bench->bytes, 1),
          (double) file_size (bench, "store.db") / 1e6);
  close_store (bench);
  if (g_remove (path) != 0)
    g_error ("%s: %s", path, g_strerror (errno));
  start = g_get_monotonic_time ();
  cpu = cpu_seconds ();
  open_store (bench);
  catch_up (bench);
  seconds = seconds_since (start);
  wait_for_rest (bench);
  size = file_size (bench, "search.db");
  printf (", at once: %.3f times, %.1f s, CPU %.1f us a message\n", (double) size / (double) MAX (bench->bytes, 1), seconds,
          (cpu_seconds () - cpu) * 1e6 / MAX (bench->n, 1));
}

/* ---- searches ---- */

typedef struct {
  Bench *bench;
  FlooSearch search;
  guint n_found;
  gint64 took;          /* µs in the job */
  gint64 cpu;           /* µs of it on a processor, without the time of other processes */
} Search;

static gint64
thread_cpu (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return (gint64) time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static gboolean
run_search (FlooDb *db, gpointer data, GError **error)
{
  Search *search = data;
  gint64 start = g_get_monotonic_time (), cpu = thread_cpu ();
  g_autoptr (GVariant) found = floo_search_run (db, &search->search, NULL, error);

  if (found == NULL)
    return FALSE;
  search->n_found = (guint) g_variant_n_children (found);
  search->took = g_get_monotonic_time () - start;
  search->cpu = thread_cpu () - cpu;
  return TRUE;
}

static void
on_searched (FlooStore *store, gpointer data, const GError *error)
{
  on_done (store, ((Search *) data)->bench, error);
}

/* The results of one row of the table. */
typedef struct {
  GArray *took;   /* gint64, µs */
  guint n_found;
  gint64 most;    /* µs of CPU */
  char *slowest;  /* by it */
} Times;

static void
measure (Bench *bench, const FlooSearch *search, Times *times)
{
  Search job = { .bench = bench, .search = *search };

  floo_store_read (bench->store, run_search, on_searched, &job, NULL);
  g_main_loop_run (bench->loop);
  g_array_append_val (times->took, job.took);
  times->n_found += job.n_found;
  if (job.cpu <= times->most)
    return;
  times->most = job.cpu;
  g_free (times->slowest);
  times->slowest = g_strdup (search->text);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 left = *(const gint64 *) a, right = *(const gint64 *) b;

  return left < right ? -1 : left > right;
}

static double
percentile (const GArray *sorted, guint percent)
{
  return (double) g_array_index (sorted, gint64, (sorted->len - 1) * percent / 100) / 1000;
}

static void
print_times (Times *times)
{
  if (times->took->len > 0)
    {
      g_array_sort (times->took, compare);
      printf (" %5.1f %6.2f %6.2f %6.2f %6.2f %-14s", (double) times->n_found / times->took->len, percentile (times->took, 50),
              percentile (times->took, 95), percentile (times->took, 100), (double) times->most / 1000, times->slowest);
    }
  g_array_unref (times->took);
  g_free (times->slowest);
}

/* A filter that few or none of many messages pass. */
static FlooSearch
filtered (Bench *bench, const char *text, guint filter)
{
  FlooSearch search = { text, -1, -1, -1, 0, G_MAXINT64, LIMIT };
  gint64 middle = bench->first_time + (gint64) bench->n / 2 * INTERVAL_MS;

  switch (filter)
    {
    case 1:
      search.conversation = 1 + (gint64) corpus_draw (bench->corpus, CONVERSATIONS);
      break;
    case 2:
      search.from = HALF_SENDER + 1;
      break;
    case 3:
      search.from = HALF_SENDER;
      search.type = FLOO_TYPE_IMAGE;
      break;
    case 4:
      search.conversation = CONVERSATIONS;
      search.until = middle;
      break;
    case 5:
      search.since = middle;
      search.until = middle + 3600000;
      break;
    default:
      search.until = middle;
      search.type = FLOO_TYPE_TEXT;
    }
  return search;
}

#define FILTERS 6

static void
measure_terms (Bench *bench, const char *what, const GPtrArray *terms)
{
  Times plain = { .took = g_array_new (FALSE, FALSE, sizeof (gint64)) }, some = { .took = g_array_new (FALSE, FALSE, sizeof (gint64)) };

  for (guint i = 0; i < terms->len; i++)
    {
      FlooSearch search = { terms->pdata[i], -1, -1, -1, 0, G_MAXINT64, LIMIT };

      measure (bench, &search, &plain);
      for (guint j = 1; j <= FILTERS; j++)
        {
          search = filtered (bench, terms->pdata[i], j);
          measure (bench, &search, &some);
        }
    }
  printf ("%-26s", what);
  print_times (&plain);
  printf (" |");
  print_times (&some);
  printf ("\n");
}

static void
measure_all (Bench *bench)
{
  static const char *const kinds[N_TERM_KINDS] = { [TERM_CHARACTER] = "one character", [TERM_PAIR] = "two characters",
                                                   [TERM_LONG] = "three to six", [TERM_BEGINNING] = "word beginnings",
                                                   [TERM_WORD] = "words", [TERM_TWO] = "two terms" };
  static const char *const rates[N_TERM_RATES] = { [TERM_FREQUENT] = "frequent", [TERM_RARE] = "rare", [TERM_ABSENT] = "absent" };

  printf ("%-26s found   p50    p95    max    CPU  in ms; slowest | the same with filters\n", "");
  for (guint kind = 0; kind < N_TERM_KINDS; kind++)
    for (guint rate = 0; rate < N_TERM_RATES; rate++)
      {
        g_autoptr (GPtrArray) terms = corpus_terms (bench->corpus, kind, rate, TERMS);
        g_autofree char *what = g_strconcat (kinds[kind], ", ", rates[rate], NULL);

        if (terms->len > 0)
          measure_terms (bench, what, terms);
      }
}

/* ---- all of it ---- */

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      (void) g_remove (path);
    }
  (void) g_rmdir (folder);
}

static void
measure_corpus (const char *name, guint n)
{
  Bench bench = { .n = n, .id = G_GINT64_CONSTANT (7000000000000000), .first_time = G_GINT64_CONSTANT (1700000000000) };

  bench.corpus = corpus_new (name);
  if (bench.corpus == NULL)
    g_error ("There is no corpus %s", name);
  bench.loop = g_main_loop_new (NULL, FALSE);
  bench.text = g_string_new (NULL);
  bench.folder = g_dir_make_tmp ("floo-bench-XXXXXX", NULL);
  printf ("%s: ", name);
  open_store (&bench);
  fill (&bench);
  measure_index (&bench);
  measure_all (&bench);
  printf ("\n");
  close_store (&bench);
  remove_folder (bench.folder);
  g_free (bench.folder);
  corpus_free (bench.corpus);
  g_string_free (bench.text, TRUE);
  g_main_loop_unref (bench.loop);
}

int
main (int argc, char **argv)
{
  guint n = argc > 1 ? (guint) atoi (argv[1]) : 1000000;

  setvbuf (stdout, NULL, _IOLBF, 0);
  for (int i = 2; i < argc; i++)
    measure_corpus (argv[i], n);
  for (const char *const *name = corpus_names (); argc <= 2 && *name != NULL; name++)
    measure_corpus (*name, n);
  return 0;
}
