/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * upload.c: uploads a client's file: asks for the storage's address, sends the file, completes the call.
 *
 * A retry begins from the start, since storages accept only a whole form.
 */
#include "session/files/parts.h"

#include <gio/gunixinputstream.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "session/job/recipient.h"
#include "session/apply/values.h"
#include "store/tables/contacts.h"
#include "store/tables/journal.h"

#define MAX_FIELDS 64

void
floo_upload_clear (FlooUpload *upload)
{
  g_clear_pointer (&upload->input, floo_input_free);
  g_clear_pointer (&upload->query, g_strfreev);
  g_clear_pointer (&upload->fields, g_strfreev);
  g_clear_pointer (&upload->name, g_free);
  g_clear_pointer (&upload->url, g_free);
}

/* ---- an attempt ---- */

static void
on_progress (goffset transferred, goffset total, gpointer user_data)
{
  FlooUpload *upload = user_data;

  floo_transfer_progress (upload->transfer, transferred, total);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FlooUpload *upload = user_data;
  g_autoptr (GError) error = NULL;

  if (!floo_storage_upload_finish (FLOO_STORAGE (source), result, &error))
    {
      floo_transfer_done (upload->transfer, error);
      return;
    }
  floo_transfer_set_url (upload->transfer, upload->url);
  if (upload->finish == NULL)
    floo_transfer_done (upload->transfer, NULL);
  else if (floo_files_may_go_on (upload->transfer))
    upload->finish (upload);
}

/* The form's fields before the file, in the order that the storage is known to accept. */
static char **
read_fields (JsonObject *object)
{
  static const char *const order[] = { "OSSAccessKeyId", "policy", "signature", "callback", "key" };
  JsonObject *param = floo_json_get_object (object, "oss_body_param");
  g_autoptr (GPtrArray) fields = NULL;

  if (param == NULL || floo_json_get_string (param, "key") == NULL)
    return NULL;
  fields = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    {
      const char *value = floo_json_get_string (param, order[i]);

      if (value == NULL)
        continue;
      g_ptr_array_add (fields, g_strdup (order[i]));
      g_ptr_array_add (fields, g_strdup (value));
    }
  g_ptr_array_add (fields, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&fields), FALSE);
}

static gboolean
read_address (FlooUpload *upload, JsonNode *data, char **to, gboolean *put, GError **error)
{
  JsonObject *object = floo_json_node_object (data);
  const char *upload_url = floo_json_get_string (object, "upload_url");
  const char *download_url = floo_json_get_string (object, "download_url");
  const char *method = floo_json_get_string (object, "upload_method");

  if (upload_url == NULL || download_url == NULL || *download_url == '\0')
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the service gave no address for the file");
      return FALSE;
    }
  *put = method != NULL && g_ascii_strcasecmp (method, "PUT") == 0;
  if (!*put && method != NULL && *method != '\0' && g_ascii_strcasecmp (method, "POST") != 0)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the service requires an unknown upload method");
      return FALSE;
    }
  *to = g_strdup (upload_url);
  g_free (upload->url);
  upload->url = g_strdup (download_url);
  g_strfreev (upload->fields);
  upload->fields = read_fields (object);
  return TRUE;
}

static void
on_address (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FlooUpload *upload = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  g_autofree char *to = NULL;
  g_autoptr (GInputStream) stream = NULL;
  FlooUploadRequest request = { 0 };
  gboolean put = FALSE;

  if (!floo_files_may_go_on (upload->transfer))
    return;
  /* A gateway of the service fails: a retry may succeed. */
  if (g_error_matches (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL))
    error->code = FLOO_ERROR_OFFLINE;
  if (answer == NULL || !read_address (upload, answer->data, &to, &put, &error) || lseek (upload->input->fd, 0, SEEK_SET) != 0)
    {
      if (error == NULL)
        error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_FILE, "the file cannot be read again");
      floo_transfer_done (upload->transfer, error);
      return;
    }
  stream = g_unix_input_stream_new (upload->input->fd, FALSE);
  request = (FlooUploadRequest){ .url = to,
                                 .fields = (const char *const *) upload->fields,
                                 .put = put,
                                 .file = stream,
                                 .size = upload->input->size,
                                 .name = upload->name,
                                 .type = upload->input->type };
  floo_storage_upload_async (floo_files_get_storage (upload->files), &request, floo_files_get_stall_ms (upload->files), on_progress, upload,
                             floo_transfer_get_cancellable (upload->transfer), on_sent, upload);
}

void
floo_upload_run (FlooTransfer *transfer, gpointer user_data)
{
  FlooUpload *upload = user_data;

  upload->transfer = transfer;
  if (!floo_files_may_go_on (transfer))
    return;
  floo_rest_call_async (floo_account_get_rest (upload->files->account), "GET", upload->address, (const char *const *) upload->query, NULL, FLOO_REST_NONE,
                        floo_transfer_get_cancellable (transfer), on_address, upload);
}

/* file_type: file, voice (amr), image, video, voice (mp3). */
static int
file_type (int base, int type, const char *media_type)
{
  gboolean mp3 = media_type != NULL && g_str_equal (media_type, "audio/mpeg");

  switch (type)
    {
    case FLOO_TYPE_AUDIO:
      return base == 100 && mp3 ? 104 : base + 1;
    case FLOO_TYPE_IMAGE:
      return base + 2;
    case FLOO_TYPE_VIDEO:
      return base + 3;
    default:
      return base;
    }
}

char **
floo_upload_chat_query (int base, int type, const char *media_type, FlooToType to_type, gint64 to)
{
  char **query = g_new0 (char *, 7);

  query[0] = g_strdup ("file_type");
  query[1] = g_strdup_printf ("%d", file_type (base, type, media_type));
  query[2] = g_strdup ("to_type");
  query[3] = g_strdup (to_type == FLOO_TO_GROUP ? "2" : "1");
  query[4] = g_strdup ("to_id");
  query[5] = g_strdup_printf ("%" G_GINT64_FORMAT, to);
  return query;
}

/* ---- uploads that a client asks for ---- */

typedef struct {
  FlooUpload upload;
  int fd;                   /* until it is taken */
  int type;                 /* -1: by its content */
  FlooToType to_type;
  gint64 to;                /* user or group; 0: ourselves */
  gboolean shared;          /* a shared file of a group */
  gboolean avatar;
  FlooTransferCall *call;   /* while the recipient is being resolved */
} ClientUpload;

static void
client_upload_free (gpointer data)
{
  ClientUpload *upload = data;

  if (upload->fd >= 0)
    close (upload->fd);
  floo_upload_clear (&upload->upload);
  g_free (upload);
}

/* The type by the media type, if the caller did not give it. */
static int
type_of_media (const char *media_type)
{
  if (g_str_has_prefix (media_type, "image/"))
    return FLOO_TYPE_IMAGE;
  if (g_str_has_prefix (media_type, "audio/"))
    return FLOO_TYPE_AUDIO;
  return g_str_has_prefix (media_type, "video/") ? FLOO_TYPE_VIDEO : FLOO_TYPE_FILE;
}

static void
on_input (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooTransfer) transfer = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooInput) input = floo_input_take_finish (result, &error);
  ClientUpload *upload = floo_transfer_get_data (transfer);

  if (floo_transfer_get_status (transfer) != FLOO_TRANSFER_QUEUED)
    return;
  if (input == NULL)
    {
      floo_transfer_fail (transfer, error);
      return;
    }
  if (!upload->avatar)
    upload->upload.query
        = floo_upload_chat_query (upload->shared ? 200 : 100, upload->type >= 0 ? upload->type : type_of_media (input->type), input->type,
                                  upload->to_type, upload->to);
  upload->upload.input = g_steal_pointer (&input);
  floo_transfer_progress (transfer, 0, upload->upload.input->size);
  floo_transfer_release (transfer);
}

static void
on_added (FlooFiles *self, FlooTransfer *transfer, const GError *error, gpointer call)
{
  ClientUpload *upload;
  int fd;

  if (error == NULL)
    {
      upload = floo_transfer_get_data (transfer);
      fd = upload->fd;
      upload->fd = -1;
      floo_input_take_async (fd, upload->upload.name, self->cache, NULL, floo_files_get_max_size (self), floo_files_get_stall_ms (self),
                             floo_transfer_get_cancellable (transfer), on_input, g_object_ref (transfer));
    }
  floo_transfer_call_added (self, transfer, error, call);
}

/* @fd: (transfer full) */
static ClientUpload *
client_upload_new (FlooFiles *files, int fd, const char *name)
{
  ClientUpload *upload = g_new0 (ClientUpload, 1);

  upload->upload.files = files;
  upload->upload.name = floo_input_tidy_name (name);
  upload->upload.address = "/file/upload/chat";
  upload->fd = fd;
  upload->type = -1;
  return upload;
}

/* Closes the file, which is not needed any more, while the transfer stays readable. */
static void
on_ended (FlooTransfer *transfer, gpointer user_data)
{
  floo_upload_clear (user_data);
}

static void
begin_upload (FlooFiles *self, ClientUpload *upload, FlooTransferCall *call)
{
  const FlooTransferSpec spec = { .upload = TRUE, .name = upload->upload.name, .held = TRUE, .tries = FLOO_TRANSFER_TRIES,
                                  .run = floo_upload_run, .ended = on_ended, .data = upload, .destroy = client_upload_free };

  floo_files_add (self, &spec, on_added, call);
}

static void
on_recipient (FlooToType to_type, const GError *error, gpointer user_data)
{
  ClientUpload *upload = user_data;

  upload->to_type = to_type;
  if (error == NULL)
    {
      begin_upload (upload->upload.files, upload, upload->call);
      return;
    }
  floo_transfer_call_added (upload->upload.files, NULL, error, upload->call);
  client_upload_free (upload);
}

void
floo_files_upload (FlooFiles *self, const char *to_type, gint64 to, const char *type, int fd, const char *name, FlooReply reply,
                   gpointer user_data)
{
  ClientUpload *upload = client_upload_new (self, fd, name);

  if (!floo_call_check_account (self->account, reply, user_data)
      || !floo_file_type_check (to_type, type, &upload->to_type, &upload->type, reply, user_data))
    {
      client_upload_free (upload);
      return;
    }
  upload->to = to;
  upload->call = floo_transfer_call_new (reply, user_data);
  floo_recipient_find (self->account, to, upload->to_type, on_recipient, upload);
}

gboolean
floo_file_type_check (const char *to_type, const char *type, FlooToType *to_out, int *type_out, FlooReply reply, gpointer user_data)
{
  if (!floo_recipient_check (to_type, to_out, reply, user_data))
    return FALSE;
  if (floo_message_type_from_string (type, type_out)
      && (*type_out == FLOO_TYPE_IMAGE || *type_out == FLOO_TYPE_AUDIO || *type_out == FLOO_TYPE_VIDEO || *type_out == FLOO_TYPE_FILE))
    return TRUE;
  floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "type is image, audio, video or file, not \"%s\"", type);
  return FALSE;
}

/* ---- requests after an upload ---- */

/* A picture that has changed, for the store. */
typedef struct {
  FlooTransfer *transfer;
  gint64 group; /* 0: ourselves */
  char *url;
} AvatarJob;

static void
avatar_job_free (gpointer data)
{
  AvatarJob *job = data;

  g_object_unref (job->transfer);
  g_free (job->url);
  g_free (job);
}

static gboolean
run_avatar_job (FlooDb *db, gpointer data, GError **error)
{
  const AvatarJob *job = data;
  FlooContactKind kind = job->group != 0 ? FLOO_CONTACT_GROUP : FLOO_CONTACT_USER;
  gint64 id = job->group != 0 ? job->group : floo_db_get_user_id (db);
  g_autoptr (JsonObject) fields = json_object_new ();
  GVariantBuilder ids;
  gboolean changed;

  json_object_set_string_member (fields, "avatar", job->url);
  if (!floo_contacts_merge (db, kind, id, fields, &changed, error))
    return FALSE;
  if (job->group != 0)
    return TRUE; /* the service sends a notice to all members, including us */
  if (!floo_values_merge_record (db, FLOO_VALUE_PROFILE, fields, error))
    return FALSE;
  g_variant_builder_init (&ids, G_VARIANT_TYPE ("ax"));
  g_variant_builder_add (&ids, "x", id);
  return floo_journal_append (db, FLOO_SIGNAL_ROSTER_INFO_UPDATE, g_variant_new ("(ax)", &ids), NULL, 0, error);
}

/* The transfer is complete once its change can be read from the store. */
static void
on_avatar_stored (FlooStore *store, gpointer data, const GError *error)
{
  floo_transfer_done (((AvatarJob *) data)->transfer, error);
}

static void
on_avatar_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ClientUpload *upload = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);

  if (answer != NULL && upload->avatar)
    {
      AvatarJob *job = g_new (AvatarJob, 1);

      *job = (AvatarJob){ g_object_ref (upload->upload.transfer), upload->to, g_strdup (upload->upload.url) };
      floo_job_write (upload->upload.files->account, run_avatar_job, on_avatar_stored, job, avatar_job_free);
    }
  else
    floo_transfer_done (upload->upload.transfer, error);
}

static void
post (ClientUpload *upload, const char *path, JsonObject *body)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), body);

  floo_rest_call_async (floo_account_get_rest (upload->upload.files->account), "POST", path, NULL, node, FLOO_REST_NONE,
                        floo_transfer_get_cancellable (upload->upload.transfer), on_avatar_set, upload);
  json_object_unref (body);
}

static void
finish_own_avatar (FlooUpload *data)
{
  JsonObject *body = json_object_new ();

  json_object_set_string_member (body, "avatar", data->url);
  post ((ClientUpload *) data, "/user/avatar", body);
}

static void
finish_group_avatar (FlooUpload *data)
{
  ClientUpload *upload = (ClientUpload *) data;
  JsonObject *body = json_object_new ();

  json_object_set_int_member (body, "group_id", upload->to);
  json_object_set_string_member (body, "value", data->url);
  post (upload, "/group/info/avatar", body);
}

static void
finish_shared_file (FlooUpload *data)
{
  static const char *const names[] = { [FLOO_TYPE_IMAGE] = "image", [FLOO_TYPE_AUDIO] = "audio", [FLOO_TYPE_VIDEO] = "video",
                                       [FLOO_TYPE_FILE] = "file" };
  ClientUpload *upload = (ClientUpload *) data;
  JsonObject *body = json_object_new ();

  json_object_set_int_member (body, "group_id", upload->to);
  json_object_set_string_member (body, "name", data->name);
  json_object_set_int_member (body, "size", data->input->size);
  json_object_set_string_member (body, "type", names[upload->type >= 0 ? upload->type : type_of_media (data->input->type)]);
  json_object_set_string_member (body, "url", data->url);
  post (upload, "/group/file/upload", body);
}

void
floo_files_set_avatar (FlooFiles *self, int fd, const char *name, FlooReply reply, gpointer user_data)
{
  ClientUpload *upload = client_upload_new (self, fd, name);

  if (!floo_call_check_account (self->account, reply, user_data))
    {
      client_upload_free (upload);
      return;
    }
  upload->avatar = TRUE;
  upload->upload.address = "/file/upload/avatar/user";
  upload->upload.finish = finish_own_avatar;
  begin_upload (self, upload, floo_transfer_call_new (reply, user_data));
}

void
floo_files_set_group_avatar (FlooFiles *self, gint64 group, int fd, const char *name, FlooReply reply, gpointer user_data)
{
  ClientUpload *upload = client_upload_new (self, fd, name);

  if (!floo_call_check_account (self->account, reply, user_data))
    {
      client_upload_free (upload);
      return;
    }
  upload->avatar = TRUE;
  upload->to = group;
  upload->upload.address = "/file/upload/avatar/group";
  upload->upload.query = g_new0 (char *, 3);
  upload->upload.query[0] = g_strdup ("group_id");
  upload->upload.query[1] = g_strdup_printf ("%" G_GINT64_FORMAT, group);
  upload->upload.finish = finish_group_avatar;
  begin_upload (self, upload, floo_transfer_call_new (reply, user_data));
}

void
floo_files_share (FlooFiles *self, gint64 group, int fd, const char *name, const char *type, FlooReply reply,
                  gpointer user_data)
{
  ClientUpload *upload = client_upload_new (self, fd, name);
  FlooToType unused;

  if (!floo_call_check_account (self->account, reply, user_data)
      || (type != NULL && !floo_file_type_check ("group", type, &unused, &upload->type, reply, user_data)))
    {
      client_upload_free (upload);
      return;
    }
  upload->shared = TRUE;
  upload->to_type = FLOO_TO_GROUP;
  upload->to = group;
  upload->upload.finish = finish_shared_file;
  begin_upload (self, upload, floo_transfer_call_new (reply, user_data));
}
