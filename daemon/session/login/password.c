/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * password.c: two operations that end the session: a new password, after which the daemon logs in again automatically, and the deletion of
 * the account, which also deletes the local store.
 */
#include "session/login/parts.h"

#include <string.h>

#include "session/apply/values.h"

typedef struct {
  FlooCall call;
  FlooLogin *login;
  JsonNode *body;
  char *password;               /* the new one */
} PasswordJob;

static void
password_job_free (gpointer data)
{
  PasswordJob *job = data;

  g_clear_pointer (&job->body, json_node_unref);
  if (job->password != NULL)
    explicit_bzero (job->password, strlen (job->password));
  g_free (job->password);
  floo_call_free (job);
}

static JsonNode *
make_body (const char *first, const char *first_value, const char *second, const char *second_value)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, first, first_value);
  if (second != NULL)
    json_object_set_string_member (object, second, second_value);
  return json_node_init_object (json_node_alloc (), object);
}

/* ---- a new password ---- */

static gboolean
run_forget_job (FlooDb *db, gpointer data, GError **error)
{
  return floo_values_expect_password_change (db, FALSE, error);
}

/* From now on a notice of a new password does not count as our own change. */
static void
forget_expectation (FlooAccount *account)
{
  floo_job_write (account, run_forget_job, NULL, NULL, NULL);
}

static void
on_password_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PasswordJob *job = user_data;
  FlooAccount *account = job->call.account;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);

  /* Without an answer it may have been changed or not: the login continues with the old one, and fails if that is wrong. */
  floo_login_end_password_change (job->login, answer != NULL ? job->password : NULL);
  if (answer == NULL)
    forget_expectation (account);
  job->call.reply (NULL, error, job->call.user_data);
  password_job_free (job);
}

static gboolean
run_expect_job (FlooDb *db, gpointer data, GError **error)
{
  return floo_values_expect_password_change (db, TRUE, error);
}

static void
on_expected (FlooStore *store, gpointer data, const GError *error)
{
  PasswordJob *found = data, *job;
  FlooAccount *account = found->call.account;

  if (error != NULL)
    {
      floo_call_done (store, found, error);
      return;
    }
  if (!floo_call_check_online (account, found->call.reply, found->call.user_data))
    {
      forget_expectation (account);
      return;
    }
  job = floo_call_new (sizeof *job, account, found->call.reply, found->call.user_data);
  job->login = found->login;
  job->body = json_node_ref (found->body);
  job->password = g_steal_pointer (&found->password);
  floo_login_begin_password_change (job->login);
  floo_rest_call_async (floo_account_get_rest (account), "POST", "/user/change_password", NULL, job->body, FLOO_REST_NONE,
                        floo_account_get_cancellable (account), on_password_changed, job);
}

void
floo_login_change_password (FlooLogin *self, const char *old, const char *password, FlooReply reply, gpointer user_data)
{
  PasswordJob *job;

  if (*old == '\0' || *password == '\0')
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "The %s password is empty", *old == '\0' ? "old" : "new");
      return;
    }
  if (!floo_call_check_online (self->account, reply, user_data))
    return;
  job = floo_call_new (sizeof *job, self->account, reply, user_data);
  job->login = self;
  job->body = make_body ("old_password", old, "new_password", password);
  job->password = g_strdup (password);
  floo_job_write (self->account, run_expect_job, on_expected, job, password_job_free);
}

/* ---- deletion of the account ---- */

static void
on_account_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PasswordJob *job = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);

  if (answer == NULL)
    job->call.reply (NULL, error, job->call.user_data);
  else
    floo_login_log_out (job->login, FLOO_LOGOUT_ERASE | FLOO_LOGOUT_DISCARD, job->call.reply, job->call.user_data);
  password_job_free (job);
}

void
floo_login_delete_account (FlooLogin *self, const char *password, FlooReply reply, gpointer user_data)
{
  PasswordJob *job;

  if (*password == '\0')
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "The password is empty");
      return;
    }
  if (!floo_call_check_online (self->account, reply, user_data))
    return;
  job = floo_call_new (sizeof *job, self->account, reply, user_data);
  job->login = self;
  job->body = make_body ("password", password, NULL, NULL);
  floo_rest_call_async (floo_account_get_rest (self->account), "POST", "/user/delete", NULL, job->body, FLOO_REST_NONE,
                        floo_account_get_cancellable (self->account), on_account_deleted, job);
}
