/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cors.h: pages in a browser may use the sandbox when they are themselves from this machine.
 */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* The value of Access-Control-Allow-Origin for a request: its Origin where that is on loopback, else NULL. */
const char *sb_cors_origin (SoupServerMessage *msg);
/* Adds the headers to the future answer; TRUE: it was a preflight request (OPTIONS), and is answered. */
gboolean sb_cors_begin (SoupServerMessage *msg);

G_END_DECLS
