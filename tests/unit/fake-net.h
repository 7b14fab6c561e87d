/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake-net.h: doubles of the REST session, the link, discovery and the watch of the network, linked in place of those of daemon/net: they
 * record the requests and answer as the test tells them to. One of each at a time.
 */
#pragma once

#include "net/socket/link.h"
#include "net/rest/rest.h"

/* The oldest request that is not answered, as "POST /token/user {"name":...}" or "GET /user/device/list a=b"; NULL: there is none. */
const char *fake_rest_peek (void);
/* Answers it. @data: JSON of the envelope's data; @cursor: (nullable) */
void fake_rest_answer (const char *data, const char *cursor);
/* Fails it with an envelope's code, or as unreachable where @code is 0. */
void fake_rest_fail (gint64 code, const char *message);
/* Reports that the service refused the token. */
void fake_rest_void_token (FlooRest *rest);

/* Answers to discovery: at once. @error: (transfer full) (nullable): of the next one only */
void fake_endpoints_fail (GError *error);

/* What happens to the link. */
void fake_link_set_state (FlooLink *link, FlooLinkState state);
void fake_link_receive (FlooLink *link, GBytes *frame);
/* Returns: (transfer full) (nullable): the oldest frame that was sent and not taken */
GBytes *fake_link_take_sent (void);
/* (nullable): why the link was dropped last; cleared by reading */
GError *fake_link_take_drop (void);

/* Forgets all of it; requests that are still open end with Cancelled. */
void fake_net_reset (void);
