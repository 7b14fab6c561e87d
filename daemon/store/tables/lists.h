/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lists.h: lists that the service sends in pages, as far as they were fetched: blocked users, members of groups, pending decisions. All
 * functions run inside a job.
 *
 * An entry is the JSON object of its record with the record's field names. A list is complete after a reading from its first page to the
 * last; then notices and our own calls keep it up to date. Applications and invitations are kept when they are decided, the last 200 of each
 * list.
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
  FLOO_LIST_INVITATIONS,          /* to us; owner: the group, id: the inviter */
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

/* The owner of a list over all owners: of FLOO_LIST_INVITATIONS and FLOO_LIST_GROUP_APPLICATIONS. */
#define FLOO_LIST_ANY_OWNER (-1)

/**
 * floo_lists_take_page:
 * @owner: of the list; FLOO_LIST_ANY_OWNER: each record has it
 * @cursor: of the page's request, "": the first page
 * @next: the next page's cursor, "": it was the last
 * @records: aa{sv}
 *
 * Stores a page of the service, which must not be older than the stored list (floo_lists_changed_since()). Entries that were on no page of a
 * complete reading are removed. @changed: (out): whether a complete list has changed
 */
gboolean floo_lists_take_page (FlooDb *db, FlooList list, gint64 owner, const char *cursor, const char *next, GVariant *records,
                               gboolean *changed, GError **error);

/* Stores a single record (a{sv}): the given fields replace the stored ones. An expired one is removed. @changed: (out) (optional) */
gboolean floo_lists_take (FlooDb *db, FlooList list, gint64 owner, GVariant *record, gboolean *changed, GError **error);

/*
 * Changes by notices or our own calls: these make answers to earlier requests outdated, whether or not they change the store.
 */

/* As floo_lists_take(). */
gboolean floo_lists_put (FlooDb *db, FlooList list, gint64 owner, GVariant *record, gboolean *changed, GError **error);
/* Adds an entry of which only the id is known. An existing one is not changed. */
gboolean floo_lists_add (FlooDb *db, FlooList list, gint64 owner, gint64 id, gboolean *changed, GError **error);
/* @changed: (out) (optional) */
gboolean floo_lists_remove (FlooDb *db, FlooList list, gint64 owner, gint64 id, gboolean *changed, GError **error);
/* An application or invitation is decided; @id: FLOO_LIST_ALL_IDS: all pending ones of the owner. Missing or decided ones are not changed. */
gboolean floo_lists_decide (FlooDb *db, FlooList list, gint64 owner, gint64 id, FlooDecision decision, GError **error);
/* Removes all entries of a list, except decided ones. */
gboolean floo_lists_clear (FlooDb *db, FlooList list, gint64 owner, GError **error);
/* Removes all lists of a group that we left. */
gboolean floo_lists_remove_owner (FlooDb *db, gint64 owner, GError **error);
/* The list does not count as complete any more; entries are kept. */
gboolean floo_lists_forget (FlooDb *db, FlooList list, gint64 owner, GError **error);
/* The details of an entry changed in an unknown way. */
gboolean floo_lists_mark_stale (FlooDb *db, FlooList list, gint64 owner, gint64 id, GError **error);
/* A change that is not stored. */
void floo_lists_note_change (FlooDb *db, FlooList list, gint64 owner);

/* Whether the list changed since @moment, floo_contacts_get_moment() when the service was asked. */
gboolean floo_lists_changed_since (FlooDb *db, FlooList list, gint64 owner, gint64 moment);

/* @n: (out): the number of stored entries */
gboolean floo_lists_get_state (FlooDb *db, FlooList list, gint64 owner, gboolean *complete, guint *n, GError **error);
/* @known: (out): whether it is in the list, as far as that is known */
gboolean floo_lists_has (FlooDb *db, FlooList list, gint64 owner, gint64 id, gboolean *known, GError **error);

/**
 * floo_lists_get_page:
 * @owners: (nullable): only these, in any order; NULL: every owner
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
/* Returns: (transfer floating): entries in the order of @ids; NULL without an error: some are missing or stale. */
GVariant *floo_lists_get (FlooDb *db, FlooList list, gint64 owner, const FlooRecord *record, const gint64 *ids, guint n, GError **error);

/* Stale ones of one owner: appends their ids (gint64), at most @limit. @owner: (out) */
gboolean floo_lists_get_stale (FlooDb *db, FlooList list, guint limit, gint64 *owner, GArray *ids, GError **error);

G_END_DECLS
