/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stored.c: the login of an earlier run: loaded at the start, or later if the keyring that has it is locked or not running.
 */
#include "session/login/parts.h"

typedef struct {
  FlooLogin *login;
  GCancellable *cancellable;
  FlooSecretsAsk ask;
} LoadJob;

static void load (FlooLogin *self, FlooSecretsAsk ask);

static void
load_job_free (LoadJob *job)
{
  floo_account_unref (job->login->account);
  g_object_unref (job->cancellable);
  g_free (job);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoadJob, load_job_free)

/* If the account's id is known its store is opened first, so that it can be read without the service. */
static void
take (FlooLogin *self, FlooLoginRecord *record)
{
  gboolean has_password = *record->password != '\0';

  floo_account_set_error (self->account, NULL);
  self->kept = floo_login_record_copy (record);
  floo_login_take_record (self, record, has_password);
  self->accepted = TRUE;
  if (self->record->user_id > 0)
    floo_login_prepare (self);
  else
    floo_login_begin (self);
}

/* Nobody is logged in. @error: (nullable): why not. */
static void
begin_without (FlooLogin *self, const GError *error)
{
  if (error != NULL)
    g_warning ("the stored login could not be read: %s", error->message);
  floo_account_set_error (self->account, error);
  floo_account_set_state (self->account, FLOO_STATE_SIGNED_OUT);
  self->listener->ready (self->data);
}

static void
on_keyring_changed (gpointer user_data)
{
  load (user_data, FLOO_SECRETS_ASK_NEVER);
}

/* The first load does not prompt, so that the start is not delayed; then the user is prompted once. */
static void
wait_for_keyring (FlooLogin *self, FlooSecretsAsk asked, const GError *error)
{
  FlooAccount *account = self->account;

  g_message ("waiting for the keyring: %s", error->message);
  floo_account_set_error (account, error);
  floo_account_set_state (account, FLOO_STATE_WAITING);
  self->listener->ready (self->data);
  if (self->keyring_watch == NULL)
    self->keyring_watch = floo_secrets_watch_new (on_keyring_changed, self);
  if (asked == FLOO_SECRETS_ASK_NEVER && floo_secrets_may_ask (self->secrets))
    load (self, FLOO_SECRETS_ASK_ONCE);
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoadJob) job = user_data;
  FlooLogin *self = job->login;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooLoginRecord) record = floo_secrets_load_finish (FLOO_SECRETS (source), result, &error);

  /* A login or logout happened meanwhile, or another load has begun. */
  if (job->cancellable != self->load_cancellable)
    return;
  g_clear_object (&self->load_cancellable);
  if (g_error_matches (error, FLOO_ERROR, FLOO_ERROR_KEYRING))
    {
      wait_for_keyring (self, job->ask, error);
      return;
    }
  g_clear_pointer (&self->keyring_watch, floo_secrets_watch_free);
  if (record == NULL || (*record->token == '\0' && *record->password == '\0' && record->user_id <= 0))
    begin_without (self, error);
  else
    take (self, g_steal_pointer (&record));
}

/* Replaces a load that is under way, which may show a prompt that is not needed any more. */
static void
load (FlooLogin *self, FlooSecretsAsk ask)
{
  LoadJob *job = g_new0 (LoadJob, 1);

  g_cancellable_cancel (self->load_cancellable);
  g_clear_object (&self->load_cancellable);
  self->load_cancellable = g_cancellable_new ();
  floo_account_ref (self->account);
  job->login = self;
  job->cancellable = g_object_ref (self->load_cancellable);
  job->ask = ask;
  floo_secrets_load_async (self->secrets, ask, job->cancellable, on_loaded, job);
}

void
floo_login_auto (FlooLogin *self)
{
  if (floo_account_get_config (self->account)->auto_login)
    load (self, FLOO_SECRETS_ASK_NEVER);
  else
    self->listener->ready (self->data);
}

void
floo_login_load_is_late (FlooLogin *self)
{
  g_autoptr (GError) error = NULL;

  if (self->load_cancellable == NULL)
    return;
  error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_TIMEOUT, "The stored login is not loaded yet: the keyring or the disk is slow");
  floo_account_set_error (self->account, error);
  floo_account_set_state (self->account, FLOO_STATE_WAITING);
}

gboolean
floo_login_is_loading (FlooLogin *self)
{
  return self->load_cancellable != NULL;
}

void
floo_login_ask_for_stored (FlooLogin *self)
{
  if (self->keyring_watch != NULL)
    load (self, FLOO_SECRETS_ASK_ALWAYS);
}

void
floo_login_dismiss_stored (FlooLogin *self)
{
  g_clear_pointer (&self->keyring_watch, floo_secrets_watch_free);
  g_cancellable_cancel (self->load_cancellable);
  g_clear_object (&self->load_cancellable);
}
