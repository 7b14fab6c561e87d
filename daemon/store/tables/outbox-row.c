/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/outbox-row.h"

#include <string.h>

#define N_TEXTS 6

static void
get_texts (FlooOutboxRow *row, const char **texts[N_TEXTS])
{
  const char **const all[] = { &row->content, &row->ext, &row->config, &row->attachment, &row->file, &row->error };

  G_STATIC_ASSERT (G_N_ELEMENTS (all) == N_TEXTS);
  memcpy (texts, all, sizeof all);
}

FlooOutboxRow *
floo_outbox_row_copy (const FlooOutboxRow *row)
{
  FlooOutboxRow *copy = g_memdup2 (row, sizeof *row);
  const char **texts[N_TEXTS];

  get_texts (copy, texts);
  for (guint i = 0; i < N_TEXTS; i++)
    *texts[i] = g_strdup (*texts[i]);
  return copy;
}

void
floo_outbox_row_free (FlooOutboxRow *copy)
{
  const char **texts[N_TEXTS];

  get_texts (copy, texts);
  for (guint i = 0; i < N_TEXTS; i++)
    g_free ((char *) *texts[i]);
  g_free (copy);
}

gboolean
floo_outbox_row_collect (const FlooOutboxRow *row, gpointer rows)
{
  g_ptr_array_add (rows, floo_outbox_row_copy (row));
  return TRUE;
}
