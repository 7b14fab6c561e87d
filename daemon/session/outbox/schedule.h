/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schedule.h: scheduled messages, which wait for a time (not_before).
 *
 * Until then such a row has no place in the order and delays no other row. At its time it takes its place in the order of its conversation.
 * The time is the service's. Rows that cannot be sent need not become due, so they are checked only while there is a connection: when that
 * begins, and at the next row's time.
 */
#pragma once

#include "session/outbox/sender.h"

G_BEGIN_DECLS

typedef struct _FlooSchedule FlooSchedule;

FlooSchedule *floo_schedule_new (FlooSender *sender);
void floo_schedule_free (FlooSchedule *self);

/* Marks rows as due, and sets the timer for the next one. Does nothing while offline. */
void floo_schedule_look (FlooSchedule *self);
void floo_schedule_offline (FlooSchedule *self);

G_END_DECLS
