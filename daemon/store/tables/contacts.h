/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * contacts.h: the roster and the joined groups with cached details. All functions run inside a job.
 *
 * Details are kept as the JSON object of the record (base/record.h) under the seed's field names, so that a notice's changed
 * fields merge into them.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "base/record.h"
#include "store/engine/store.h"

G_BEGIN_DECLS

/* Users and groups are kept alike; the list is who is in the roster, or which groups are joined. */
typedef enum { FLOO_CONTACT_USER = 0, FLOO_CONTACT_GROUP = 1 } FlooContactKind;

/* The list becomes exactly @ids; details of the others stay as a cache. @changed: (out): whether the list changed */
gboolean floo_contacts_set_list (FlooDb *db, FlooContactKind kind, const gint64 *ids, guint n, gboolean *changed, GError **error);
gboolean floo_contacts_add (FlooDb *db, FlooContactKind kind, gint64 id, gboolean *changed, GError **error);
gboolean floo_contacts_remove (FlooDb *db, FlooContactKind kind, gint64 id, gboolean *changed, GError **error);
/* Returns: (transfer floating): ax, ascending. */
GVariant *floo_contacts_list (FlooDb *db, FlooContactKind kind, GError **error);
gboolean floo_contacts_is_listed (FlooDb *db, FlooContactKind kind, gint64 id, gboolean *listed, GError **error);

/* Of a list member, or somebody who writes in a group, without details, or whose details are marked stale: what is still to be fetched. Appends gint64 to @ids. */
gboolean floo_contacts_missing (FlooDb *db, FlooContactKind kind, guint limit, GArray *ids, GError **error);
/* Whether details of this one are to be fetched, listed or not. */
gboolean floo_contacts_is_missing (FlooDb *db, FlooContactKind kind, gint64 id, gboolean *missing, GError **error);
gboolean floo_contacts_mark_stale (FlooDb *db, FlooContactKind kind, gint64 id, GError **error);

/**
 * floo_contacts_get_sender:
 * @name: (out) (transfer full) (nullable): the name to show for the user @id
 * @is_missing: (out): nothing was known of this user; details are fetched from now on, as those of the list
 */
gboolean floo_contacts_get_sender (FlooDb *db, gint64 id, char **name, gboolean *is_missing, GError **error);
/* The name that a message of @id came with is shown until details are known. */
gboolean floo_contacts_hint_name (FlooDb *db, gint64 id, const char *name, GError **error);
/* Whether the group hides details of its members from us, and @user is none of our roster. */
gboolean floo_contacts_is_hidden (FlooDb *db, gint64 group, gint64 user, gboolean *hidden, GError **error);

/* Keeps details (a decoded record, a{sv}): the fields given replace those there, others stay. @changed: (out) (optional) */
gboolean floo_contacts_put (FlooDb *db, FlooContactKind kind, gint64 id, GVariant *details, gboolean *changed, GError **error);
/**
 * floo_contacts_put_answer:
 * @asked: floo_contacts_get_moment() when the service was asked
 * @changed: (out) (optional)
 * @outdated: (out): details were merged or marked stale since: they are left as they are, and stale
 *
 * The answer of the service to a question: it may come after news of the same record that is younger than the question.
 */
gboolean floo_contacts_put_answer (FlooDb *db, FlooContactKind kind, gint64 id, GVariant *details, gint64 asked, gboolean *changed,
                                   gboolean *outdated, GError **error);
/* Of this process; on any thread. */
gint64 floo_contacts_get_moment (void);
/* Whether somebody came into the list or left it since @moment. */
gboolean floo_contacts_list_changed_since (FlooDb *db, FlooContactKind kind, gint64 moment);
/* Merges the fields of a notice's content into details that are there. */
gboolean floo_contacts_merge (FlooDb *db, FlooContactKind kind, gint64 id, JsonObject *fields, gboolean *changed, GError **error);

/**
 * floo_contacts_get:
 * @missing: (nullable): ids that have no details are appended (gint64)
 *
 * Returns: (transfer floating): aa{sv} of those that have details, in the order of @ids, decoded by @record (its fields only)
 */
GVariant *floo_contacts_get (FlooDb *db, FlooContactKind kind, const FlooRecord *record, const gint64 *ids, guint n, GArray *missing,
                             GError **error);

/* @details: (out) (transfer full) (nullable): the a{sv} of one, decoded by @record; NULL where it has no details */
gboolean floo_contacts_get_one (FlooDb *db, FlooContactKind kind, const FlooRecord *record, gint64 id, GVariant **details, GError **error);

G_END_DECLS
