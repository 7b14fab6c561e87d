/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/secrets.h"

#include <string.h>

#include "base/config.h"
#include "base/error.h"
#include "base/json.h"
#include "base/secrets-file.h"
#include "base/secrets-keyring.h"

typedef enum { BACKEND_AUTO, BACKEND_KEYRING, BACKEND_FILE } Backend;

typedef enum { OP_LOAD, OP_SAVE, OP_CLEAR } OpKind;

/* The task data of each operation. */
typedef struct {
  OpKind kind;
  char *text;         /* of SAVE: the record as JSON */
  FlooSecretsAsk ask; /* of LOAD */
} Op;

/* Operations run one after the other, so that a save never overtakes a clear. */
struct _FlooSecrets {
  GObject parent_instance;
  Backend backend;
  char *instance; /* "" none */
  char *data_dir;
  gboolean present;     /* the Secret Service is there, or can be started */
  gboolean try_keyring; /* the record belongs into it */
  gboolean keyring;     /* where the record was last kept or found, or is to be */
  gboolean asked;       /* the user, to unlock it */
  GQueue queue;         /* of GTask (owned); the head runs */
};

G_DEFINE_FINAL_TYPE (FlooSecrets, floo_secrets, G_TYPE_OBJECT)

static void run_head (FlooSecrets *self);

/* ---- The record and its text ---- */

FlooLoginRecord *
floo_login_record_copy (const FlooLoginRecord *record)
{
  FlooLoginRecord *copy;

  g_return_val_if_fail (record != NULL, NULL);

  copy = g_new0 (FlooLoginRecord, 1);
  copy->app_id = g_strdup (record->app_id);
  copy->dns_server = g_strdup (record->dns_server);
  copy->user_id = record->user_id;
  copy->username = g_strdup (record->username);
  copy->token = g_strdup (record->token);
  copy->password = g_strdup (record->password);
  return copy;
}

gboolean
floo_login_record_equal (const FlooLoginRecord *a, const FlooLoginRecord *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return a->user_id == b->user_id && g_strcmp0 (a->app_id, b->app_id) == 0 && g_strcmp0 (a->dns_server, b->dns_server) == 0
         && g_strcmp0 (a->username, b->username) == 0 && g_strcmp0 (a->token, b->token) == 0 && g_strcmp0 (a->password, b->password) == 0;
}

void
floo_login_record_free (FlooLoginRecord *record)
{
  if (record == NULL)
    return;
  g_free (record->app_id);
  g_free (record->dns_server);
  g_free (record->username);
  floo_secrets_text_free (record->token);
  floo_secrets_text_free (record->password);
  g_free (record);
}

void
floo_login_record_set (char **secret, const char *text)
{
  char *copy = g_strdup (text);

  floo_secrets_text_free (*secret);
  *secret = copy;
}

/* Overwrites json-glib's copies of our secrets before they are freed. */
static void
wipe (JsonNode *node)
{
  static const char *const members[] = { "token", "password" };

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      const char *text = floo_json_get_string (floo_json_node_object (node), members[i]);

      if (text != NULL)
        explicit_bzero ((char *) text, strlen (text));
    }
}

static char *
record_to_text (const FlooLoginRecord *record)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  char *text;

  json_object_set_string_member (object, "app_id", record->app_id);
  json_object_set_string_member (object, "dns_server", record->dns_server != NULL ? record->dns_server : "");
  json_object_set_int_member (object, "user_id", record->user_id);
  json_object_set_string_member (object, "username", record->username != NULL ? record->username : "");
  json_object_set_string_member (object, "token", record->token != NULL ? record->token : "");
  json_object_set_string_member (object, "password", record->password != NULL ? record->password : "");
  json_node_take_object (node, object);
  text = floo_json_to_text (node);
  wipe (node);
  return text;
}

static char *
dup_member (JsonObject *object, const char *member)
{
  const char *text = floo_json_get_string (object, member);

  return g_strdup (text != NULL ? text : "");
}

/* @where: for the error. The text itself is never quoted. */
static FlooLoginRecord *
record_from_text (const char *text, const char *where, GError **error)
{
  g_autoptr (JsonNode) node = floo_json_parse (text, strlen (text), NULL);
  JsonObject *object = floo_json_node_object (node);
  g_autoptr (FlooLoginRecord) record = g_new0 (FlooLoginRecord, 1);

  record->app_id = dup_member (object, "app_id");
  record->dns_server = dup_member (object, "dns_server");
  record->username = dup_member (object, "username");
  record->token = dup_member (object, "token");
  record->password = dup_member (object, "password");
  if (node != NULL)
    wipe (node);
  /* These become a folder's name, a header and an address. */
  if (!floo_config_is_app_id (record->app_id) || !floo_json_get_int (object, "user_id", &record->user_id) || record->user_id < 0
      || (*record->dns_server != '\0' && !floo_config_is_url (record->dns_server)))
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "%s: not a login record", where);
      return NULL;
    }
  return g_steal_pointer (&record);
}

/* ---- The queue ---- */

static void
op_free (Op *op)
{
  floo_secrets_text_free (op->text);
  g_free (op);
}

/* @text: (transfer full) (nullable) */
static GTask *
op_new (FlooSecrets *self, OpKind kind, char *text, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Op *op = g_new0 (Op, 1);

  g_task_set_source_tag (task, op_new);
  op->kind = kind;
  op->text = text;
  g_task_set_task_data (task, op, (GDestroyNotify) op_free);
  return task;
}

/* Takes @task over. */
static void
enqueue (FlooSecrets *self, GTask *task)
{
  g_queue_push_tail (&self->queue, task);
  if (g_queue_get_length (&self->queue) == 1)
    run_head (self);
}

/* The head is done: @record (transfer full) (nullable) or @error (transfer full) (nullable) is its result. */
static void
head_done (FlooSecrets *self, FlooLoginRecord *record, GError *error)
{
  g_autoptr (GTask) task = g_queue_pop_head (&self->queue);
  Op *op = g_task_get_task_data (task);
  gboolean has_next = !g_queue_is_empty (&self->queue); /* an operation that the callback adds to an empty queue starts at once */

  if (error != NULL)
    {
      GError *normalised = floo_error_normalise (error);

      g_error_free (error);
      g_task_return_error (task, normalised);
    }
  else if (op->kind == OP_LOAD)
    g_task_return_pointer (task, record, (GDestroyNotify) floo_login_record_free);
  else
    g_task_return_boolean (task, TRUE);
  if (has_next)
    run_head (self);
}

/* ---- The steps; each takes a reference of @self along ---- */

static GCancellable *
head_cancellable (FlooSecrets *self)
{
  return g_task_get_cancellable (g_queue_peek_head (&self->queue));
}

static const Op *
head_op (FlooSecrets *self)
{
  return g_task_get_task_data (g_queue_peek_head (&self->queue));
}

static void
on_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooSecrets) self = user_data;
  GError *error = NULL;

  floo_secrets_file_finish (result, NULL, NULL, &error);
  head_done (self, NULL, error);
}

static void
change_file (FlooSecrets *self, FlooSecretsFileAction action)
{
  const char *text = action == FLOO_SECRETS_FILE_WRITE ? head_op (self)->text : NULL;

  floo_secrets_file_async (action, self->data_dir, text, head_cancellable (self), on_changed, g_object_ref (self));
}

static void
on_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooSecrets) self = user_data;
  GError *error = NULL;

  if (floo_keyring_store_finish (result, &error))
    {
      self->keyring = TRUE;
      change_file (self, FLOO_SECRETS_FILE_MARK);
    }
  else if (self->backend == BACKEND_AUTO && !g_cancellable_is_cancelled (head_cancellable (self)))
    {
      g_message ("The Secret Service does not store the login (%s); it is stored in %s/" FLOO_SECRETS_FILE, error->message, self->data_dir);
      g_error_free (error);
      self->keyring = FALSE;
      change_file (self, FLOO_SECRETS_FILE_WRITE);
    }
  else
    head_done (self, NULL, error);
}

static void
on_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooSecrets) self = user_data;
  GError *error = NULL;

  floo_keyring_clear_finish (result, &error);
  head_done (self, NULL, error);
}

/* The files first: without them the Secret Service's copy is ignored, even if it cannot be removed. */
static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooSecrets) self = user_data;
  GError *error = NULL;

  if (floo_secrets_file_finish (result, NULL, NULL, &error) && self->try_keyring)
    floo_keyring_clear_async (self->instance, head_cancellable (self), on_cleared, g_object_ref (self));
  else
    head_done (self, NULL, error);
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooSecrets) self = user_data;
  FlooLoginRecord *record = NULL;
  GError *error = NULL;
  char *text = floo_keyring_lookup_finish (result, &error);

  if (text != NULL)
    record = record_from_text (text, "The Secret Service", &error);
  else if (error == NULL)
    error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "The login was stored in the keyring, which does not have it any more");
  else if (error->domain != FLOO_ERROR && !floo_error_is_cancelled (error))
    {
      GError *foreign = g_steal_pointer (&error);

      g_dbus_error_strip_remote_error (foreign);
      error = g_error_new (FLOO_ERROR, FLOO_ERROR_KEYRING, "The keyring that holds the login cannot be read: %s", foreign->message);
      g_error_free (foreign);
    }
  floo_keyring_text_free (text);
  head_done (self, record, error);
}

/* The data folder says that the record is in the Secret Service. */
static void
look_up (FlooSecrets *self)
{
  FlooSecretsAsk ask = head_op (self)->ask;
  gboolean unlock = ask == FLOO_SECRETS_ASK_ALWAYS || (ask == FLOO_SECRETS_ASK_ONCE && !self->asked);

  self->keyring = TRUE;
  if (floo_keyring_is_built_in () && !self->present)
    {
      head_done (self, NULL,
                 g_error_new_literal (FLOO_ERROR, FLOO_ERROR_KEYRING,
                                      "The login is in the keyring, and no Secret Service is running on the session bus"));
      return;
    }
  self->asked |= unlock;
  floo_keyring_lookup_async (self->instance, unlock, head_cancellable (self), on_looked_up, g_object_ref (self));
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooSecrets) self = user_data;
  FlooLoginRecord *record = NULL;
  GError *error = NULL;
  char *text = NULL;
  gboolean marked = FALSE;

  if (floo_secrets_file_finish (result, &text, &marked, &error) && text == NULL && marked && self->backend != BACKEND_FILE)
    {
      look_up (self);
      return;
    }
  if (text != NULL)
    {
      g_autofree char *path = g_build_filename (self->data_dir, FLOO_SECRETS_FILE, NULL);

      self->keyring = FALSE;
      record = record_from_text (text, path, &error);
    }
  /* After the reply a record in the file is moved to the keyring, before the operations that wait: these may save a newer one or clear it. */
  if (record != NULL && self->try_keyring)
    g_queue_push_nth (&self->queue, op_new (self, OP_SAVE, record_to_text (record), NULL, NULL, NULL), 1);
  floo_secrets_text_free (text);
  head_done (self, record, error);
}

static void
run_probed (FlooSecrets *self)
{
  switch (head_op (self)->kind)
    {
    case OP_LOAD:
      floo_secrets_file_async (FLOO_SECRETS_FILE_READ, self->data_dir, NULL, head_cancellable (self), on_read, g_object_ref (self));
      break;
    case OP_SAVE:
      if (self->try_keyring)
        floo_keyring_store_async (self->instance, head_op (self)->text, head_cancellable (self), on_stored, g_object_ref (self));
      else
        change_file (self, FLOO_SECRETS_FILE_WRITE);
      break;
    case OP_CLEAR:
      floo_secrets_file_async (FLOO_SECRETS_FILE_REMOVE, self->data_dir, NULL, head_cancellable (self), on_removed,
                               g_object_ref (self));
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
on_probed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooSecrets) self = user_data;
  GError *error = NULL;

  self->present = floo_keyring_probe_finish (result, &error);
  if (error != NULL)
    {
      head_done (self, NULL, error);
      return;
    }
  self->try_keyring = self->present || self->backend == BACKEND_KEYRING;
  /* Where the login of a load is says what is read then. */
  self->keyring = self->try_keyring || (self->keyring && head_op (self)->kind == OP_LOAD);
  run_probed (self);
}

static void
run_head (FlooSecrets *self)
{
  /* A Secret Service that was not there may have appeared. */
  if (self->backend == BACKEND_FILE || self->present || !floo_keyring_is_built_in ())
    run_probed (self);
  else
    floo_keyring_probe_async (head_cancellable (self), on_probed, g_object_ref (self));
}

/* ---- The object ---- */

static void
floo_secrets_finalize (GObject *object)
{
  FlooSecrets *self = FLOO_SECRETS (object);

  g_free (self->instance);
  g_free (self->data_dir);
  G_OBJECT_CLASS (floo_secrets_parent_class)->finalize (object);
}

static void
floo_secrets_class_init (FlooSecretsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = floo_secrets_finalize;
}

static void
floo_secrets_init (FlooSecrets *self)
{
  g_queue_init (&self->queue);
}

FlooSecrets *
floo_secrets_new (const char *backend, const char *instance, const char *data_dir)
{
  FlooSecrets *self;

  g_return_val_if_fail (backend != NULL && data_dir != NULL, NULL);

  self = g_object_new (FLOO_TYPE_SECRETS, NULL);
  self->instance = g_strdup (instance != NULL ? instance : "");
  self->data_dir = g_strdup (data_dir);
  if (strcmp (backend, "keyring") == 0)
    self->backend = BACKEND_KEYRING;
  else if (strcmp (backend, "file") == 0)
    self->backend = BACKEND_FILE;
  else
    self->backend = BACKEND_AUTO;
  self->try_keyring = self->keyring = self->backend == BACKEND_KEYRING;
  return self;
}

gboolean
floo_secrets_is_keyring (FlooSecrets *self)
{
  g_return_val_if_fail (FLOO_IS_SECRETS (self), FALSE);
  return self->keyring;
}

gboolean
floo_secrets_may_ask (FlooSecrets *self)
{
  g_return_val_if_fail (FLOO_IS_SECRETS (self), FALSE);
  return !self->asked;
}

void
floo_secrets_load_async (FlooSecrets *self, FlooSecretsAsk ask, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (FLOO_IS_SECRETS (self));
  task = op_new (self, OP_LOAD, NULL, cancellable, callback, user_data);
  ((Op *) g_task_get_task_data (task))->ask = ask;
  enqueue (self, task);
}

FlooLoginRecord *
floo_secrets_load_finish (FlooSecrets *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
floo_secrets_save_async (FlooSecrets *self, const FlooLoginRecord *record, GCancellable *cancellable, GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_return_if_fail (FLOO_IS_SECRETS (self) && record != NULL && record->app_id != NULL);
  enqueue (self, op_new (self, OP_SAVE, record_to_text (record), cancellable, callback, user_data));
}

gboolean
floo_secrets_save_finish (FlooSecrets *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
floo_secrets_clear_async (FlooSecrets *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (FLOO_IS_SECRETS (self));
  enqueue (self, op_new (self, OP_CLEAR, NULL, cancellable, callback, user_data));
}

gboolean
floo_secrets_clear_finish (FlooSecrets *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
