/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage.c: the size of the download cache by conversation, and clearing it.
 *
 * A name in the cache has the message (sources.c), and the store has its conversation: the folder is read on a worker thread, the store in a
 * read job, and files are removed on a worker thread again.
 */
#include "session/files/parts.h"

#include <string.h>

#include "base/error.h"
#include "session/files/cache.h"
#include "store/tables/messages.h"

/* Stands for pictures of users and groups, and files of messages that were deleted. */
#define NOBODYS G_MININT64

typedef struct {
  guint files;
  guint64 bytes;
} Sum;

typedef struct {
  FlooCall call;
  char *folder;
  GPtrArray *files;             /* FlooCacheFile */
  GArray *conversations;        /* gint64: of each of them */
  GHashTable *wanted;           /* (nullable): gint64: conversations whose files are removed; empty: all files are. NULL: none is */
  Sum removed;
} Usage;

static void
usage_free (gpointer data)
{
  Usage *usage = data;

  g_free (usage->folder);
  g_clear_pointer (&usage->files, g_ptr_array_unref);
  g_array_unref (usage->conversations);
  g_clear_pointer (&usage->wanted, g_hash_table_unref);
  floo_call_free (usage);
}

/* ---- removing ---- */

static void
remove_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Usage *usage = task_data;

  for (guint i = 0; i < usage->files->len; i++)
    {
      const FlooCacheFile *file = g_ptr_array_index (usage->files, i);

      if ((g_hash_table_size (usage->wanted) == 0 || g_hash_table_contains (usage->wanted, &g_array_index (usage->conversations, gint64, i)))
          && floo_cache_remove (usage->folder, file->name))
        {
          usage->removed.files++;
          usage->removed.bytes += (guint64) file->size;
        }
    }
  g_task_return_boolean (task, TRUE);
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Usage *usage = user_data;

  usage->call.reply (g_variant_new ("(ut)", usage->removed.files, usage->removed.bytes), NULL, usage->call.user_data);
  usage_free (usage);
}

/* ---- the reply ---- */

static int
compare_bytes (gconstpointer a, gconstpointer b, gpointer sums)
{
  const Sum *first = g_hash_table_lookup (sums, a), *second = g_hash_table_lookup (sums, b);

  return first->bytes > second->bytes ? -1 : first->bytes < second->bytes;
}

static GHashTable *
sum_up (const Usage *usage)
{
  GHashTable *sums = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);

  for (guint i = 0; i < usage->files->len; i++)
    {
      gint64 *conversation = &g_array_index (usage->conversations, gint64, i);
      Sum *sum = g_hash_table_lookup (sums, conversation);

      if (sum == NULL)
        g_hash_table_insert (sums, conversation, sum = g_new0 (Sum, 1));
      sum->files++;
      sum->bytes += (guint64) ((const FlooCacheFile *) g_ptr_array_index (usage->files, i))->size;
    }
  return sums;
}

static void
tell (Usage *usage)
{
  g_autoptr (GHashTable) sums = sum_up (usage);
  g_autoptr (GList) conversations = g_list_sort_with_data (g_hash_table_get_keys (sums), compare_bytes, sums);
  GVariantBuilder records = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  guint64 others = 0;

  for (GList *l = conversations; l != NULL; l = l->next)
    {
      const gint64 *conversation = l->data;
      const Sum *sum = g_hash_table_lookup (sums, conversation);

      if (*conversation == NOBODYS)
        {
          others = sum->bytes;
          continue;
        }
      g_variant_builder_open (&records, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&records, "{sv}", "conversation", g_variant_new_int64 (*conversation));
      g_variant_builder_add (&records, "{sv}", "files", g_variant_new_uint32 (sum->files));
      g_variant_builder_add (&records, "{sv}", "bytes", g_variant_new_uint64 (sum->bytes));
      g_variant_builder_close (&records);
    }
  usage->call.reply (g_variant_new ("(aa{sv}tt)", &records, others,
                                    (guint64) floo_account_get_config (usage->call.account)->cache_size << 20),
                     NULL, usage->call.user_data);
}

/* ---- reading ---- */

static void
keep_conversation (const FlooMessage *message, gpointer user_data)
{
  *(gint64 *) user_data = message->conversation;
}

/* "message-17-small", "group-2001-file-4": the conversation that a name is of. */
static gboolean
find_conversation (FlooDb *db, const char *name, gint64 *conversation, GError **error)
{
  g_autoptr (GError) local = NULL;
  const char *end;

  *conversation = NOBODYS;
  if (g_str_has_prefix (name, "message-"))
    return floo_messages_get (db, g_ascii_strtoll (name + strlen ("message-"), NULL, 10), keep_conversation, conversation, &local)
           || floo_error_only_missing (&local, error);
  if (g_str_has_prefix (name, "group-"))
    {
      const gint64 group = g_ascii_strtoll (name + strlen ("group-"), (char **) &end, 10);

      if (g_str_has_prefix (end, "-file-"))
        *conversation = group;
    }
  return TRUE;
}

static gboolean
run_find (FlooDb *db, gpointer data, GError **error)
{
  Usage *usage = data;

  g_array_set_size (usage->conversations, 0);
  for (guint i = 0; i < usage->files->len; i++)
    {
      gint64 conversation;

      if (!find_conversation (db, ((const FlooCacheFile *) g_ptr_array_index (usage->files, i))->name, &conversation, error))
        return FALSE;
      g_array_append_val (usage->conversations, conversation);
    }
  return TRUE;
}

static void
on_found (FlooStore *store, gpointer data, const GError *error)
{
  Usage *usage = data;
  g_autoptr (GTask) task = NULL;

  if (error == NULL && usage->wanted != NULL)
    {
      task = g_task_new (NULL, NULL, on_removed, usage);
      g_task_set_source_tag (task, on_found);
      g_task_set_task_data (task, usage, NULL);
      g_task_run_in_thread (task, remove_thread);
      return;
    }
  if (error != NULL)
    usage->call.reply (NULL, error, usage->call.user_data);
  else
    tell (usage);
  usage_free (usage);
}

static void
list_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_task_return_pointer (task, floo_cache_list_files (((const Usage *) task_data)->folder), (GDestroyNotify) g_ptr_array_unref);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Usage *usage = user_data;

  usage->files = g_task_propagate_pointer (G_TASK (result), NULL);
  floo_job_read_for (usage->call.account, usage->call.caller, FLOO_READ_DEFAULT, run_find, on_found, usage, NULL);
}

/* @wanted: (transfer full) (nullable) */
static void
begin (FlooFiles *self, GHashTable *wanted, FlooReply reply, gpointer user_data)
{
  Usage *usage = floo_call_new (sizeof *usage, self->account, reply, user_data);
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_listed, usage);

  usage->folder = g_strdup (self->cache);
  usage->conversations = g_array_new (FALSE, FALSE, sizeof (gint64));
  usage->wanted = wanted;
  g_task_set_source_tag (task, begin);
  g_task_set_task_data (task, usage, NULL);
  g_task_run_in_thread (task, list_thread);
}

static gboolean
check_open (FlooFiles *self, FlooReply reply, gpointer user_data)
{
  if (!floo_call_check_account (self->account, reply, user_data))
    return FALSE;
  if (self->cache != NULL)
    return TRUE;
  floo_reply_error (reply, user_data, FLOO_ERROR_NOT_LOGGED_IN, "No account is logged in");
  return FALSE;
}

void
floo_files_get_cache_usage (FlooFiles *self, FlooReply reply, gpointer user_data)
{
  if (check_open (self, reply, user_data))
    begin (self, NULL, reply, user_data);
}

void
floo_files_clear_cache (FlooFiles *self, const gint64 *conversations, guint n, FlooReply reply, gpointer user_data)
{
  GHashTable *wanted;

  if (!check_open (self, reply, user_data))
    return;
  wanted = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  for (guint i = 0; i < n; i++)
    g_hash_table_add (wanted, g_memdup2 (&conversations[i], sizeof conversations[i]));
  begin (self, wanted, reply, user_data);
}
