/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * names.h: names of users and groups instead of ids, both ways.
 */
#pragma once

#include "cli/cli.h"

G_BEGIN_DECLS

typedef enum
{
  FLOO_NAMES_USERS = 1,
  FLOO_NAMES_GROUPS = 2,
  FLOO_NAMES_ALL = 3
} FlooNameKinds;

typedef struct
{
  gint64 id;
  gboolean is_group;
} FlooTarget;

/**
 * floo_names_resolve:
 * @text: an id; an alias, nick name, user name or group's name, or the beginning of just one; "user:", "group:" or "id:" before it.
 *    "user:NAME" that is no contact is asked of the service. Where the command
 *    is about a group (FlooCli.group) its members can be named as well
 * @kinds: what it may be
 *
 * FALSE: nothing (NotFound) or several (Ambiguous) fit.
 */
gboolean floo_names_resolve (FlooCli *cli, const char *text, FlooNameKinds kinds, FlooTarget *target, GError **error);

/* What to show for an id: (nullable) where it was not fetched. */
const char *floo_names_lookup (FlooCli *cli, gint64 id);
/* Gets the names of these users, or groups, where they are not known yet, in as few calls as possible. Errors are ignored: ids are
 * shown then. */
void floo_names_fetch (FlooCli *cli, FlooNameKinds kind, const gint64 *ids, gsize n);

typedef void (*FlooPageFunc) (FlooCli *cli, GVariant *records, gpointer data);
/* Gets the details of these groups, or users (ax), as many at once as a call takes, and calls @func with the records (aa{sv}) of each call. */
gboolean floo_names_each_page (FlooCli *cli, gboolean groups, GVariant *ids, FlooPageFunc func, gpointer data, GError **error);

/**
 * floo_names_list:
 *
 * Returns: (transfer full): all names of contacts and groups, for completion
 */
GPtrArray *floo_names_list (FlooCli *cli, FlooNameKinds kinds);

G_END_DECLS
