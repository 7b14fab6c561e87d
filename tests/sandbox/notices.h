/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notices.h: notices of changes: of the roster, of groups and of users.
 */
#pragma once

#include "sandbox.h"

#include "wire/frame.h"

G_BEGIN_DECLS

/* To @from's devices and @to's, in the system's conversation. @content (nullable). */
void sb_notice_roster (Sandbox *sandbox, Floo__RosterNotice__Type type, gint64 from, gint64 to, const char *content);
/* Only to one of the two. */
void sb_notice_roster_one (Sandbox *sandbox, Floo__RosterNotice__Type type, gint64 from, gint64 to, const char *content,
                           SbUser *receiver);

/* Who gets a group notice, besides @from and those in @to. */
typedef enum { SB_TO_MEMBERS, SB_TO_ADMINS, SB_TO_NAMED } SbAudience;
void sb_notice_group (Sandbox *sandbox, SbGroup *group, Floo__GroupNotice__Type type, gint64 from, const gint64 *to, guint n_to,
                      const char *content, SbAudience audience);

/* To a user's devices; @only (nullable): just this one. */
void sb_notice_user (Sandbox *sandbox, SbUser *user, Floo__UserNotice__Type type, const char *content, SbDevice *only);
/* Pushes it to one connected device at once, and does not store it. */
void sb_notice_push (Sandbox *sandbox, SbDevice *device, Floo__UserNotice__Type type);
/* Notifies a user's other connected devices that @device has connected or disconnected. */
void sb_notice_devices (Sandbox *sandbox, SbDevice *device, Floo__UserNotice__Type type);
/* Sends the reason, and ends the session: connections close, the devices and their tokens are void. @device NULL: all of the user's. */
void sb_notice_kick (Sandbox *sandbox, SbUser *user, SbDevice *device, Floo__UserNotice__Type type);

G_END_DECLS
