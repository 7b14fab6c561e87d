/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/news.h"

#include "base/error.h"

void
floo_news_free (FlooNews *news)
{
  g_clear_error (&news->error);
  g_clear_pointer (&news->events, g_ptr_array_unref);
  if (news->destroy != NULL)
    news->destroy (news->data);
  g_clear_object (&news->store);
  g_free (news->journal_id);
  g_free (news);
}

gboolean
floo_news_run (FlooNews *job, FlooDb *db)
{
  if (job->func (db, job->data, &job->error))
    return TRUE;
  if (job->error == NULL)
    job->error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_STORAGE, "The job failed without an error");
  return FALSE;
}

void
floo_news_post (FlooMailbox *mailbox, FlooNewsKind kind, gboolean full, GError *error)
{
  FlooNews *news = g_new0 (FlooNews, 1);

  news->kind = kind;
  news->full = full;
  news->error = error;
  floo_mailbox_post (mailbox, news);
}
