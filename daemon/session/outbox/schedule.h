/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schedule.h: the messages that wait for a time of their own (not_before).
 *
 * Until then such a row is in nobody's order and holds up nobody. When its time has come it takes its place in the order of its conversation.
 * The time is the service's: what cannot be sent need not become due, so it is looked at only while there is a connection, when that begins, and
 * when the next row's time has come.
 */
#pragma once

#include "session/outbox/sender.h"

G_BEGIN_DECLS

typedef struct _FlooSchedule FlooSchedule;

FlooSchedule *floo_schedule_new (FlooSender *sender);
void floo_schedule_free (FlooSchedule *self);

/* Makes due what is, and sets the timer for the next one. Nothing while offline. */
void floo_schedule_look (FlooSchedule *self);
void floo_schedule_offline (FlooSchedule *self);

G_END_DECLS
