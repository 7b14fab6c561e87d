/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * file-url.h: which addresses of files may be asked, and which of them get our token.
 *
 * An address comes from the service or, in a message's attachment, from its sender.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * floo_file_url_resolve:
 * @text: as it came
 * @from: (nullable): the address that redirected to it; it may be relative then
 * @service: base of the REST service now
 * @ours: (out): it is at the service itself: the token goes with it
 *
 * Takes http and https with a host and without a user. An address of the service's own domains goes to @service. A redirect from https to
 * http is refused. Where it leads to is not looked at: floo_file_host_is_public(), floo_file_address_is_public().
 *
 * Returns: (transfer full): NULL with FLOO_ERROR_PROTOCOL
 */
GUri *floo_file_url_resolve (const char *text, GUri *from, const char *service, gboolean *ours, GError **error);

/**
 * floo_file_address_is_public:
 *
 * FALSE for what only this machine or its neighbours reach, and a stranger must not make us ask: this machine, its links, private networks
 * (RFC 1918, RFC 6598, ULA), multicast, what is reserved, and all of these within an IPv6 address that stands for an IPv4 one.
 */
gboolean floo_file_address_is_public (GInetAddress *address);
/* The same of a host as it is written; a name is public unless it is one of this machine, and its addresses are yet to be looked at. */
gboolean floo_file_host_is_public (const char *host);

/**
 * floo_file_url_with_query:
 * @query: (nullable): key, value, ..., NULL; not escaped; they take the place of what is there under these keys
 *
 * Returns: (transfer full)
 */
GUri *floo_file_url_with_query (GUri *uri, const char *const *query);

G_END_DECLS
