/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http/envelope.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/refusal.h"
#include "net/http/proxy.h"

#define CODE_OK 200
#define CODE_TOKEN_VOID 402
#define CODE_TOKEN_VOID_TOO 10008
/* Bytes in memory for each byte of JSON text with many small values. */
#define VALUE_RATIO 20
/* Characters of the service's message that are passed on. */
#define MAX_MESSAGE 500

static void
free_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  FlooRestAnswer *answer = task_data;

  json_node_unref (answer->data);
  floo_memory_note (answer->bytes);
  g_free (answer);
  g_task_return_boolean (task, TRUE);
}

void
floo_rest_answer_free (FlooRestAnswer *answer)
{
  if (answer == NULL)
    return;
  g_free (answer->cursor);
  if (answer->large && answer->data != NULL)
    {
      g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

      g_task_set_source_tag (task, floo_rest_answer_free);
      g_task_set_task_data (task, answer, NULL);
      g_task_run_in_thread (task, free_thread);
      return;
    }
  g_clear_pointer (&answer->data, json_node_unref);
  floo_memory_note (answer->bytes);
  g_free (answer);
}

gboolean
floo_http_status_is_success (guint status)
{
  return status >= 200 && status < 300;
}

/* The service's text as one line of limited length. */
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

  return floo_error_new_refusal (floo_refusal_get_error (code, text), code, text != NULL && *text != '\0' ? text : "no reason given");
}

gboolean
floo_rest_error_is_token_void (const GError *error)
{
  gint64 code = floo_error_get_service_code (error);

  return code == CODE_TOKEN_VOID || code == CODE_TOKEN_VOID_TOO;
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
  answer->bytes = len * VALUE_RATIO;
  data = json_object_get_member (object, "data");
  /* A copy shares the value, and has no pointer to the parent, which is freed. */
  answer->data = data != NULL ? json_node_copy (data) : json_node_new (JSON_NODE_NULL);
  cursor = floo_json_get_string (object, "cursor");
  answer->cursor = g_strdup (cursor != NULL ? cursor : "");
  answer->total = -1;
  floo_json_get_int (object, "version", &answer->version);
  floo_json_get_int (object, "total", &answer->total);
  return g_steal_pointer (&answer);
}
