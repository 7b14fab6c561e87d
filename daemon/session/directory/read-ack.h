/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * read-ack.h: groups whose members acknowledge reading, and who these are.
 */
#pragma once

#include "session/directory/directory.h"

G_BEGIN_DECLS

/* @directory, @operations: outlive it */
FlooReadAck *floo_read_ack_new (FlooAccount *account, FlooDirectory *directory, FlooOperations *operations);
void floo_read_ack_free (FlooReadAck *self);
void floo_read_ack_offline (FlooReadAck *self);
/* Fetches what is missing, step by step, while online. */
void floo_read_ack_run (FlooReadAck *self);
/* The place of a message among those to its group that are not in the outbox yet. */
typedef struct _FlooReadAckPlace FlooReadAckPlace;
/**
 * floo_read_ack_begin:
 * @resume: see below
 * @place: (out) (nullable): owned by @self
 *
 * A message to @group was accepted. Messages to a group go on in the order of these calls.
 *
 * Returns: TRUE: it goes on now; where @place is given, floo_read_ack_end() says what became of it. FALSE: another one waits for the members
 *   of the group, so this one has to wait, too: @resume is called once, when the members are known, or cannot be had, or some seconds have
 *   gone by; @place is void
 */
gboolean floo_read_ack_begin (FlooReadAck *self, gint64 group, GSourceOnceFunc resume, gpointer data, FlooReadAckPlace **place);
/* @place is given up. @missing: the message needs the members of its group: they are fetched at once, and resume is called as above, maybe
 * before this returns. Else it is in the outbox, or failed. */
void floo_read_ack_end (FlooReadAck *self, FlooReadAckPlace *place, gboolean missing);
/**
 * floo_read_ack_add_members:
 * @config: (nullable): of a message to @group
 * @merged: (out) (transfer full) (nullable): the config with groupMemberList; NULL: it stays as it is
 * @missing: (out) (nullable): the members belong into it and are not known yet
 *
 * Store thread.
 */
gboolean floo_read_ack_add_members (FlooDb *db, gint64 group, const char *config, char **merged, gboolean *missing, GError **error);

G_END_DECLS
