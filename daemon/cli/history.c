/* SPDX-License-Identifier: GPL-3.0-or-later */
/* history.c: `flooim list`, `history`, `search`, `show`: what is stored. */
#include <stdio.h>
#include <string.h>

#include "base/message.h"
#include "base/names.h"
#include "cli/commands.h"
#include "cli/convert.h"
#include "cli/history.h"
#include "cli/messages.h"
#include "cli/names.h"
#include "cli/text.h"

#define DEFAULT_LIMIT 20

/* ---- conversations ---- */

static const FlooColumn list_columns[] = {
  { "ID", "id", FLOO_COLUMN_PLAIN },
  { "TYPE", "type", FLOO_COLUMN_PLAIN },
  { "NAME", "name|id", FLOO_COLUMN_PLAIN },
  { "NEW", "unread", FLOO_COLUMN_PLAIN },
  { "TIME", "timestamp", FLOO_COLUMN_TIME },
  { "LAST MESSAGE", "content", FLOO_COLUMN_PLAIN },
  { NULL },
};

static gboolean
is_wanted (FlooCli *cli, GVariant *record)
{
  gboolean pinned = FALSE;
  guint unread = 0;

  g_variant_lookup (record, "pinned", "b", &pinned);
  g_variant_lookup (record, "unread", "u", &unread);
  return (floo_cli_option (cli, "unread") == NULL || unread > 0) && (floo_cli_option (cli, "pinned") == NULL || pinned);
}

int
floo_cli_run_list (FlooCli *cli)
{
  GVariantBuilder found = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  g_autofree char *cursor = g_strdup ("");
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) wanted = NULL;
  gint64 limit = G_MAXINT32, n = 0;

  if (floo_cli_number_option (cli, "limit", G_MAXINT32, &limit, &error))
    do
      {
        g_autoptr (GVariant) reply = floo_cli_call (
            cli, "Conversations.List", g_variant_new ("(su@a{sv})", cursor, FLOO_MAX_LIMIT, g_variant_new_parsed ("@a{sv} {}")), &error);
        g_autoptr (GVariant) page = NULL;

        if (reply == NULL)
          break;
        g_free (cursor);
        g_variant_get (reply, "(@aa{sv}st)", &page, &cursor, NULL);
        for (gsize i = 0; i < g_variant_n_children (page) && n < limit; i++)
          {
            g_autoptr (GVariant) record = g_variant_get_child_value (page, i);

            if (is_wanted (cli, record))
              {
                g_variant_builder_add_value (&found, record);
                n++;
              }
          }
      }
    while (*cursor != '\0' && n < limit);
  wanted = g_variant_ref_sink (g_variant_builder_end (&found));
  if (error != NULL)
    return floo_cli_fail (cli, error);
  floo_text_records (cli, list_columns, wanted);
  return 0;
}

/* ---- history ---- */

/* Pages are located backwards and printed forwards: each is fetched again when its turn comes, so that memory does not grow. */

/* Returns: (transfer full): a page of messages before @before (0: the newest) */
static GVariant *
get_page (FlooCli *cli, gint64 conversation, gint64 before, guint limit, gboolean local, gboolean *more, GError **error)
{
  GVariantBuilder options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) value = NULL;

  if (before != 0)
    g_variant_builder_add (&options, "{sv}", "before", g_variant_new_int64 (before));
  g_variant_builder_add (&options, "{sv}", "limit", g_variant_new_uint32 (limit));
  g_variant_builder_add (&options, "{sv}", "local", g_variant_new_boolean (local));
  reply = floo_cli_call (cli, "Conversations.GetMessages", g_variant_new ("(x@a{sv})", conversation, g_variant_builder_end (&options)),
                         error);
  if (reply == NULL)
    return NULL;
  value = floo_reply_get ("Conversations.GetMessages", reply, "more_before");
  *more = g_variant_get_boolean (value);
  return floo_reply_get ("Conversations.GetMessages", reply, "messages");
}

static gint64
id_of (GVariant *messages, gsize i)
{
  gint64 id;

  g_variant_get_child (messages, i, "(xxxsssxia{sv})", &id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  return id;
}

static gint64
time_of (GVariant *messages, gsize i)
{
  gint64 timestamp;

  g_variant_get_child (messages, i, "(xxxsssxia{sv})", NULL, NULL, NULL, NULL, NULL, NULL, &timestamp, NULL, NULL);
  return timestamp;
}

/* Where a page ends, and how many messages it has. */
typedef struct
{
  gint64 before;
  guint n;
} Page;

/* Those within the times. */
static GVariant *
select_messages (GVariant *page, const FlooHistory *history)
{
  GVariantBuilder wanted = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));

  for (gsize i = 0; i < g_variant_n_children (page); i++)
    if (time_of (page, i) >= history->since && time_of (page, i) <= history->until)
      {
        g_autoptr (GVariant) message = g_variant_get_child_value (page, i);

        g_variant_builder_add_value (&wanted, message);
      }
  return g_variant_ref_sink (g_variant_builder_end (&wanted));
}

/* Goes back to the beginning. @newest: (out): the first page, which may be another one later */
static GArray *
find_pages (FlooCli *cli, const FlooHistory *history, GVariant **newest, GError **error)
{
  g_autoptr (GArray) pages = g_array_new (FALSE, FALSE, sizeof (Page));
  Page at = { .before = history->before };
  gboolean more = TRUE, shown = history->progress && floo_text_is_error_terminal ();
  gint64 count = 0;

  while (more && count < history->limit)
    {
      guint limit = (guint) MIN (history->limit - count, FLOO_MAX_LIMIT);
      g_autoptr (GVariant) page = get_page (cli, history->conversation, at.before, limit, history->local, &more, error);

      if (page == NULL)
        return NULL;
      at.n = (guint) g_variant_n_children (page);
      if (at.n == 0)
        break;
      if (pages->len == 0)
        *newest = g_variant_ref (page);
      g_array_append_val (pages, at);
      count += at.n;
      at.before = id_of (page, 0);
      if (time_of (page, 0) < history->since)
        break;
      if (shown && count > FLOO_MAX_LIMIT)
        fprintf (stderr, "\r\033[K%" G_GINT64_FORMAT " messages", count);
    }
  if (shown && count > FLOO_MAX_LIMIT)
    fprintf (stderr, "\r\033[K");
  return g_steal_pointer (&pages);
}

gboolean
floo_history_walk (FlooCli *cli, const FlooHistory *history, FlooHistoryFunc func, gpointer data, GError **error)
{
  g_autoptr (GVariant) newest = NULL;
  g_autoptr (GArray) pages = find_pages (cli, history, &newest, error);

  for (guint i = pages != NULL ? pages->len : 0; i > 0; i--)
    {
      const Page *at = &g_array_index (pages, Page, i - 1);
      gboolean more;
      g_autoptr (GVariant) page
          = i == 1 ? g_variant_ref (newest) : get_page (cli, history->conversation, at->before, at->n, TRUE, &more, error);
      g_autoptr (GVariant) messages = page != NULL ? select_messages (page, history) : NULL;

      if (messages == NULL || !func (cli, messages, data, error))
        return FALSE;
    }
  return pages != NULL;
}

static gboolean
print_page (FlooCli *cli, GVariant *messages, gpointer data, GError **error)
{
  floo_messages_print (cli, messages, FALSE);
  return TRUE;
}

int
floo_cli_run_history (FlooCli *cli)
{
  FlooHistory history = { .limit = DEFAULT_LIMIT, .until = G_MAXINT64, .progress = TRUE };
  const char *since = floo_cli_option (cli, "since"), *until = floo_cli_option (cli, "until");
  g_autoptr (GError) error = NULL;
  FlooTarget target;

  history.local = floo_cli_option (cli, "local") != NULL;
  if (floo_cli_option (cli, "all") != NULL || since != NULL)
    history.limit = G_MAXINT64;
  if (!floo_cli_number_option (cli, "limit", G_MAXINT64, &history.limit, &error)
      || !floo_cli_number_option (cli, "before", G_MAXINT64, &history.before, &error)
      || (since != NULL && !floo_cli_parse_time ("--since", since, &history.since, &error))
      || (until != NULL && !floo_cli_parse_time ("--until", until, &history.until, &error))
      || !floo_names_resolve (cli, floo_cli_arg (cli, 0), FLOO_NAMES_ALL, &target, &error))
    return floo_cli_fail (cli, error);
  history.conversation = target.id;
  return floo_history_walk (cli, &history, print_page, NULL, &error) ? 0 : floo_cli_fail (cli, error);
}

/* ---- search and show ---- */

static gboolean
add_target (FlooCli *cli, GVariantBuilder *options, const char *option, const char *key, FlooNameKinds kinds, GError **error)
{
  const char *text = floo_cli_option (cli, option);
  FlooTarget target;

  if (text == NULL)
    return TRUE;
  if (!floo_names_resolve (cli, text, kinds, &target, error))
    return FALSE;
  g_variant_builder_add (options, "{sv}", key, g_variant_new_int64 (target.id));
  return TRUE;
}

static gboolean
add_time (FlooCli *cli, GVariantBuilder *options, const char *option, GError **error)
{
  const char *text = floo_cli_option (cli, option);
  gint64 ms;

  if (text == NULL)
    return TRUE;
  if (!floo_cli_parse_time (option, text, &ms, error))
    return FALSE;
  g_variant_builder_add (options, "{sv}", option, g_variant_new_int64 (ms));
  return TRUE;
}

/* Prints pages of what is found until there are @limit. */
static gboolean
print_found (FlooCli *cli, const char *text, GVariant *options, gint64 limit, GError **error)
{
  gint64 before = 0;
  gboolean more = TRUE;

  while (more && limit > 0)
    {
      GVariantDict dict;
      g_autoptr (GVariant) reply = NULL;
      g_autoptr (GVariant) messages = NULL;
      gsize n;

      g_variant_dict_init (&dict, options);
      g_variant_dict_insert (&dict, "limit", "u", (guint) MIN (limit, FLOO_MAX_LIMIT));
      if (before != 0)
        g_variant_dict_insert (&dict, "before", "x", before);
      reply = floo_cli_call (cli, "Conversations.Search", g_variant_new ("(s@a{sv})", text, g_variant_dict_end (&dict)), error);
      if (reply == NULL)
        return FALSE;
      g_variant_get (reply, "(@" FLOO_MESSAGES_TYPE "b)", &messages, &more);
      n = g_variant_n_children (messages);
      if (n == 0)
        break;
      floo_messages_print (cli, messages, TRUE);
      before = id_of (messages, n - 1);
      limit -= (gint64) n;
    }
  if (more && floo_text_is_terminal ())
    floo_cli_note (cli, "there may be more; see --limit");
  return TRUE;
}

int
floo_cli_run_search (FlooCli *cli)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) options = NULL;
  g_autofree char *text = cli->args->len > 0 ? floo_cli_dup_text (cli, 0, &error) : g_strdup ("");
  gint64 limit = 50;

  if (text == NULL || !floo_cli_number_option (cli, "limit", G_MAXINT64, &limit, &error)
      || !add_target (cli, &builder, "in", "conversation", FLOO_NAMES_ALL, &error)
      || !add_target (cli, &builder, "from", "from", FLOO_NAMES_USERS, &error) || !add_time (cli, &builder, "since", &error)
      || !add_time (cli, &builder, "until", &error))
    return floo_cli_fail (cli, error);
  if (floo_cli_option (cli, "type") != NULL)
    g_variant_builder_add (&builder, "{sv}", "type", g_variant_new_string (floo_cli_option (cli, "type")));
  options = g_variant_ref_sink (g_variant_builder_end (&builder));
  return print_found (cli, text, options, limit, &error) ? 0 : floo_cli_fail (cli, error);
}

int
floo_cli_run_show (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) message = NULL;
  gint64 id;

  if (floo_cli_parse_number ("the id of a message", floo_cli_arg (cli, 0), 1, G_MAXINT64, &id, &error))
    reply = floo_cli_call (cli, "Conversations.GetMessage", g_variant_new ("(x)", id), &error);
  if (reply == NULL)
    return floo_cli_fail (cli, error);
  message = g_variant_get_child_value (reply, 0);
  if (cli->json)
    floo_text_json (message);
  else
    {
      GVariantBuilder fields = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
      g_autoptr (GVariant) more = NULL;
      g_autoptr (GVariant) record = NULL;
      GVariantIter iter;
      GVariant *entry;
      guint i = 0;

      for (; floo_message_fields[i] != NULL; i++)
        {
          g_autoptr (GVariant) value = g_variant_get_child_value (message, i);

          g_variant_builder_add (&fields, "{sv}", floo_message_fields[i], value);
        }
      more = g_variant_get_child_value (message, i);
      g_variant_iter_init (&iter, more);
      while ((entry = g_variant_iter_next_value (&iter)) != NULL)
        {
          g_variant_builder_add_value (&fields, entry);
          g_variant_unref (entry);
        }
      record = g_variant_ref_sink (g_variant_builder_end (&fields));
      floo_text_record (cli, record);
    }
  return 0;
}
