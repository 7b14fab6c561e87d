/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * contacts.h: the roster and the joined groups with cached details. All functions run inside a job.
 *
 * Details are stored as the JSON object of the record (base/record.h) with its field names, so that changed fields of a notice can be merged
 * into them.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "base/record.h"
#include "store/engine/store.h"

G_BEGIN_DECLS

/* Users and groups are stored alike; the list is the roster, or the joined groups. */
typedef enum { FLOO_CONTACT_USER = 0, FLOO_CONTACT_GROUP = 1 } FlooContactKind;

/* Sets the list to @ids; details of others are kept as a cache. @changed: (out): whether the list changed */
gboolean floo_contacts_set_list (FlooDb *db, FlooContactKind kind, const gint64 *ids, guint n, gboolean *changed, GError **error);
gboolean floo_contacts_add (FlooDb *db, FlooContactKind kind, gint64 id, gboolean *changed, GError **error);
gboolean floo_contacts_remove (FlooDb *db, FlooContactKind kind, gint64 id, gboolean *changed, GError **error);
/* Returns: (transfer floating): ax, ascending. */
GVariant *floo_contacts_list (FlooDb *db, FlooContactKind kind, GError **error);
gboolean floo_contacts_is_listed (FlooDb *db, FlooContactKind kind, gint64 id, gboolean *listed, GError **error);

/* Appends the ids (gint64) whose details are to be fetched: members of the list and senders in groups without details, or with stale ones. */
gboolean floo_contacts_missing (FlooDb *db, FlooContactKind kind, guint limit, GArray *ids, GError **error);
/* Whether details of this one are to be fetched, listed or not. */
gboolean floo_contacts_is_missing (FlooDb *db, FlooContactKind kind, gint64 id, gboolean *missing, GError **error);
gboolean floo_contacts_mark_stale (FlooDb *db, FlooContactKind kind, gint64 id, GError **error);

/**
 * floo_contacts_get_sender:
 * @name: (out) (transfer full) (nullable): the name to show for the user @id
 * @is_missing: (out): the user was not known; the details will be fetched, as those of the list
 */
gboolean floo_contacts_get_sender (FlooDb *db, gint64 id, char **name, gboolean *is_missing, GError **error);
/* Sets the name in a message of @id, which is shown until details are known. */
gboolean floo_contacts_hint_name (FlooDb *db, gint64 id, const char *name, GError **error);
/* Whether the group hides details of its members from us, and @user is not in our roster. */
gboolean floo_contacts_is_hidden (FlooDb *db, gint64 group, gint64 user, gboolean *hidden, GError **error);

/* Stores details (a decoded record, a{sv}): the given fields replace the stored ones, others are kept. @changed: (out) (optional) */
gboolean floo_contacts_put (FlooDb *db, FlooContactKind kind, gint64 id, GVariant *details, gboolean *changed, GError **error);
/**
 * floo_contacts_put_answer:
 * @asked: floo_contacts_get_moment() when the service was asked
 * @changed: (out) (optional)
 * @outdated: (out): details were merged or marked stale since: they are not changed, and stale
 *
 * Stores an answer of the service, unless the record changed after the request.
 */
gboolean floo_contacts_put_answer (FlooDb *db, FlooContactKind kind, gint64 id, GVariant *details, gint64 asked, gboolean *changed,
                                   gboolean *outdated, GError **error);
/* The present moment, valid in this process only; on any thread. */
gint64 floo_contacts_get_moment (void);
/* Whether an entry was added to the list or removed since @moment. */
gboolean floo_contacts_list_changed_since (FlooDb *db, FlooContactKind kind, gint64 moment);
/* Merges the fields of a notice's content into stored details. */
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
