/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control call for what the real service may do in different ways. */
#include "control.h"

#include <string.h>

#include "base/json.h"

#define MAX_SKEW (G_GINT64_CONSTANT (1000) * 366 * 24 * 3600 * 1000)

typedef enum { NUMBER, SWITCH, CHOICE, TEXT, SKEW } SettingKind;

static const struct {
  const char *name;
  SettingKind kind;
  gsize offset;
  gint64 min, max;              /* NUMBER */
  const char *values[6];        /* CHOICE: the names of 0, 1, ... */
} settings[] = {
  { "page_size", NUMBER, G_STRUCT_OFFSET (SbSettings, page_size), 1, 1000000 },
  { "page_bytes", NUMBER, G_STRUCT_OFFSET (SbSettings, page_bytes), 0, G_MAXINT32 },
  { "status_form", CHOICE, G_STRUCT_OFFSET (SbSettings, status_form), .values = { "always", "not-on-pages", "errors-only" } },
  { "next_key", CHOICE, G_STRUCT_OFFSET (SbSettings, next_key), .values = { "normal", "stuck", "endless", "repeat" } },
  { "history_key", CHOICE, G_STRUCT_OFFSET (SbSettings, history_key), .values = { "normal", "stuck", "endless", "repeat" } },
  { "cursors", CHOICE, G_STRUCT_OFFSET (SbSettings, cursors), .values = { "normal", "same", "loop", "empty", "invented" } },
  { "clock_skew", SKEW, G_STRUCT_OFFSET (SbSettings, clock_skew), -MAX_SKEW, MAX_SKEW },
  { "last_page", CHOICE, G_STRUCT_OFFSET (SbSettings, last_page_zero), .values = { "key", "zero" } },
  { "delivery", CHOICE, G_STRUCT_OFFSET (SbSettings, push), .values = { "notice", "push" } },
  { "pushed_page", CHOICE, G_STRUCT_OFFSET (SbSettings, push_key), .values = { "zero", "key" } },
  { "notice_form", CHOICE, G_STRUCT_OFFSET (SbSettings, notice_message), .values = { "xid", "notice" } },
  { "group_notices", CHOICE, G_STRUCT_OFFSET (SbSettings, group_notices_system), .values = { "group", "system" } },
  { "omit_xid", SWITCH, G_STRUCT_OFFSET (SbSettings, omit_xid) },
  { "compress", SWITCH, G_STRUCT_OFFSET (SbSettings, compress) },
  { "frame_form", CHOICE, G_STRUCT_OFFSET (SbSettings, frame_form), .values = { "binary", "base64", "fragments" } },
  { "duplicate_form", CHOICE, G_STRUCT_OFFSET (SbSettings, bare_duplicate), .values = { "full", "bare" } },
  { "oss_upload", SWITCH, G_STRUCT_OFFSET (SbSettings, oss_upload) },
  { "put_upload", SWITCH, G_STRUCT_OFFSET (SbSettings, put_upload) },
  { "upload_elsewhere", SWITCH, G_STRUCT_OFFSET (SbSettings, upload_elsewhere) },
  { "ping_interval", NUMBER, G_STRUCT_OFFSET (SbSettings, ping_interval), 10, 300000 },
  { "ping_timeout", NUMBER, G_STRUCT_OFFSET (SbSettings, ping_timeout), 10, 300000 },
  { "recall_window", NUMBER, G_STRUCT_OFFSET (SbSettings, recall_window), 0, G_MAXINT32 },
  { "history_limit", NUMBER, G_STRUCT_OFFSET (SbSettings, history_limit), 0, G_MAXINT32 },
  { "app_status", TEXT, G_STRUCT_OFFSET (SbSettings, app_status) },
  { "account_verification", CHOICE, G_STRUCT_OFFSET (SbSettings, account_verification), .values = { "verified", "unverified", "expired" } },
  { "qr_lifetime", NUMBER, G_STRUCT_OFFSET (SbSettings, qr_lifetime), 1, G_MAXINT32 },
  { "qr_waiting", CHOICE, G_STRUCT_OFFSET (SbSettings, qr_waiting), .values = { "empty", "error" } },
  { "login_password", CHOICE, G_STRUCT_OFFSET (SbSettings, login_password), .values = { "made", "own", "once" } },
  { "sms_interval", NUMBER, G_STRUCT_OFFSET (SbSettings, sms_interval), 0, G_MAXINT32 },
  { "anonymous", CHOICE, G_STRUCT_OFFSET (SbSettings, no_anonymous), .values = { "allowed", "forbidden" } },
  { "verify_needed", SWITCH, G_STRUCT_OFFSET (SbSettings, verify_needed) },
  { "xid_form", CHOICE, G_STRUCT_OFFSET (SbSettings, xid_form), .values = { "full", "bare", "sparse" } },
};

static gboolean
set_one (SbControl *control, gsize i, GError **error)
{
  gpointer field = G_STRUCT_MEMBER_P (&control->sandbox->settings, settings[i].offset);
  const char *name = settings[i].name;
  gint64 number = sb_control_int (control, name, settings[i].min - 1);
  int choice;

  switch (settings[i].kind)
    {
    case NUMBER:
      if (number < settings[i].min || number > settings[i].max)
        return sb_control_fail (error, "%s: %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, name, settings[i].min, settings[i].max);
      *(int *) field = (int) number;
      return TRUE;
    case SKEW:
      if (number < settings[i].min || number > settings[i].max)
        return sb_control_fail (error, "%s: at most a thousand years", name);
      *(gint64 *) field = number;
      sb_set_clock_skew (number);
      return TRUE;
    case SWITCH:
      if (!floo_json_get_bool (control->body, name, (gboolean *) field))
        return sb_control_fail (error, "%s: true or false", name);
      return TRUE;
    case CHOICE:
      choice = sb_control_choice (control, name, settings[i].values, error);
      if (choice >= 0)
        *(int *) field = choice;
      return choice >= 0;
    case TEXT:
    default:
      g_free (*(char **) field);
      *(char **) field = g_strdup (sb_control_text (control, name, ""));
      return TRUE;
    }
}

gboolean
sb_control_settings (SbControl *control, GError **error)
{
  g_autoptr (GList) names = json_object_get_members (control->body);

  for (GList *l = names; l != NULL; l = l->next)
    {
      gsize i = 0;

      while (i < G_N_ELEMENTS (settings) && strcmp (settings[i].name, l->data) != 0)
        i++;
      if (i == G_N_ELEMENTS (settings))
        return sb_control_fail (error, "no setting %s", (const char *) l->data);
      if (!set_one (control, i, error))
        return FALSE;
    }
  return TRUE;
}
