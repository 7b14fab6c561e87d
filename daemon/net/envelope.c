/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/envelope.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/proxy.h"

#define CODE_OK 200
/* Bytes in memory for each byte of JSON text with many small values. */
#define VALUE_RATIO 20
/* Characters of the service's message that are passed on. */
#define MAX_MESSAGE 500

/* The service's codes (its own, and those that it takes over from HTTP); what is not here is Rejected. */
static const struct {
  gint64 first;
  gint64 last;
  FlooError code;
} known[] = {
  { 400, 400, FLOO_ERROR_INVALID_ARGUMENTS },
  { 402, 402, FLOO_ERROR_NOT_LOGGED_IN },
  { 403, 403, FLOO_ERROR_PERMISSION_DENIED },
  { 404, 404, FLOO_ERROR_NOT_FOUND },
  { 429, 429, FLOO_ERROR_RATE_LIMITED },
  { 10000, 10000, FLOO_ERROR_NOT_FOUND },
  { 10001, 10001, FLOO_ERROR_LOGIN_FAILED },
  { 10002, 10002, FLOO_ERROR_INVALID_ARGUMENTS },
  { 10006, 10006, FLOO_ERROR_PERMISSION_DENIED },     /* in the block list */
  { 10007, 10007, FLOO_ERROR_NOT_FOUND },             /* no such application */
  { 10010, 10010, FLOO_ERROR_PERMISSION_DENIED },
  { 10012, 10012, FLOO_ERROR_PERMISSION_DENIED },     /* takes no applications */
  { 10028, 10028, FLOO_ERROR_RATE_LIMITED },
  { 11001, 11001, FLOO_ERROR_LOGIN_FAILED },
  { 11014, 11014, FLOO_ERROR_LOGIN_FAILED },
  { 20001, 20002, FLOO_ERROR_NOT_FOUND },             /* no such group, no such member */
  { 20003, 20003, FLOO_ERROR_INVALID_ARGUMENTS },     /* bad push mode */
  { 20004, 20004, FLOO_ERROR_PERMISSION_DENIED },     /* an owner cannot leave */
  { 20005, 20005, FLOO_ERROR_INVALID_ARGUMENTS },     /* transfer to one who is no member */
  { 20011, 20013, FLOO_ERROR_PERMISSION_DENIED },     /* needs a member, an admin, the owner */
  { 20014, 20015, FLOO_ERROR_NOT_FOUND },             /* application, invitation expired or decided */
  { 20018, 20018, FLOO_ERROR_PERMISSION_DENIED },     /* blocked by the group */
  { 20020, 20020, FLOO_ERROR_NOT_FOUND },             /* announcement missing, */
  { 20021, 20021, FLOO_ERROR_PERMISSION_DENIED },     /* forbidden */
  { 20022, 20022, FLOO_ERROR_NOT_FOUND },             /* file missing, */
  { 20023, 20023, FLOO_ERROR_PERMISSION_DENIED },     /* not allowed */
  { 20024, 20025, FLOO_ERROR_NOT_FOUND },             /* QR code invalid, expired */
  { 30021, 30023, FLOO_ERROR_APP_UNAVAILABLE },
  { 40000, 40000, FLOO_ERROR_NOT_FOUND },
  { 40001, 40003, FLOO_ERROR_APP_UNAVAILABLE },
  { 99997, 99998, FLOO_ERROR_NOT_FOUND },
};

static void
free_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  json_node_unref (task_data);
  g_task_return_boolean (task, TRUE);
}

void
floo_rest_answer_free (FlooRestAnswer *answer)
{
  if (answer == NULL)
    return;
  if (answer->large)
    {
      g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

      g_task_set_source_tag (task, floo_rest_answer_free);
      g_task_set_task_data (task, g_steal_pointer (&answer->data), NULL);
      g_task_run_in_thread (task, free_thread);
    }
  g_clear_pointer (&answer->data, json_node_unref);
  g_free (answer->cursor);
  g_free (answer);
}

gboolean
floo_http_status_is_success (guint status)
{
  return status >= 200 && status < 300;
}

/* One line of a sensible length, whatever the service wrote. */
static char *
tidy (const char *message)
{
  g_autofree char *valid = g_utf8_make_valid (message, -1);
  char *text = g_utf8_strlen (valid, -1) > MAX_MESSAGE ? g_utf8_substring (valid, 0, MAX_MESSAGE) : g_steal_pointer (&valid);

  for (char *p = text; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p))
      *p = ' ';
  return g_strstrip (text);
}

GError *
floo_rest_error (gint64 code, const char *message)
{
  g_autofree char *text = message != NULL ? tidy (message) : NULL;
  FlooError found = FLOO_ERROR_REJECTED;

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (code >= known[i].first && code <= known[i].last)
      found = known[i].code;
  return g_error_new (FLOO_ERROR, found, "%" G_GINT64_FORMAT ": %s", code, text != NULL && *text != '\0' ? text : "no reason given");
}

gint64
floo_rest_error_get_code (const GError *error)
{
  char *end;
  gint64 code;

  g_return_val_if_fail (error != NULL, 0);

  if (error->domain != FLOO_ERROR || (!g_ascii_isdigit (*error->message) && *error->message != '-'))
    return 0;
  code = g_ascii_strtoll (error->message, &end, 10);
  return end != error->message && g_str_has_prefix (end, ": ") ? code : 0;
}

FlooRestAnswer *
floo_envelope_open (GBytes *body, guint status, GError **error)
{
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) bad = NULL;
  g_autoptr (FlooRestAnswer) answer = NULL;
  const char *cursor;
  JsonObject *object;
  JsonNode *data;
  gsize len;
  const char *text = g_bytes_get_data (body, &len);
  gint64 code;

  floo_memory_note (len * VALUE_RATIO);
  if (status == FLOO_PROXY_STATUS)
    {
      g_propagate_error (error, floo_proxy_error ());
      return NULL;
    }
  if (!floo_http_status_is_success (status))
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the service answered with HTTP %u", status);
      return NULL;
    }
  root = floo_json_parse (text != NULL ? text : "", len, &bad);
  object = root != NULL ? floo_json_node_object (root) : NULL;
  if (object == NULL || !floo_json_get_int (object, "code", &code))
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "HTTP %u, but no answer of the service: %s", status,
                   bad != NULL ? bad->message : "not a JSON object with a code");
      return NULL;
    }
  if (code != CODE_OK)
    {
      g_propagate_error (error, floo_rest_error (code, floo_json_get_string (object, "message")));
      return NULL;
    }
  answer = g_new0 (FlooRestAnswer, 1);
  data = json_object_get_member (object, "data");
  /* A copy shares what it holds, and does not point to a parent that goes. */
  answer->data = data != NULL ? json_node_copy (data) : json_node_new (JSON_NODE_NULL);
  cursor = floo_json_get_string (object, "cursor");
  answer->cursor = g_strdup (cursor != NULL ? cursor : "");
  answer->total = -1;
  floo_json_get_int (object, "version", &answer->version);
  floo_json_get_int (object, "total", &answer->total);
  return g_steal_pointer (&answer);
}
