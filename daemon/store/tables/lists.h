/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lists.h: lists that the service hands out in pages, as far as they were asked for: who is blocked, who is in a group, who waits for
 * our decision. All functions run inside a job.
 *
 * An entry is the JSON object of its record under the record's field names. A list is complete once a reading went from its first page to
 * the last; from then on notices and our own calls keep it true. Applications and invitations stay when they are
 * decided, the last 200 of each list.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "base/record.h"
#include "store/engine/store.h"

G_BEGIN_DECLS

typedef enum {
  FLOO_LIST_NONE,
  FLOO_LIST_BLOCKED,              /* users that we block; owner 0 */
  FLOO_LIST_APPLICATIONS,         /* of users who want to be in our roster; owner 0 */
  FLOO_LIST_INVITATIONS,          /* of us; owner: the group, id: who invites */
  FLOO_LIST_GROUP_APPLICATIONS,   /* owner: the group, as in those below; id: the user */
  FLOO_LIST_MEMBERS,
  FLOO_LIST_ADMINS,
  FLOO_LIST_BANNED,
  FLOO_LIST_GROUP_BLOCKED,
  FLOO_N_LISTS
} FlooList;

/* The service's numbers. */
typedef enum { FLOO_DECISION_ACCEPTED = 1, FLOO_DECISION_DECLINED = 2 } FlooDecision;
#define FLOO_LIST_ALL_IDS 0

/* The owner of a list that goes over all owners: of FLOO_LIST_INVITATIONS and FLOO_LIST_GROUP_APPLICATIONS. */
#define FLOO_LIST_ANY_OWNER (-1)

/**
 * floo_lists_take_page:
 * @owner: of the list; FLOO_LIST_ANY_OWNER: each record says it
 * @cursor: with which the page was asked for, "" the first
 * @next: where it goes on, "": it was the last
 * @records: aa{sv}
 *
 * Takes a page of the service, which must not be older than what we know (floo_lists_changed_since()). What a reading did not see from its
 * first to its last page is not in the list any more. @changed: (out): whether a list that was complete is another one now
 */
gboolean floo_lists_take_page (FlooDb *db, FlooList list, gint64 owner, const char *cursor, const char *next, GVariant *records,
                               gboolean *changed, GError **error);

/* A record by itself (a{sv}): the fields given replace those there. One that has lapsed is removed. @changed: (out) (optional) */
gboolean floo_lists_take (FlooDb *db, FlooList list, gint64 owner, GVariant *record, gboolean *changed, GError **error);

/*
 * News, by a notice or by what we did: answers of the service to questions from before are outdated by it, whatever it changes here.
 */

/* As floo_lists_take(). */
gboolean floo_lists_put (FlooDb *db, FlooList list, gint64 owner, GVariant *record, gboolean *changed, GError **error);
/* An entry that is told of by its id alone. One that is there stays as it is. */
gboolean floo_lists_add (FlooDb *db, FlooList list, gint64 owner, gint64 id, gboolean *changed, GError **error);
/* @changed: (out) (optional) */
gboolean floo_lists_remove (FlooDb *db, FlooList list, gint64 owner, gint64 id, gboolean *changed, GError **error);
/* An application or invitation is decided; @id: FLOO_LIST_ALL_IDS: all of the owner that wait. What is not there, or decided, stays so. */
gboolean floo_lists_decide (FlooDb *db, FlooList list, gint64 owner, gint64 id, FlooDecision decision, GError **error);
/* Empties one list, but for what is decided. */
gboolean floo_lists_clear (FlooDb *db, FlooList list, gint64 owner, GError **error);
/* All lists of a group that is not ours any more. */
gboolean floo_lists_remove_owner (FlooDb *db, gint64 owner, GError **error);
/* The list is not known to be complete any more; entries stay. */
gboolean floo_lists_forget (FlooDb *db, FlooList list, gint64 owner, GError **error);
/* An entry whose details changed in a way that we were not told. */
gboolean floo_lists_mark_stale (FlooDb *db, FlooList list, gint64 owner, gint64 id, GError **error);
/* News of which nothing is kept. */
void floo_lists_note_change (FlooDb *db, FlooList list, gint64 owner);

/* Whether there was news of the list since @moment, floo_contacts_get_moment() when the service was asked. */
gboolean floo_lists_changed_since (FlooDb *db, FlooList list, gint64 owner, gint64 moment);

/* @n: (out): entries that there are */
gboolean floo_lists_get_state (FlooDb *db, FlooList list, gint64 owner, gboolean *complete, guint *n, GError **error);
/* @known: (out): whether it is in the list, as far as that is known */
gboolean floo_lists_has (FlooDb *db, FlooList list, gint64 owner, gint64 id, gboolean *known, GError **error);

/**
 * floo_lists_get_page:
 * @owners: (nullable): those alone, ascending or not; NULL: every owner
 * @cursor: "" or the @next of the page before
 * @next: (out) (transfer full): "": that was the last
 *
 * Returns: (transfer floating): aa{sv}, decoded by @record; or NULL, with FLOO_ERROR_INVALID_ARGUMENTS for an invalid cursor
 */
GVariant *floo_lists_get_page (FlooDb *db, FlooList list, const gint64 *owners, guint n_owners, const FlooRecord *record,
                               const char *cursor, guint limit, char **next, GError **error);
/* Whether the cursor is one of floo_lists_get_page(). */
gboolean floo_lists_is_own_cursor (const char *cursor);
/* Returns: (transfer floating): ids of the list, ascending, as ax. */
GVariant *floo_lists_get_ids (FlooDb *db, FlooList list, gint64 owner, GError **error);
/* Returns: (transfer floating): entries in the order of @ids; NULL without an error: not all of them are there and fresh. */
GVariant *floo_lists_get (FlooDb *db, FlooList list, gint64 owner, const FlooRecord *record, const gint64 *ids, guint n, GError **error);

/* Stale ones of one owner: appends their ids (gint64), at most @limit. @owner: (out) */
gboolean floo_lists_get_stale (FlooDb *db, FlooList list, guint limit, gint64 *owner, GArray *ids, GError **error);

G_END_DECLS
