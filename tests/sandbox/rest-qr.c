/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QR codes: logging in by one, the codes of groups, and the phone that scans them. */
#include "accounts.h"
#include "control.h"
#include "operations.h"

#include <string.h>

#include "base/json.h"
#include "trace.h"

/* How long the client must wait after an answer without a password, and after an error, ms; and the tolerance. */
#define PAUSE_MS 1000
#define PAUSE_AFTER_ERROR_MS 2500
#define TOLERANCE_MS 20

/* ---- the side that logs in ---- */

void
sb_rest_qr_code (SbCall *call)
{
  JsonObject *answer = json_object_new ();
  SbQr *qr;
  const char *code = sb_qr_new (call->sandbox, &qr);
  g_autofree char *url = g_strdup_printf ("%s/app/qr/%s", call->sandbox->origin, code);

  json_object_set_string_member (answer, "qr_code", code);
  json_object_set_string_member (answer, "url", url);
  json_object_set_int_member (answer, "expired", qr->expires);
  sb_call_object (call, answer);
}

/* A valid code; NULL if it is not: the call is answered then. */
static SbQr *
take_code (SbCall *call)
{
  SbQr *qr = sb_qr_find (call->sandbox, sb_call_text (call, "qr_code"));

  if (qr == NULL)
    sb_call_fail (call, SB_QR_INVALID, "no such QR code");
  else if (qr->expires <= sb_now ())
    sb_call_fail (call, SB_QR_EXPIRED, "the QR code has expired");
  else
    return qr;
  return NULL;
}

/* A client must not poll faster than the SDK. */
static void
check_pace (SbCall *call, SbQr *qr, gboolean failed)
{
  gint64 now = g_get_monotonic_time () / 1000;

  if (qr->asked != 0 && now - qr->asked < qr->pause - TOLERANCE_MS)
    sb_trace_violation (call->sandbox, 0, "/app/qr_login: asked again after %d ms instead of %d", (int) (now - qr->asked), (int) qr->pause);
  qr->asked = now;
  qr->pause = failed ? PAUSE_AFTER_ERROR_MS : PAUSE_MS;
}

void
sb_rest_qr_login (SbCall *call)
{
  SbQr *qr = take_code (call);
  SbUser *user = qr == NULL ? NULL : sb_state_user (call->sandbox->state, qr->user);

  if (qr == NULL)
    return;
  if (qr->state == SB_QR_CONFIRMED && user != NULL)
    {
      sb_call_answer_login (call, user);
      check_pace (call, qr, FALSE);
      sb_qr_forget (call->sandbox, sb_call_text (call, "qr_code"));
      return;
    }
  if (qr->state == SB_QR_DECLINED)
    sb_call_fail (call, SB_NO_PERMISSION, "declined");
  else if (call->sandbox->settings.qr_waiting == SB_QR_WAITING_ERROR)
    sb_call_fail (call, SB_BAD_REQUEST, "not confirmed yet");
  else
    sb_call_object (call, json_object_new ());
  check_pace (call, qr, call->code != SB_OK);
}

/* ---- the side that confirms ---- */

void
sb_rest_qr_allow (SbCall *call)
{
  SbQr *qr = take_code (call);

  if (qr == NULL)
    return;
  if (qr->state >= SB_QR_CONFIRMED || (qr->user != 0 && qr->user != call->user->id))
    {
      sb_call_fail (call, SB_QR_INVALID, "the QR code is another one's, or decided");
      return;
    }
  qr->user = call->user->id;
  qr->state = sb_call_int (call, "allow") == 1 ? SB_QR_CONFIRMED : SB_QR_DECLINED;
}

/* ---- groups ---- */

void
sb_rest_group_sign (SbCall *call)
{
  g_autoptr (JsonNode) described = NULL;
  JsonObject *record, *answer = json_object_new ();

  sb_rest_group_qr_sign (call);
  described = g_steal_pointer (&call->data);
  record = json_node_get_object (described);
  json_object_set_string_member (answer, "qr_info", json_object_get_string_member (record, "qr_info"));
  json_object_set_int_member (answer, "expired", json_object_get_int_member (record, "expire_at"));
  sb_call_object (call, answer);
}

/* ---- the phone: a control call ---- */

static gboolean
scan_login (SbControl *control, SbUser *user, JsonObject *info, GError **error)
{
  const char *code = floo_json_get_string (info, "qrcode");
  SbQr *qr = code == NULL ? NULL : sb_qr_find (control->sandbox, code);
  g_autoptr (JsonObject) arguments = NULL, envelope = NULL;

  if (g_strcmp0 (floo_json_get_string (info, "app_id"), SB_APP_ID) != 0
      || g_strcmp0 (floo_json_get_string (info, "qrcode_app_id"), SB_APP_ID) != 0)
    return sb_control_fail (error, "text: info should have app_id and qrcode_app_id, both " SB_APP_ID);
  if (qr == NULL || qr->expires <= sb_now ())
    return sb_control_fail (error, "text: info.qrcode is no code that is still good");
  if (qr->state == SB_QR_NEW)
    {
      qr->state = SB_QR_SCANNED;
      qr->user = user->id;
    }
  if (!json_object_has_member (control->body, "confirm"))
    return TRUE;
  arguments = json_object_new ();
  json_object_set_int_member (arguments, "allow", sb_control_bool (control, "confirm", FALSE));
  json_object_set_string_member (arguments, "qr_code", code);
  envelope = sb_rest_call (control->sandbox, user, "GET", "/app/allow", arguments);
  return sb_control_succeeded (envelope, error);
}

static gboolean
scan_group (SbControl *control, SbUser *user, JsonObject *info, GError **error)
{
  const char *qr_info = floo_json_get_string (info, "info");
  g_autoptr (JsonObject) arguments = json_object_new (), envelope = NULL;
  gint64 id;

  if (qr_info == NULL || !floo_json_get_int (info, "group_id", &id))
    return sb_control_fail (error, "text: info should have info and group_id");
  json_object_set_string_member (arguments, "qr_info", qr_info);
  envelope = sb_rest_call (control->sandbox, user, "GET", "/app/qrcode/group_invite", arguments);
  return sb_control_succeeded (envelope, error);
}

static gboolean
scan_profile (SbControl *control, SbUser *user, JsonObject *info, GError **error)
{
  gint64 id = 0;
  SbUser *found = floo_json_get_int (info, "uid", &id) ? sb_state_user (control->sandbox->state, id) : NULL;

  if (found == NULL)
    return sb_control_fail (error, "text: info.uid is no user");
  json_object_set_int_member (control->answer, "user_id", found->id);
  return TRUE;
}

static const struct {
  const char *action;
  const char *source;
  gboolean (*scan) (SbControl *control, SbUser *user, JsonObject *info, GError **error);
} scans[] = { { "login", "web", scan_login }, { "group", "web", scan_group }, { "profile", "app", scan_profile } };

gboolean
sb_control_scan (SbControl *control, GError **error)
{
  const char *text = sb_control_text (control, "text", "");
  g_autoptr (JsonNode) root = floo_json_parse (text, strlen (text), NULL);
  JsonObject *object = root == NULL ? NULL : floo_json_node_object (root);
  JsonObject *info = object == NULL ? NULL : floo_json_get_object (object, "info");
  SbUser *user = sb_control_user (control, "user", error);

  if (user == NULL)
    return FALSE;
  if (info == NULL)
    return sb_control_fail (error, "text: a JSON object with info, action and source");
  for (gsize i = 0; i < G_N_ELEMENTS (scans); i++)
    {
      if (g_strcmp0 (floo_json_get_string (object, "action"), scans[i].action) != 0)
        continue;
      if (g_strcmp0 (floo_json_get_string (object, "source"), scans[i].source) != 0)
        return sb_control_fail (error, "text: source should be %s", scans[i].source);
      json_object_set_string_member (control->answer, "action", scans[i].action);
      return scans[i].scan (control, user, info, error);
    }
  return sb_control_fail (error, "text: action should be login, group or profile");
}
