/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * news.h: from events to what is told of which conversation, and when.
 */
#pragma once

#include <gio/gio.h>

#include "notify/desk.h"

G_BEGIN_DECLS

typedef struct FlooNews FlooNews;

/* @previews: FALSE leaves texts out */
FlooNews *floo_news_new (GDBusConnection *connection, const char *bus_name, FlooDesk *desk, gboolean previews);
void floo_news_free (FlooNews *news);

/* An event of the journal. */
void floo_news_event (FlooNews *news, const char *name, GVariant *args);
/* Tells what is waiting to be told, now. */
void floo_news_flush (FlooNews *news);
/* Everything up to now was handed over as events. */
void floo_news_caught_up (FlooNews *news);
/* Nothing waits to be told. */
gboolean floo_news_is_told (FlooNews *news);
/* Withdraws everything: it is of another account. */
void floo_news_clear (FlooNews *news);
/* Events were lost: the list of conversations says what is unread. */
void floo_news_load (FlooNews *news, gboolean unread_is_new);

/* The desk's notification was not shown; was closed. */
void floo_news_failed (FlooNews *news, const char *key);
void floo_news_closed (FlooNews *news, const char *key);
/* The user marked it as read, or replied with that text. */
void floo_news_chosen (FlooNews *news, const char *key, const char *reply);

/* What the shown notifications are of, for the next start. */
void floo_news_save (FlooNews *news, GKeyFile *file);
void floo_news_restore (FlooNews *news, GKeyFile *file);

G_END_DECLS
