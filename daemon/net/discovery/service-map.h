/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * service-map.h: a discovery server's answer, validated.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* One cluster; both lists have at least one element. */
typedef struct {
  GPtrArray *rest;    /* of char *: "https://host" */
  GPtrArray *sockets; /* of char *: the whole URL */
} FlooCluster;

typedef struct {
  GPtrArray *clusters; /* of FlooCluster *, at least one */
  GPtrArray *servers;  /* of char *: "https://domain", the discovery servers for the next time; possibly empty */
  JsonNode *json;      /* what it was read from */
} FlooServiceMap;

/**
 * floo_service_map_parse:
 * @data: the answer's data, from the service or from the cache
 *
 * Invalid hosts, and clusters that lack one of the two services, are ignored. Lists are bounded.
 * Errors: FLOO_ERROR_BANNED, FLOO_ERROR_FROZEN, FLOO_ERROR_APP_UNAVAILABLE by app_status, FLOO_ERROR_PROTOCOL where nothing usable is left.
 */
FlooServiceMap *floo_service_map_parse (JsonNode *data, GError **error);
void floo_service_map_free (FlooServiceMap *map);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooServiceMap, floo_service_map_free)

/* Returns: (transfer full): an answer of discovery with only these two: "https://host", maybe with a port, "wss://host" */
JsonNode *floo_service_map_make (const char *rest_url, const char *socket_url);

/* Puts the cluster at @index first; the others keep their order. */
void floo_service_map_prefer (FlooServiceMap *map, guint index);

G_END_DECLS
