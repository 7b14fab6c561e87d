/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/salvage.h"

#include "store/tables/contacts.h"
#include "store/tables/repair.h"
#include "store/tables/rows.h"

/* The outbox being copied: @from one end as far as it can be read, then from the other end down to there. */
typedef struct {
  FlooDb *to;
  gint64 highest;    /* copied from below */
  guint n;
  GError *error;     /* of writing */
} Copy;

/* FALSE where writing failed: reading errors only end a direction. */
static gboolean
copy_outbox (Copy *copy, FlooDb *from, const char *name, gboolean upward)
{
  g_autoptr (FlooQuery) query = floo_query_take (from, name, NULL);
  gboolean row;

  while (query != NULL && floo_query_next (query, &row, NULL) && row)
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
  g_autoptr (FlooQuery) query = floo_query_take (from, "tokens-all", NULL);
  gboolean row;

  while (query != NULL && floo_query_next (query, &row, NULL) && row)
    {
      const char *token = floo_query_text (query, 0);
      const char *digest = floo_query_text (query, 1);

      if (token != NULL && *token != '\0' && digest != NULL && *digest != '\0'
          && !floo_outbox_add_token (copy->to, token, digest, floo_query_int (query, 2), &copy->error))
        return FALSE;
    }
  return TRUE;
}

/* The device's guid and number among them: with another number what was under way would be uncertain. */
static gboolean
copy_values (Copy *copy, FlooDb *from)
{
  g_autoptr (FlooQuery) query = floo_query_take (from, "values-all", NULL);
  gboolean row;

  while (query != NULL && floo_query_next (query, &row, NULL) && row)
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
  g_message ("%u messages and operations that wait were taken over from the damaged store", copy.n);
  return TRUE;
}
