/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * operations.h: methods of the bus that are one request of the service's REST each (table.h).
 */
#pragma once

#include "base/error.h"
#include "session/account/account.h"

G_BEGIN_DECLS

typedef struct _FlooOperations FlooOperations;

/* Called on the main loop. */
typedef struct {
  /* Details in the store are missing or stale. */
  void (*contacts_stale) (gpointer data);
} FlooOperationsListener;

/* @listener: static */
FlooOperations *floo_operations_new (FlooAccount *account, const FlooOperationsListener *listener, gpointer data);
void floo_operations_free (FlooOperations *self);

/**
 * floo_operations_call:
 * @interface: of the bus, as in "im.floo.Daemon1.Roster"
 * @args: the method's in arguments, a tuple; options are checked already
 *
 * A method of the table of operations; it must be one.
 */
void floo_operations_call (FlooOperations *self, const char *interface, const char *method, GVariant *args, FlooReply reply,
                           gpointer user_data);

/**
 * floo_operations_list_members:
 * @cursor: (nullable): of the page before; NULL the first page
 *
 * A page of a group's members, from the store or the service: (aa{sv}s), the members and the cursor of the next page.
 */
void floo_operations_list_members (FlooOperations *self, gint64 group, const char *cursor, guint limit, FlooReply reply, gpointer user_data);

/* gint64: conversations that are kept although a call under way (Destroy, Leave) ends their group or membership. */
const GArray *floo_operations_get_keeping (const FlooOperations *self);
/* gint64: conversations that are deleted with a call under way (Destroy, Leave, Remove), by the id of their group or user. */
const GArray *floo_operations_get_removing (const FlooOperations *self);

G_END_DECLS
