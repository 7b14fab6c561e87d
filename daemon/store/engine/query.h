/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * query.h: the named statements (statements.h), prepared once per connection. Private to the store.
 *
 * A query is taken, bound, stepped and given back (g_autoptr does so). One that is taken again while it is in use, as by a callback,
 * is prepared a second time. Taking returns NULL where the statement cannot be prepared: NULL can be bound (which does nothing) and
 * stepped (which is FALSE, and leaves the error that taking has set).
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

typedef struct _FlooQuery FlooQuery;

FlooQuery *floo_query_take (FlooDb *db, const char *name, GError **error);
void floo_query_give_back (FlooQuery *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooQuery, floo_query_give_back)
/* The connection's cache of prepared statements. */
GHashTable *floo_query_table_new (void);

/* @at counts from 1, like ?1. Texts and blobs are borrowed until the query is given back; NULL and "" are SQL's NULL. */
void floo_query_bind_int (FlooQuery *query, int at, gint64 value);
void floo_query_bind_text (FlooQuery *query, int at, const char *text);
/* The empty text itself. */
void floo_query_bind_empty (FlooQuery *query, int at);
void floo_query_bind_blob (FlooQuery *query, int at, gconstpointer data, gsize size);

/* @row: (out): FALSE after the last one */
gboolean floo_query_next (FlooQuery *query, gboolean *row, GError **error);
/* For statements without rows. */
gboolean floo_query_run (FlooQuery *query, GError **error);

/* @at counts from 0. A text or blob is valid until the next step; SQL's NULL is 0 or NULL, as is a text that is no UTF-8: only
 * valid ones are written, but a disk may flip a bit (what is read from a damaged file must be checked). */
gint64 floo_query_int (FlooQuery *query, int at);
const char *floo_query_text (FlooQuery *query, int at);
gconstpointer floo_query_blob (FlooQuery *query, int at, gsize *size);
gboolean floo_query_is_null (FlooQuery *query, int at);
/* SQLITE_INTEGER, SQLITE_TEXT, ... as it is stored; before it is read as another type. */
int floo_query_get_type (FlooQuery *query, int at);
guint floo_query_get_n_columns (FlooQuery *query);

/* Statements whose inputs are all integers. */
#define FLOO_INTS(...) ((const gint64[]){ __VA_ARGS__ }), (sizeof ((const gint64[]){ __VA_ARGS__ }) / sizeof (gint64))
FlooQuery *floo_query_take_ints (FlooDb *db, const char *name, const gint64 *ints, gsize n, GError **error);
/* @changed: (out) (optional): rows changed */
gboolean floo_query_run_ints (FlooDb *db, const char *name, const gint64 *ints, gsize n, guint *changed, GError **error);
/* The first column of the first row where ?1 is @key; @value: (out) (transfer full) (nullable): NULL where there is none. */
gboolean floo_query_get_text (FlooDb *db, const char *name, const char *key, char **value, GError **error);
/* The first column of the first row; @found: (out) (optional): whether there was one, @value is 0 without. */
gboolean floo_query_get_int (FlooDb *db, const char *name, const gint64 *ints, gsize n, gint64 *value, gboolean *found, GError **error);
/* The same as a number that is not negative; 0 without a row. */
gboolean floo_query_get_uint (FlooDb *db, const char *name, const gint64 *ints, gsize n, guint *value, GError **error);
/* The same as a truth value; FALSE without a row. */
gboolean floo_query_get_bool (FlooDb *db, const char *name, const gint64 *ints, gsize n, gboolean *value, GError **error);
/* @found: (out): whether there is a row */
gboolean floo_query_find (FlooDb *db, const char *name, const gint64 *ints, gsize n, gboolean *found, GError **error);
/* Appends the first column of each row to @values (gint64). */
gboolean floo_query_collect (FlooDb *db, const char *name, const gint64 *ints, gsize n, GArray *values, GError **error);

G_END_DECLS
