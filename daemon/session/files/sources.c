/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sources.c: the files that can be downloaded: those of messages, avatars, shared files of groups.
 *
 * Names in the cache are made of ids only, and contain no text from outside.
 */
#include "session/files/parts.h"

#include <string.h>

#include "base/json.h"
#include "session/files/outgoing.h"
#include "session/job/recipient.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"

/* Images up to this size are downloaded automatically if that is configured. */
#define AUTO_IMAGE_SIZE (256 << 10)
/* A thumbnail. A host other than the service's makes none and sends the whole image, which is used up to this size. */
#define THUMBNAIL_SIZE (1 << 20)
/* An avatar; applications fetch them for all users without asking. */
#define AVATAR_SIZE (16 << 20)

/* ---- files of messages ---- */

/* @value: (transfer full) */
static void
add_parameter (GPtrArray *query, const char *name, char *value)
{
  g_ptr_array_add (query, g_strdup (name));
  g_ptr_array_add (query, value);
}

/* The suffix for the form in a file's name in the cache. Returns: (transfer full) */
static char *
suffix_of (const FlooFileForm *form)
{
  GString *suffix = g_string_new (form->thumbnail ? "-small" : "");

  if (form->width > 0 || form->height > 0)
    g_string_append_printf (suffix, "-%ux%u", form->width, form->height);
  if (form->format != NULL)
    g_string_append_printf (suffix, "-%s", form->format);
  return g_string_free (suffix, FALSE);
}

/* Returns: (transfer full): NULL-ended query */
static char **
query_of (const FlooFileForm *form, int type)
{
  g_autoptr (GPtrArray) query = g_ptr_array_new ();

  if (form->thumbnail)
    add_parameter (query, "image_type", g_strdup (type == FLOO_TYPE_VIDEO ? "3" : "2"));
  if (form->width > 0)
    add_parameter (query, "w", g_strdup_printf ("%u", form->width));
  if (form->height > 0)
    add_parameter (query, "h", g_strdup_printf ("%u", form->height));
  if (form->format != NULL)
    add_parameter (query, "format", g_strdup (form->format));
  g_ptr_array_add (query, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&query), FALSE);
}

/* @attachment: (nullable); @quiet: in the background: up to AUTO_IMAGE_SIZE only. Returns: FALSE with NOT_FOUND where the message has no
 * file */
static gboolean
begin_for_message (FlooFiles *self, gint64 message, int type, const char *attachment, const FlooFileForm *form,
                   gboolean quiet, FlooTransferCall *call, GError **error)
{
  g_autoptr (JsonNode) node = attachment != NULL ? floo_json_parse (attachment, strlen (attachment), NULL) : NULL;
  JsonObject *object = node != NULL ? floo_json_node_object (node) : NULL;
  const char *url = floo_json_get_string (object, "url");
  const char *name = floo_json_get_string (object, "dName");
  g_autofree char *suffix = suffix_of (form);
  FlooDownloadSpec spec = { .message = message };

  if (url == NULL || *url == '\0')
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "Message %" G_GINT64_FORMAT " has no file", message);
      return FALSE;
    }
  spec.name = g_strdup_printf ("message-%" G_GINT64_FORMAT "%s", message, suffix);
  spec.shown = floo_input_tidy_name (name != NULL ? name : "");
  spec.url = g_strdup (*url == '/' ? "" : url); /* an attachment must name a host */
  spec.query = query_of (form, type);
  spec.max_size = form->thumbnail ? THUMBNAIL_SIZE : quiet ? AUTO_IMAGE_SIZE : G_MAXINT64;
  spec.may_be_less = quiet && !form->thumbnail;
  floo_download_begin (self, &spec, call);
  return TRUE;
}

/* For a message of ours whose file is not uploaded yet: uses the copy that waits. */
static void
begin_for_own (FlooFiles *self, gint64 message, const char *attachment, FlooTransferCall *call)
{
  g_autoptr (JsonNode) node = attachment != NULL ? floo_json_parse (attachment, strlen (attachment), NULL) : NULL;
  const char *name = floo_json_get_string (node != NULL ? floo_json_node_object (node) : NULL, "dName");
  g_autofree char *copy = floo_outgoing_copy_name (message);
  FlooDownloadSpec spec = { .message = message, .max_size = G_MAXINT64 };

  spec.name = g_strdup_printf ("message-%" G_GINT64_FORMAT, message);
  spec.shown = floo_input_tidy_name (name != NULL ? name : "");
  spec.copy = g_build_filename (self->outgoing, copy, NULL);
  floo_download_begin (self, &spec, call);
}

void
floo_files_download_quietly (FlooFiles *self, gint64 message, gboolean thumbnail, const char *attachment, int type)
{
  g_autoptr (JsonNode) node = floo_json_parse (attachment, strlen (attachment), NULL);
  JsonObject *object = node != NULL ? floo_json_node_object (node) : NULL;
  const char *url = floo_json_get_string (object, "url");
  gint64 size = 0;

  /* No other host may learn that the message was received. */
  if (url == NULL || !floo_storage_is_service (floo_files_get_storage (self), url))
    return;
  begin_for_message (self, message, type, attachment, &(FlooFileForm){ .thumbnail = TRUE }, TRUE, NULL, NULL);
  if (floo_json_get_int (object, "fLen", &size) && size > 0 && size <= AUTO_IMAGE_SIZE)
    begin_for_message (self, message, type, attachment, &(FlooFileForm){ .thumbnail = FALSE }, TRUE, NULL, NULL);
}

typedef struct {
  FlooFiles *files;
  gint64 message;
  FlooFileForm form;
  char *format;
  FlooTransferCall *call;
  gint64 id;            /* the message's present one */
  int type;
  char *attachment;
  gboolean waits;       /* in the outbox, */
  gboolean held;        /* with a file that is not uploaded, */
  gboolean copied;      /* of which all bytes are here */
} MessageFile;

static void
message_file_free (gpointer data)
{
  MessageFile *file = data;

  floo_account_unref (file->files->account);
  g_free (file->format);
  g_free (file->attachment);
  g_free (file);
}

static void
keep_attachment (const FlooMessage *message, gpointer user_data)
{
  MessageFile *file = user_data;

  file->id = message->id;
  file->type = message->type;
  file->attachment = g_strdup (message->attachment);
  file->waits = message->send_state != FLOO_SEND_NONE && message->send_state != FLOO_SEND_SENT;
}

static gboolean
keep_held (const FlooOutboxRow *row, gpointer user_data)
{
  MessageFile *file = user_data;
  g_autoptr (JsonNode) node = row->file != NULL ? floo_json_parse (row->file, strlen (row->file), NULL) : NULL;

  file->held = row->file != NULL;
  return node == NULL || floo_json_get_bool (floo_json_node_object (node), "copied", &file->copied);
}

static gboolean
run_find_file (FlooDb *db, gpointer data, GError **error)
{
  MessageFile *file = data;

  if (!floo_messages_get (db, file->message, keep_attachment, file, error)
      || (file->waits && !floo_outbox_get (db, file->id, keep_held, file, error)))
    return FALSE;
  if (!file->held || file->copied)
    return TRUE;
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "The file of message %" G_GINT64_FORMAT " is not here yet", file->id);
  return FALSE;
}

static void
on_file_found (FlooStore *store, gpointer data, const GError *error)
{
  MessageFile *file = data;
  FlooFiles *files = file->files;
  g_autoptr (GError) local = NULL;

  if (error == NULL && files->cache == NULL)
    error = local = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The account was closed");
  if (error == NULL && file->held)
    begin_for_own (files, file->id, file->attachment, file->call);
  else if (error == NULL
           && !begin_for_message (files, file->id, file->type, file->attachment, &file->form, FALSE, file->call, &local))
    error = local;
  if (error != NULL)
    floo_transfer_call_added (files, NULL, error, file->call);
}

void
floo_files_download (FlooFiles *self, gint64 message, const FlooFileForm *form, FlooReply reply, gpointer user_data)
{
  MessageFile *file;

  if (!floo_call_check_account (self->account, reply, user_data))
    return;
  if (!form->thumbnail && (form->width > 0 || form->height > 0))
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "width and height are for a thumbnail only");
      return;
    }
  file = g_new0 (MessageFile, 1);
  floo_account_ref (self->account);
  file->files = self;
  file->message = message;
  file->form = *form;
  file->form.format = file->format = g_strdup (form->format);
  file->call = floo_transfer_call_new (reply, user_data);
  floo_job_read (self->account, run_find_file, on_file_found, file, message_file_free);
}

/* ---- avatars ---- */

typedef struct {
  FlooFiles *files;
  gint64 id;
  gboolean group;
  gboolean thumbnail;
  FlooTransferCall *call;
} Avatar;

static void
begin_avatar (const Avatar *avatar, const char *value)
{
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, value, -1);
  FlooDownloadSpec spec = { .max_size = avatar->thumbnail ? THUMBNAIL_SIZE : AVATAR_SIZE };

  sum[16] = '\0';
  spec.name = g_strdup_printf ("avatar-%s-%" G_GINT64_FORMAT "-%s%s", avatar->group ? "group" : "user", avatar->id, sum,
                               avatar->thumbnail ? "-small" : "");
  spec.shown = g_strdup ("avatar");
  if (strstr (value, "://") != NULL)
    spec.url = g_strdup (value);
  else
    {
      g_autofree char *escaped = g_uri_escape_string (value, NULL, FALSE);

      spec.url = g_strconcat ("/file/download/avatar?object_name=", escaped, NULL);
    }
  spec.query = query_of (&(FlooFileForm){ .thumbnail = avatar->thumbnail }, FLOO_TYPE_IMAGE);
  floo_download_begin (avatar->files, &spec, avatar->call);
}

static void
on_contact (GVariant *result, const GError *error, gpointer user_data)
{
  g_autofree Avatar *avatar = user_data;
  FlooFiles *files = avatar->files;
  g_autoptr (FlooAccount) account G_GNUC_UNUSED = files->account;
  g_autoptr (GVariant) items = NULL;
  g_autoptr (GVariant) details = NULL;
  g_autoptr (GError) none = NULL;
  const char *value = NULL;

  if (result != NULL)
    {
      g_autoptr (GVariant) tuple = g_variant_ref_sink (result);

      items = g_variant_get_child_value (tuple, 0);
    }
  if (items != NULL && g_variant_n_children (items) > 0)
    {
      details = g_variant_get_child_value (items, 0);
      g_variant_lookup (details, "avatar", "&s", &value);
    }
  if (error == NULL && files->cache == NULL)
    error = none = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The account was closed");
  else if (error == NULL && (value == NULL || *value == '\0'))
    error = none = g_error_new (FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "%" G_GINT64_FORMAT " has no picture", avatar->id);
  if (error != NULL)
    floo_transfer_call_added (files, NULL, error, avatar->call);
  else
    begin_avatar (avatar, value);
}

static void
on_recipient (FlooToType kind, const GError *error, gpointer user_data)
{
  Avatar *avatar = user_data;

  avatar->group = kind == FLOO_TO_GROUP;
  if (error != NULL)
    on_contact (NULL, error, avatar);
  else if (avatar->group)
    floo_directory_get_groups (avatar->files->directory, &avatar->id, 1, on_contact, avatar);
  else
    floo_directory_get_users (avatar->files->directory, &avatar->id, 1, FALSE, on_contact, avatar);
}

void
floo_files_get_avatar (FlooFiles *self, const char *to_type, gint64 id, gboolean thumbnail, FlooReply reply, gpointer user_data)
{
  FlooToType kind;
  Avatar *avatar;

  if (!floo_call_check_account (self->account, reply, user_data) || !floo_recipient_check (to_type, &kind, reply, user_data))
    return;
  avatar = g_new (Avatar, 1);
  floo_account_ref (self->account);
  *avatar = (Avatar){ self, id, FALSE, thumbnail, floo_transfer_call_new (reply, user_data) };
  if (kind == FLOO_TO_ANY)
    floo_recipient_find (self->account, id, kind, on_recipient, avatar);
  else
    on_recipient (kind, NULL, avatar);
}

/* ---- shared files of groups ---- */

void
floo_files_download_shared (FlooFiles *self, gint64 group, gint64 file_id, FlooReply reply, gpointer user_data)
{
  FlooDownloadSpec spec = { .max_size = G_MAXINT64, .group = group, .file = file_id };

  if (!floo_call_check_account (self->account, reply, user_data))
    return;
  spec.name = g_strdup_printf ("group-%" G_GINT64_FORMAT "-file-%" G_GINT64_FORMAT, group, file_id);
  spec.shown = g_strdup ("file");
  floo_download_begin (self, &spec, floo_transfer_call_new (reply, user_data));
}
