/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proxy-url.h: the proxy that the configuration names. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * floo_proxy_set:
 * @url: the proxy for everything from now on, name and password included
 *
 * Before the first session is made. Without it the desktop's settings and the environment decide.
 */
void floo_proxy_set (const char *url);

G_END_DECLS
