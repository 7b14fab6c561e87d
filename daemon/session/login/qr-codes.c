/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qr-codes.c: QR codes for a logged-in user: another device's login is confirmed by its code, and groups have codes to join by.
 */
#include "session/login/parts.h"

#include <string.h>

#include "base/json.h"
#include "base/names.h"
#include "session/job/call.h"

#define CODE_NOT_FOUND 404

/* ---- what is in a code ---- */

/* Returns: (transfer full): the member "info" of the text of a code for @action; NULL with FLOO_ERROR_INVALID_ARGUMENTS */
static JsonObject *
parse_text (const char *text, const char *action, GError **error)
{
  g_autoptr (JsonNode) root = floo_json_parse (text, strlen (text), NULL);
  JsonObject *object = root != NULL ? floo_json_node_object (root) : NULL;
  JsonObject *info = floo_json_get_object (object, "info");

  if (info != NULL && g_strcmp0 (floo_json_get_string (object, "action"), action) == 0)
    return json_object_ref (info);
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "text is not what a code for \"%s\" says", action);
  return NULL;
}

/* ---- confirming ---- */

static void
on_confirmed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FlooCall *call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer G_GNUC_UNUSED = floo_rest_call_finish (FLOO_REST (source), result, &error);

  call->reply (NULL, error, call->user_data);
  floo_call_free (call);
}

void
floo_qr_codes_confirm_login (FlooAccount *account, const char *text, gboolean allow, FlooReply reply, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) info = parse_text (text, "login", &error);
  const char *code = floo_json_get_string (info, "qrcode"), *app_id = floo_json_get_string (info, "app_id");
  const char *query[] = { "allow", allow ? "1" : "0", "qr_code", code, NULL };

  if (app_id == NULL)
    app_id = floo_json_get_string (info, "qrcode_app_id");
  if (info == NULL)
    reply (NULL, error, user_data);
  else if (code == NULL || *code == '\0')
    floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "text contains no code");
  else if (app_id != NULL && strcmp (app_id, floo_account_get_app_id (account)) != 0)
    floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "The code is of another application");
  else if (floo_call_check_online (account, reply, user_data))
    floo_rest_call_async (floo_account_get_rest (account), "GET", "/app/allow", query, NULL, FLOO_REST_NONE, floo_account_get_cancellable (account), on_confirmed,
                          floo_call_new (sizeof (FlooCall), account, reply, user_data));
}

/* ---- groups ---- */

typedef struct {
  FlooCall call;
  gint64 group;
  char *qr_info;                /* of joining */
  gboolean again;               /* the service does not have the first form of the request */
} GroupJob;

static void
group_job_free (GroupJob *job)
{
  g_free (job->qr_info);
  floo_call_free (job);
}

static GroupJob *
group_job_new (FlooAccount *account, gint64 group, const char *qr_info, FlooReply reply, gpointer user_data)
{
  GroupJob *job = floo_call_new (sizeof *job, account, reply, user_data);

  job->group = group;
  job->qr_info = g_strdup (qr_info);
  return job;
}

/* Two forms of these requests are documented; a service need not have both. */
static gboolean
is_unknown_request (const GError *error)
{
  return error != NULL && (floo_error_get_service_code (error) == CODE_NOT_FOUND || g_error_matches (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL));
}

static void
group_job_end (GroupJob *job, GVariant *result, const GError *error)
{
  job->call.reply (result, error, job->call.user_data);
  group_job_free (job);
}

char *
floo_login_make_qr_text (const char *action, JsonObject *info)
{
  JsonObject *object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);

  json_object_set_object_member (object, "info", info);
  json_object_set_string_member (object, "action", action);
  json_object_set_string_member (object, "source", "web");
  json_object_unref (object);
  return floo_json_to_text (root);
}

static char *
make_group_text (gint64 group, const char *qr_info)
{
  JsonObject *info = json_object_new ();

  json_object_set_string_member (info, "info", qr_info);
  json_object_set_int_member (info, "group_id", group);
  return floo_login_make_qr_text ("group", info);
}

static void ask_for_group_code (GroupJob *job, FlooRest *rest);

static void
on_group_code (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GroupJob *job = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  JsonObject *object = answer != NULL ? floo_json_node_object (answer->data) : NULL;
  const char *qr_info = floo_json_get_string (object, "qr_info");
  g_autofree char *text = NULL;
  gint64 expires = 0;

  if (!job->again && is_unknown_request (error))
    {
      job->again = TRUE;
      ask_for_group_code (job, FLOO_REST (source));
      return;
    }
  if (error == NULL && (qr_info == NULL || *qr_info == '\0'))
    error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "The service's answer has no qr_info");
  if (error == NULL)
    {
      text = make_group_text (job->group, qr_info);
      if (!floo_json_get_int (object, "expired", &expires))
        floo_json_get_int (object, "expire_at", &expires);
    }
  group_job_end (job, text != NULL ? g_variant_new ("(sx)", text, expires) : NULL, error);
}

static void
ask_for_group_code (GroupJob *job, FlooRest *rest)
{
  FlooAccount *account = job->call.account;
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, job->group);
  const char *query[] = { "group_id", id, NULL };

  floo_rest_call_async (rest, "GET", job->again ? "/group/qrcode/sign" : "/app/qrcode/group_sign", query, NULL, FLOO_REST_NONE,
                        floo_account_get_cancellable (account), on_group_code, job);
}

void
floo_qr_codes_get_group (FlooAccount *account, gint64 group, FlooReply reply, gpointer user_data)
{
  if (floo_call_check_online (account, reply, user_data))
    ask_for_group_code (group_job_new (account, group, NULL, reply, user_data), floo_account_get_rest (account));
}

static void ask_to_join (GroupJob *job, FlooRest *rest);

static void
on_joined (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GroupJob *job = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer G_GNUC_UNUSED = floo_rest_call_finish (FLOO_REST (source), result, &error);

  if (!job->again && is_unknown_request (error))
    {
      job->again = TRUE;
      ask_to_join (job, FLOO_REST (source));
      return;
    }
  group_job_end (job, error == NULL ? g_variant_new ("(x)", job->group) : NULL, error);
}

static void
ask_to_join (GroupJob *job, FlooRest *rest)
{
  FlooAccount *account = job->call.account;
  const char *query[] = { "qr_info", job->qr_info, NULL };
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) body = json_node_init_object (json_node_alloc (), object);

  json_object_set_string_member (object, "qr_info", job->qr_info);
  if (!job->again)
    floo_rest_call_async (rest, "GET", "/app/qrcode/group_invite", query, NULL, FLOO_REST_NONE, floo_account_get_cancellable (account), on_joined, job);
  else
    floo_rest_call_async (rest, "POST", "/group/qrcode/invite", NULL, body, FLOO_REST_NONE, floo_account_get_cancellable (account), on_joined, job);
}

void
floo_qr_codes_join_group (FlooAccount *account, const char *text, FlooReply reply, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) info = parse_text (text, "group", &error);
  const char *qr_info = floo_json_get_string (info, "info");
  gint64 group = 0;

  if (info == NULL)
    reply (NULL, error, user_data);
  else if (qr_info == NULL || *qr_info == '\0' || !floo_json_get_int (info, "group_id", &group) || group <= 0)
    floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "text contains no code of a group");
  else if (floo_call_check_online (account, reply, user_data))
    ask_to_join (group_job_new (account, group, qr_info, reply, user_data), floo_account_get_rest (account));
}
