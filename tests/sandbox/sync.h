/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sync.h: the delivery from the inboxes to the devices: NOTICE, UNREAD, SYNC, history.
 */
#pragma once

#include "sandbox.h"

G_BEGIN_DECLS

/**
 * sb_deliver:
 * @message: (transfer full): not added yet
 * @tell: send NOTICE to the devices at once
 *
 * Adds a message or operation to the state and to the inboxes of those whom its `to` concerns, the sender included: a group's
 * members, a pair of users, or oneself.
 *
 * Returns: (transfer none): the message, with its id
 */
SbMessage *sb_deliver (Sandbox *sandbox, SbMessage *message, gboolean tell);

/* Adds a message of the state to one conversation of one user. */
void sb_deliver_to (Sandbox *sandbox, SbMessage *message, SbUser *user, gint64 conversation, gboolean tell);

/* Sends NOTICE of a conversation to the user's devices. @message: (nullable): only to those who want it. */
void sb_sync_notify (Sandbox *sandbox, SbUser *user, gint64 conversation, const SbMessage *message);

/* Sends what a user's connected devices have not been sent yet of a conversation, as SyncDL pages, unasked. */
void sb_sync_push (Sandbox *sandbox, SbUser *user, gint64 conversation);

/* Marks what a user's devices have not received yet of a conversation as received without sending it: as if pushed pages were lost on the way. */
void sb_sync_lose (SbUser *user, gint64 conversation);

/* Pushes one message that is not stored to those connected devices of @user that want it. */
void sb_sync_push_once (Sandbox *sandbox, SbUser *user, gint64 conversation, SbMessage *message);
/* The same to one device only. */
void sb_sync_push_device (Sandbox *sandbox, SbDevice *device, gint64 conversation, SbMessage *message);

/* Answers UNREAD. */
void sb_sync_unread (Sandbox *sandbox, SbDevice *device);

/* Answers SyncUL{xid, key}; @key 0: none. */
void sb_sync_page (Sandbox *sandbox, SbDevice *device, gint64 conversation, gint64 key);

/* Answers SyncUL{xid, key, full_sync_num, is_full_sync}. */
void sb_sync_history (Sandbox *sandbox, SbDevice *device, gint64 conversation, gint64 key, int count);

G_END_DECLS
