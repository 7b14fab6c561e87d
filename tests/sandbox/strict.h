/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * strict.h: the form of what clients send. The service is only known to accept the bytes that the public SDK writes, explicit zeros included;
 * everything else is a violation in the trace.
 */
#pragma once

#include "sandbox.h"

#include "wire/frame.h"

G_BEGIN_DECLS

/* The frame's own bytes: fields in ascending order, nothing unknown, nothing left out. @user 0: not known yet. */
void sb_strict_frame (Sandbox *sandbox, gint64 user, GBytes *bytes, const FlooFrame *frame);
/* PROVISION's fields. */
void sb_strict_provision (Sandbox *sandbox, const Floo__Provision *provision);
/* A SYNC that fetches. */
void sb_strict_fetch (Sandbox *sandbox, SbDevice *device, const Floo__SyncUL *ul);
/* A SYNC that sends. @body: ns MESSAGE; @conversation: ns CONVERSATION; the other is NULL. */
void sb_strict_meta (Sandbox *sandbox, const SbDevice *device, const Floo__Meta *meta, const Floo__MessageBody *body,
                     const Floo__Conversation *conversation);

G_END_DECLS
