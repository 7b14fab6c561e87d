/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * details.h: the directory, for the files that make it up: refresh.c (details that are missing), lists.c (who is
 * in it), items.c (details that a client asks for) and details.c (what all of them need).
 */
#pragma once

#include "base/record.h"
#include "session/directory/directory.h"
#include "session/job/job.h"
#include "store/tables/contacts.h"

G_BEGIN_DECLS

/* ---- refresh.c ---- */

FlooAccount *floo_directory_get_account (const FlooDirectory *directory);

/* ---- details.c ---- */

/* What differs between users and groups. */
typedef struct {
  FlooContactKind kind;
  const char *list_path;        /* ids */
  const char *batch_path;       /* details */
  const char *batch_member;
  guint batch_size;
  const FlooRecord *record;
  const char *key;
} FlooDirectoryKind;

#define FLOO_N_DIRECTORY_KINDS 2
extern const FlooDirectoryKind floo_directory_kinds[FLOO_N_DIRECTORY_KINDS];

/* Returns: (transfer full): the request for details of @ids */
JsonNode *floo_directory_batch_body (const FlooDirectoryKind *kind, const gint64 *ids, guint n);

/* Received details, and the requested ids. */
typedef struct {
  FlooAccount *account;
  const FlooDirectoryKind *kind;
  GArray *ids;
  gint64 asked;                 /* floo_contacts_get_moment() */
  GVariant *details;            /* aa{sv} */
  GArray *outdated;             /* gint64: ids that changed since the request: their details are not stored */
  gpointer owner;               /* for done */
} FlooDetailsJob;

/* To be made when the request is sent. */
FlooDetailsJob *floo_details_job_new (FlooAccount *account, const FlooDirectoryKind *kind, const gint64 *ids, guint n);
void floo_details_job_free (gpointer data);
/* Store thread: puts them into the store and journals what changed. */
gboolean floo_details_job_run (FlooDb *db, gpointer data, GError **error);

G_END_DECLS
