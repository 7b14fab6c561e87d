/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/account.h"
#include "store/tables/salvage.h"

#include "store/tables/repair.h"
#include "store/tables/rows.h"
#include "store/tables/tokens.h"

/* The state of copying the outbox: from one end as far as it can be read, then from the other end down to there. */
typedef struct {
  FlooDb *to;
  gint64 highest;    /* copied from below */
  guint n;
  GError *error;     /* of writing */
} Copy;

/* The next row of @query; FALSE at the end, or at damage, which is logged. */
static gboolean
next_readable (FlooQuery *query)
{
  g_autoptr (GError) error = NULL;
  gboolean row = FALSE;

  if (!floo_query_next (query, &row, &error))
    g_message ("The damaged store could not be read any further: %s", error->message);
  return row;
}

/* Returns: (nullable): NULL if it cannot be read, which is logged */
static FlooQuery *
take_readable (FlooDb *from, const char *name)
{
  g_autoptr (GError) error = NULL;
  FlooQuery *query = floo_query_take (from, name, &error);

  if (query == NULL)
    g_message ("A table of the damaged store could not be read: %s", error->message);
  return query;
}

/* FALSE where writing failed; read errors only end a direction. */
static gboolean
copy_outbox (Copy *copy, FlooDb *from, const char *name, gboolean upward)
{
  g_autoptr (FlooQuery) query = take_readable (from, name);

  while (query != NULL && next_readable (query))
    {
      FlooOutboxRow outbox;

      if (!upward && floo_query_int (query, 0) <= copy->highest)
        break;
      if (!floo_repair_read_outbox_row (query, &outbox))
        continue;
      if (!floo_outbox_restore (copy->to, &outbox, &copy->error))
        return FALSE;
      copy->n++;
      if (upward)
        copy->highest = outbox.client_id;
    }
  return TRUE;
}

static gboolean
copy_tokens (Copy *copy, FlooDb *from)
{
  g_autoptr (FlooQuery) query = take_readable (from, "tokens-all");

  while (query != NULL && next_readable (query))
    {
      const char *token = floo_query_text (query, 0);
      const char *digest = floo_query_text (query, 1);

      if (token != NULL && *token != '\0' && digest != NULL && *digest != '\0'
          && !floo_tokens_add (copy->to, token, digest, floo_query_int (query, 2), &copy->error))
        return FALSE;
    }
  return TRUE;
}

/* Among them the device's guid and number: with another number rows in sending would become uncertain. */
static gboolean
copy_values (Copy *copy, FlooDb *from)
{
  g_autoptr (FlooQuery) query = take_readable (from, "values-all");

  while (query != NULL && next_readable (query))
    {
      const char *key = floo_query_text (query, 0);
      const char *value = floo_query_text (query, 1);

      if (key != NULL && *key != '\0' && value != NULL
          && !floo_values_set (copy->to, key, value, &copy->error))
        return FALSE;
    }
  return TRUE;
}

gboolean
floo_salvage (FlooDb *to, FlooDb *from, GError **error)
{
  Copy copy = { .to = to };

  if (!copy_outbox (&copy, from, "outbox-all", TRUE) || !copy_outbox (&copy, from, "outbox-all-downward", FALSE)
      || !copy_tokens (&copy, from) || !copy_values (&copy, from))
    {
      g_propagate_error (error, copy.error);
      return FALSE;
    }
  g_message ("%u pending messages and operations were recovered from the damaged store", copy.n);
  return TRUE;
}
