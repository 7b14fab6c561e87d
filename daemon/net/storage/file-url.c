/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/storage/file-url.h"

#include <string.h>

#include "base/error.h"
#include "net/http/tls.h"

#define MAX_URL 8192
#define FLAGS (G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE)

/* The service's own domains: their addresses are redirected to the service's present host. */
static const char *const own_domains[] = { "maximtop.com.cn", "maximtop.cn" };

static gboolean
is_own_domain (const char *host)
{
  for (guint i = 0; i < G_N_ELEMENTS (own_domains); i++)
    {
      gsize len = strlen (host), own = strlen (own_domains[i]);

      if (len >= own && g_ascii_strcasecmp (host + len - own, own_domains[i]) == 0 && (len == own || host[len - own - 1] == '.'))
        return TRUE;
    }
  return FALSE;
}

/* ---- networks ---- */

typedef struct {
  GSocketFamily family;
  guint8 bytes[16];
  guint bits;
  guint inner; /* offset of an embedded IPv4 address, which is checked instead; 0: there is none */
} Network;

/* 198.18/15, for tests of networks, is not listed: proxies on the user's own machine assign its addresses to names. */
static const Network networks[] = {
  { G_SOCKET_FAMILY_IPV4, { 0 }, 8, 0 },                         /* this machine, on Linux */
  { G_SOCKET_FAMILY_IPV4, { 10 }, 8, 0 },
  { G_SOCKET_FAMILY_IPV4, { 100, 64 }, 10, 0 },                  /* carriers' and clouds' own; one cloud's metadata is there */
  { G_SOCKET_FAMILY_IPV4, { 127 }, 8, 0 },
  { G_SOCKET_FAMILY_IPV4, { 169, 254 }, 16, 0 },
  { G_SOCKET_FAMILY_IPV4, { 172, 16 }, 12, 0 },
  { G_SOCKET_FAMILY_IPV4, { 192, 0, 0 }, 24, 0 },
  { G_SOCKET_FAMILY_IPV4, { 192, 168 }, 16, 0 },
  { G_SOCKET_FAMILY_IPV4, { 224 }, 3, 0 },                       /* multicast, reserved, broadcast */
  { G_SOCKET_FAMILY_IPV6, { [10] = 0xff, [11] = 0xff }, 96, 12 },
  { G_SOCKET_FAMILY_IPV6, { 0x00, 0x64, 0xff, 0x9b }, 96, 12 },  /* NAT64 */
  { G_SOCKET_FAMILY_IPV6, { 0x20, 0x02 }, 16, 2 },               /* 6to4 */
  { G_SOCKET_FAMILY_IPV6, { 0 }, 96, 0 },                        /* unspecified, loopback */
  { G_SOCKET_FAMILY_IPV6, { 0x00, 0x64, 0xff, 0x9b, 0, 1 }, 48, 0 },
  { G_SOCKET_FAMILY_IPV6, { 0xfc }, 7, 0 },                      /* unique local */
  { G_SOCKET_FAMILY_IPV6, { 0xfe, 0x80 }, 10, 0 },               /* link-local */
  { G_SOCKET_FAMILY_IPV6, { 0xfe, 0xc0 }, 10, 0 },               /* site-local */
  { G_SOCKET_FAMILY_IPV6, { 0xff }, 8, 0 },
};

static gboolean
is_within (const guint8 *bytes, const Network *network)
{
  guint whole = network->bits / 8, rest = network->bits % 8;

  return memcmp (bytes, network->bytes, whole) == 0
         && (rest == 0 || ((bytes[whole] ^ network->bytes[whole]) & (0xff00u >> rest) & 0xff) == 0);
}

gboolean
floo_file_address_is_public (GInetAddress *address)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);

  for (guint i = 0; i < G_N_ELEMENTS (networks); i++)
    if (networks[i].family == g_inet_address_get_family (address) && is_within (bytes, &networks[i]))
      {
        g_autoptr (GInetAddress) inner
            = networks[i].inner != 0 ? g_inet_address_new_from_bytes (bytes + networks[i].inner, G_SOCKET_FAMILY_IPV4) : NULL;

        return inner != NULL && floo_file_address_is_public (inner);
      }
  return TRUE;
}

static gboolean
is_local_name (const char *host)
{
  g_autofree char *lower = g_ascii_strdown (host, -1);

  if (g_str_has_suffix (lower, "."))
    lower[strlen (lower) - 1] = '\0';
  return strcmp (lower, "localhost") == 0 || g_str_has_suffix (lower, ".localhost");
}

gboolean
floo_file_host_is_public (const char *host)
{
  g_autofree char *bare = g_strndup (host, strcspn (host, "%")); /* without an IPv6 zone */
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (bare);

  return address != NULL ? floo_file_address_is_public (address) : !is_local_name (host);
}

/* ---- addresses ---- */

static int
port_of (GUri *uri)
{
  int port = g_uri_get_port (uri);

  return port > 0 ? port : floo_tls_is_scheme (g_uri_get_scheme (uri)) ? 443 : 80;
}

static gboolean
same_origin (GUri *a, GUri *b)
{
  return strcmp (g_uri_get_scheme (a), g_uri_get_scheme (b)) == 0 && g_ascii_strcasecmp (g_uri_get_host (a), g_uri_get_host (b)) == 0
         && port_of (a) == port_of (b);
}

static GUri *
refuse (GError **error, const char *why)
{
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the file's address cannot be used: %s", why);
  return NULL;
}

/* Parses an address and checks its form. */
static GUri *
parse (const char *text, GUri *from, GError **error)
{
  g_autoptr (GUri) uri = NULL;
  const char *scheme;

  if (strlen (text) > MAX_URL)
    return refuse (error, "it is too long");
  for (const char *p = text; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p) || *p == ' ' || *p == '\\')
      return refuse (error, "it has invalid characters");
  uri = from != NULL ? g_uri_parse_relative (from, text, FLAGS, NULL) : g_uri_parse (text, FLAGS, NULL);
  if (uri == NULL)
    return refuse (error, "it is not a valid URL");
  scheme = g_uri_get_scheme (uri);
  if (strcmp (scheme, "http") != 0 && strcmp (scheme, "https") != 0)
    return refuse (error, "it is neither http nor https");
  if (g_uri_get_userinfo (uri) != NULL)
    return refuse (error, "it names a user");
  if (g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    return refuse (error, "it has no host");
  return g_steal_pointer (&uri);
}

static GUri *
move (GUri *uri, GUri *to)
{
  return g_uri_build (FLAGS, g_uri_get_scheme (to), NULL, g_uri_get_host (to), g_uri_get_port (to), g_uri_get_path (uri),
                      g_uri_get_query (uri), NULL);
}

GUri *
floo_file_url_resolve (const char *text, GUri *from, const char *service, gboolean *ours, GError **error)
{
  g_autoptr (GUri) base = NULL;
  g_autoptr (GUri) uri = NULL;

  g_return_val_if_fail (text != NULL && service != NULL && ours != NULL, NULL);

  base = g_uri_parse (service, FLAGS, NULL);
  if (base == NULL || g_uri_get_host (base) == NULL)
    return refuse (error, "it is not known where the service is");
  uri = parse (text, from, error);
  if (uri == NULL)
    return NULL;
  if (is_own_domain (g_uri_get_host (uri)) && !same_origin (uri, base))
    {
      GUri *moved = move (uri, base);

      g_uri_unref (uri);
      uri = moved;
    }
  *ours = same_origin (uri, base);
  if (!*ours && from != NULL && floo_tls_is_scheme (g_uri_get_scheme (from)) && !floo_tls_is_scheme (g_uri_get_scheme (uri)))
    return refuse (error, "it leads from https to http");
  return g_steal_pointer (&uri);
}

static gboolean
has_key (const char *const *query, const char *pair)
{
  gsize len = strcspn (pair, "=");
  g_autofree char *key = g_uri_unescape_segment (pair, pair + len, NULL);

  for (guint i = 0; key != NULL && query[i] != NULL; i += 2)
    if (strcmp (query[i], key) == 0)
      return TRUE;
  return FALSE;
}

GUri *
floo_file_url_with_query (GUri *uri, const char *const *query)
{
  const char *present = g_uri_get_query (uri);
  g_auto (GStrv) pairs = g_strsplit (present != NULL ? present : "", "&", -1);
  g_autoptr (GString) text = g_string_new (NULL);

  if (query == NULL)
    return g_uri_ref (uri);
  for (guint i = 0; pairs[i] != NULL; i++)
    if (*pairs[i] != '\0' && !has_key (query, pairs[i]))
      g_string_append_printf (text, "%s%s", text->len > 0 ? "&" : "", pairs[i]);
  for (guint i = 0; query[i] != NULL; i += 2)
    {
      g_autofree char *value = g_uri_escape_string (query[i + 1], NULL, FALSE);

      g_string_append_printf (text, "%s%s=%s", text->len > 0 ? "&" : "", query[i], value);
    }
  return g_uri_build (FLAGS, g_uri_get_scheme (uri), NULL, g_uri_get_host (uri), g_uri_get_port (uri), g_uri_get_path (uri),
                      text->len > 0 ? text->str : NULL, NULL);
}
