/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cors.h"

#include <string.h>

static gboolean
is_loopback (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  return strcmp (host, "localhost") == 0 || g_str_has_suffix (host, ".localhost")
         || (address != NULL && g_inet_address_get_is_loopback (address));
}

const char *
sb_cors_origin (SoupServerMessage *msg)
{
  const char *origin = soup_message_headers_get_one (soup_server_message_get_request_headers (msg), "Origin");
  g_autoptr (GUri) uri = origin == NULL ? NULL : g_uri_parse (origin, G_URI_FLAGS_NONE, NULL);

  return uri != NULL && g_uri_get_host (uri) != NULL && is_loopback (g_uri_get_host (uri)) ? origin : NULL;
}

gboolean
sb_cors_begin (SoupServerMessage *msg)
{
  SoupMessageHeaders *request = soup_server_message_get_request_headers (msg);
  SoupMessageHeaders *response = soup_server_message_get_response_headers (msg);
  const char *origin = sb_cors_origin (msg);
  const char *headers = soup_message_headers_get_list (request, "Access-Control-Request-Headers");

  soup_message_headers_append (response, "Vary", "Origin");
  if (origin != NULL)
    {
      soup_message_headers_replace (response, "Access-Control-Allow-Origin", origin);
      soup_message_headers_replace (response, "Access-Control-Allow-Credentials", "true");
      soup_message_headers_replace (response, "Access-Control-Expose-Headers", "Content-Length, Content-Range, ETag");
    }
  if (strcmp (soup_server_message_get_method (msg), "OPTIONS") != 0)
    return FALSE;
  if (origin != NULL)
    {
      soup_message_headers_replace (response, "Access-Control-Allow-Methods", "GET, POST, PUT, OPTIONS");
      soup_message_headers_replace (response, "Access-Control-Allow-Private-Network", "true");
      if (headers != NULL)
        soup_message_headers_replace (response, "Access-Control-Allow-Headers", headers);
    }
  soup_server_message_set_status (msg, SOUP_STATUS_NO_CONTENT, NULL);
  return TRUE;
}
