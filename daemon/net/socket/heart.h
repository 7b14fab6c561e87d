/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heart.h: the client's heartbeat of Engine.IO v3.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _FlooHeart FlooHeart;
typedef void (*FlooHeartFunc) (gpointer user_data);
typedef void (*FlooHeartLateFunc) (gboolean late, gpointer user_data);

/**
 * floo_heart_new:
 * @interval_ms: from one beat to the next; the first beat comes after as much
 * @timeout_ms: how long an answer may take
 * @beat: sends the ping
 * @dead: there was no answer; told once, the last; may free the heart
 *
 * On a slow connection an answer can be queued behind a large page, so all incoming data counts as a sign of life, bytes of transfers, too,
 * but for at most both times together.
 */
FlooHeart *floo_heart_new (guint interval_ms, guint timeout_ms, FlooHeartFunc beat, FlooHeartFunc dead, gpointer user_data);
void floo_heart_free (FlooHeart *heart);

/* @late: called with TRUE when an answer is late, and with FALSE when it arrived or is not awaited any more */
void floo_heart_set_late (FlooHeart *heart, FlooHeartLateFunc late);
/* Beats at once, unless a beat waits for its answer. */
void floo_heart_beat (FlooHeart *heart);
/* The answer came. */
void floo_heart_answered (FlooHeart *heart);
/* Anything came. */
void floo_heart_heard (FlooHeart *heart);

G_END_DECLS
