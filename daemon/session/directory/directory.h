/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * directory.h: the roster and the joined groups, their details and members, pinned conversations.
 */
#pragma once

#include "base/error.h"
#include "session/account/account.h"
#include "session/operations/operations.h"

G_BEGIN_DECLS

typedef struct _FlooDirectory FlooDirectory;

/* Called on the main loop. */
typedef struct {
  /* The members of a group are known, for which messages wait, or (@known: FALSE) cannot be fetched on this connection */
  void (*members_settled) (gint64 group, gboolean known, gpointer data);
} FlooDirectoryListener;

/* @operations: outlives it; @listener: static */
FlooDirectory *floo_directory_new (FlooAccount *account, FlooOperations *operations, const FlooDirectoryListener *listener, gpointer data);
void floo_directory_free (FlooDirectory *directory);
/* Messages to @group wait until it is known who is to acknowledge reading them: what is missing is fetched at once. */
void floo_directory_await_members (FlooDirectory *directory, gint64 group);
typedef void (*FlooListsDone) (const GError *error, gpointer data);
/* The two lists of a login. */
void floo_directory_load_lists (FlooDirectory *directory, GCancellable *cancellable, FlooListsDone done, gpointer data);
/* Fetches details that are missing or stale, in batches, one request a second and kind, while online. */
void floo_directory_fetch_missing (FlooDirectory *directory);
void floo_directory_offline (FlooDirectory *directory);
/* Fetches the pins of other devices. */
void floo_directory_load_pins (FlooDirectory *directory);
/* The groups or their members changed: by calls of clients or by notices. */
void floo_directory_groups_changed (FlooDirectory *directory);

/* ---- calls of clients; what they reply with is in session.h ---- */

void floo_directory_list_users (FlooDirectory *directory, gboolean refresh, FlooReply reply, gpointer user_data);
void floo_directory_get_users (FlooDirectory *directory, const gint64 *ids, guint n, gboolean refresh, FlooReply reply, gpointer user_data);
void floo_directory_find (FlooDirectory *directory, const char *text, guint limit, FlooReply reply, gpointer user_data);
void floo_directory_list_groups (FlooDirectory *directory, gboolean refresh, FlooReply reply, gpointer user_data);
void floo_directory_get_groups (FlooDirectory *directory, const gint64 *ids, guint n, FlooReply reply, gpointer user_data);
void floo_directory_get_group (FlooDirectory *directory, gint64 id, gboolean refresh, FlooReply reply, gpointer user_data);

G_END_DECLS
