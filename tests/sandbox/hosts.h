/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hosts.h: the hosts that discovery names, some of which may be dead.
 */
#pragma once

#include "sandbox.h"

G_BEGIN_DECLS

typedef enum { SB_RATEL, SB_WEBIM, SB_CLUSTERS, SB_N_HOST_LISTS } SbHostList;

SbHosts *sb_hosts_new (void);
void sb_hosts_free (SbHosts *hosts);
/* Returns: (transfer none): of char *, "HOST:PORT" of one that is dead, or NULL for the sandbox itself; empty: the sandbox alone */
GPtrArray *sb_hosts_list (SbHosts *hosts, SbHostList list);

G_END_DECLS
