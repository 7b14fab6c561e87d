/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * file-url.h: which addresses of files may be asked, and which of them get our token.
 *
 * An address comes from the service or, in a message's attachment, from whoever wrote it.
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
 * Takes http and https with a host and without a user. An address of the service's own domains goes to @service. What is on this machine
 * or on its link (loopback, link-local) is refused, unless the service is on this machine, too; so is a redirect from https to http. A
 * host by name is looked at again when its address is known: floo_file_address_is_allowed().
 *
 * Returns: (transfer full): NULL with FLOO_ERROR_PROTOCOL
 */
GUri *floo_file_url_resolve (const char *text, GUri *from, const char *service, gboolean *ours, GError **error);

/* @local: loopback is allowed, since the service is there */
gboolean floo_file_address_is_allowed (GInetAddress *address, gboolean local);
/* Whether the host of @service is loopback. */
gboolean floo_file_service_is_local (const char *service);

/**
 * floo_file_url_with_query:
 * @query: (nullable): key, value, ..., NULL; not escaped; they take the place of what is there under these keys
 *
 * Returns: (transfer full)
 */
GUri *floo_file_url_with_query (GUri *uri, const char *const *query);

G_END_DECLS
