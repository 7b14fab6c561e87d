/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * register.c: registration of new users.
 */
#include "session/login/guest.h"

#include "base/json.h"

static void
call_end (FlooCall *call, GVariant *result, const GError *error)
{
  call->reply (result, error, call->user_data);
  floo_call_free (call);
}

static void
on_registered (const FlooRestAnswer *answer, const GError *error, gpointer user_data)
{
  JsonObject *settings = answer != NULL ? floo_json_node_object (answer->data) : NULL;
  g_autoptr (GError) bad = NULL;
  gint64 user_id = 0;

  if (answer != NULL && (!floo_json_get_int (settings, "user_id", &user_id) || user_id <= 0))
    {
      bad = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "The service's answer to the registration has no user_id");
      error = bad;
    }
  call_end (user_data, error == NULL ? g_variant_new ("(x)", user_id) : NULL, error);
}

void
floo_login_register (FlooLogin *self, const char *username, const char *password, gboolean anonymous, const char *app_id,
                     const char *dns_server, FlooReply reply, gpointer user_data)
{
  g_autoptr (FlooGuest) guest = floo_guest_get (self, app_id, dns_server, reply, user_data);

  if (guest == NULL)
    return;
  if (*username == '\0' || *password == '\0')
    floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "The %s is empty", *username == '\0' ? "username" : "password");
  else
    floo_guest_call (guest, "POST", anonymous ? "/user/register/anonymous" : "/user/register/v2", NULL,
                     floo_guest_body ("username", username, "password", password, NULL), NULL, on_registered, floo_call_new (sizeof (FlooCall), self->account, reply, user_data));
}

static void
on_checked (const FlooRestAnswer *answer, const GError *error, gpointer user_data)
{
  gboolean is_free = FALSE;

  if (g_error_matches (error, FLOO_ERROR, FLOO_ERROR_TAKEN))
    error = NULL;
  if (answer != NULL)
    floo_json_node_bool (answer->data, &is_free);
  call_end (user_data, error == NULL ? g_variant_new ("(b)", is_free) : NULL, error);
}

void
floo_login_check_username (FlooLogin *self, const char *username, const char *app_id, const char *dns_server, FlooReply reply,
                           gpointer user_data)
{
  const char *query[] = { "username", username, NULL };
  g_autoptr (FlooGuest) guest = floo_guest_get (self, app_id, dns_server, reply, user_data);

  if (guest == NULL)
    return;
  if (*username == '\0')
    floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "The username is empty");
  else
    floo_guest_call (guest, "GET", "/app/user/name_check", query, NULL, NULL, on_checked, floo_call_new (sizeof (FlooCall), self->account, reply, user_data));
}
