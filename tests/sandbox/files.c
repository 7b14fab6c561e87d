/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files-private.h"

#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "control.h"
#include "trace.h"

const char *const sb_oss_fields[SB_N_OSS_FIELDS] = { "OSSAccessKeyId", "policy", "signature", "callback", "key" };

char *
sb_oss_value (const char *field)
{
  return g_strdup_printf ("sandbox-%s", field);
}

static void
file_free (SbFile *file)
{
  if (file->fd >= 0)
    close (file->fd);
  g_free (file->type);
  g_free (file);
}

static void
fault_clear (gpointer data)
{
  SbFileFault *fault = data;

  g_free (fault->path);
  g_free (fault->length);
  g_free (fault->encoding);
  g_free (fault->redirect);
  g_free (fault->body);
}

void
sb_file_fault_unref (gpointer fault)
{
  if (fault != NULL)
    g_rc_box_release_full (fault, fault_clear);
}

SbFiles *
sb_files_new (void)
{
  SbFiles *files = g_new0 (SbFiles, 1);

  files->by_sign = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) file_free);
  files->faults = g_ptr_array_new_with_free_func (sb_file_fault_unref);
  files->sendings = sb_downloads_new ();
  return files;
}

void
sb_files_free (SbFiles *files)
{
  sb_downloads_end (files);
  g_hash_table_unref (files->sendings);
  g_hash_table_unref (files->by_sign);
  g_ptr_array_unref (files->faults);
  g_free (files);
}

/* A file without a name. */
static int
open_unnamed (void)
{
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("flooim-sandbox-XXXXXX", &path, NULL);

  g_assert (fd >= 0);
  unlink (path);
  return fd;
}

static SbFile *
add_file (SbFiles *files, const char *sign, gboolean oss)
{
  SbFile *file = g_new0 (SbFile, 1);

  file->fd = -1;
  file->oss = oss;
  file->type = g_strdup ("application/octet-stream");
  g_hash_table_replace (files->by_sign, g_strdup (sign), file);
  return file;
}

void
sb_files_add (SbFiles *files, const char *sign, const char *type, GBytes *content)
{
  SbFile *file = add_file (files, sign, FALSE);
  gsize len;
  const char *data = g_bytes_get_data (content, &len);

  file->fd = open_unnamed ();
  file->size = (goffset) len;
  if (len > 0 && pwrite (file->fd, data, len, 0) != (gssize) len)
    g_error ("the folder for temporary files is full");
  g_free (file->type);
  file->type = g_strdup (type);
}

static GBytes *
read_file (const SbFile *file)
{
  guint8 *data = g_malloc ((gsize) file->size + 1);

  if (pread (file->fd, data, (gsize) file->size, 0) != file->size)
    g_error ("a file cannot be read");
  return g_bytes_new_take (data, (gsize) file->size);
}

JsonObject *
sb_files_to_json (SbFiles *files)
{
  JsonObject *object = json_object_new ();
  GHashTableIter iter;
  gpointer sign, value;

  g_hash_table_iter_init (&iter, files->by_sign);
  while (g_hash_table_iter_next (&iter, &sign, &value))
    {
      SbFile *file = value;
      g_autoptr (GBytes) content = NULL;
      g_autofree char *text = NULL;
      JsonObject *entry;

      if (file->fd < 0)
        continue;
      content = read_file (file);
      text = g_base64_encode (g_bytes_get_data (content, NULL), g_bytes_get_size (content));
      entry = json_object_new ();
      json_object_set_string_member (entry, "type", file->type);
      json_object_set_string_member (entry, "base64", text);
      json_object_set_object_member (object, sign, entry);
    }
  return object;
}

void
sb_files_from_json (SbFiles *files, JsonObject *object)
{
  g_autoptr (GList) signs = object == NULL ? NULL : json_object_get_members (object);

  for (GList *l = signs; l != NULL; l = l->next)
    {
      JsonObject *entry = floo_json_get_object (object, l->data);
      const char *type = entry == NULL ? NULL : floo_json_get_string (entry, "type");
      const char *text = entry == NULL ? NULL : floo_json_get_string (entry, "base64");
      g_autoptr (GBytes) content = NULL;
      guchar *data;
      gsize len;

      if (type == NULL || text == NULL)
        continue;
      data = g_base64_decode (text, &len);
      content = g_bytes_new_take (data, len);
      sb_files_add (files, l->data, type, content);
    }
}

/* ---- operations ---- */

/* The record FileUpload: where to upload the file, and where it will be. */
static void
answer_upload (SbCall *call, const char *download, const char *sign)
{
  Sandbox *sandbox = call->sandbox;
  gboolean oss = sandbox->settings.oss_upload;
  JsonObject *upload = json_object_new ();
  g_autofree char *url = g_strdup_printf ("%s/upload/%s", sandbox->settings.upload_elsewhere ? sandbox->elsewhere : sandbox->origin, sign);

  add_file (sandbox->files, sign, oss)->put = sandbox->settings.put_upload;
  json_object_set_string_member (upload, "upload_url", url);
  json_object_set_string_member (upload, "download_url", download);
  json_object_set_string_member (upload, "upload_method", sandbox->settings.put_upload ? "PUT" : "POST");
  if (oss)
    {
      JsonObject *fields = json_object_new ();

      for (gsize i = 0; i < SB_N_OSS_FIELDS; i++)
        {
          g_autofree char *value = sb_oss_value (sb_oss_fields[i]);

          json_object_set_string_member (fields, sb_oss_fields[i], value);
        }
      json_object_set_object_member (upload, "oss_body_param", fields);
    }
  sb_call_object (call, upload);
}

static char *
chat_url (Sandbox *sandbox, const char *sign)
{
  return g_strdup_printf ("%s/file/download/chat?file_sign=%s", sandbox->origin, sign);
}

/* Whether the caller may send to to_type (1 user, 2 group) and to_id. */
static gboolean
check_receiver (SbCall *call)
{
  SbState *state = call->sandbox->state;
  gint64 id = sb_call_int (call, "to_id");
  gint64 to_type = sb_call_has (call, "to_type") ? sb_call_int (call, "to_type") : 1;
  SbGroup *group;

  if (to_type == 1)
    return sb_call_user (call, "to_id") != NULL;
  group = sb_state_group (state, id);
  if (to_type == 2 && group != NULL && sb_group_member (group, call->user->id) != NULL)
    return TRUE;
  sb_call_fail (call, to_type == 2 ? SB_NEEDS_MEMBER : SB_BAD_PARAMETER, "%s",
                to_type == 2 ? "you are not a member of the group" : "to_type is 1 or 2");
  return FALSE;
}

void
sb_rest_upload_chat (SbCall *call)
{
  gint64 type = sb_call_int (call, "file_type");
  g_autofree char *sign = NULL;
  g_autofree char *download = NULL;

  if (!(type >= 100 && type <= 104) && !(type >= 200 && type <= 203))
    {
      sb_call_fail (call, SB_BAD_PARAMETER, "file_type is 100 to 104 or 200 to 203");
      return;
    }
  if (!check_receiver (call))
    return;
  sign = sb_state_random_text (call->sandbox->state);
  download = chat_url (call->sandbox, sign);
  answer_upload (call, download, sign);
}

void
sb_rest_upload_avatar (SbCall *call)
{
  g_autofree char *sign = sb_state_random_text (call->sandbox->state);
  g_autofree char *download = g_strdup_printf ("%s/file/download/avatar?object_name=%s", call->sandbox->origin, sign);

  answer_upload (call, download, sign);
}

void
sb_rest_forward_file (SbCall *call)
{
  SbFiles *files = call->sandbox->files;
  SbFile *file = g_hash_table_lookup (files->by_sign, sb_call_text (call, "file_sign"));
  g_autoptr (GBytes) content = NULL;
  g_autofree char *sign = NULL;
  g_autofree char *url = NULL;

  if (file == NULL || file->fd < 0)
    {
      sb_call_fail (call, SB_NOT_FOUND, "no such file");
      return;
    }
  if (!check_receiver (call))
    return;
  sign = sb_state_random_text (call->sandbox->state);
  content = read_file (file);
  sb_files_add (files, sign, file->type, content);
  url = chat_url (call->sandbox, sign);
  sb_call_node (call, json_node_init_string (json_node_alloc (), url));
}

/* ---- misbehaviour ---- */

SbFileFault *
sb_files_take_fault (SbFiles *files, gboolean upload, const char *sign)
{
  for (guint i = 0; i < files->faults->len; i++)
    {
      SbFileFault *fault = files->faults->pdata[i];

      if (fault->upload == upload && (fault->path == NULL || g_strcmp0 (fault->path, sign) == 0) && sandbox_take (&fault->count))
        return fault;
    }
  return NULL;
}

gboolean
sb_control_files (SbControl *control, GError **error)
{
  static const char *const whats[] = { "download", "upload", NULL };
  SbFiles *files = control->sandbox->files;
  SbFileFault *fault;
  int what;

  json_object_set_string_member (control->answer, "elsewhere", control->sandbox->elsewhere);
  json_object_set_int_member (control->answer, "uploads", files->n_uploads);
  json_object_set_int_member (control->answer, "partial", files->n_partial);
  if (sb_control_bool (control, "clear", FALSE))
    g_ptr_array_set_size (files->faults, 0);
  if (!json_object_has_member (control->body, "what"))
    return TRUE;
  what = sb_control_choice (control, "what", whats, error);
  if (what < 0)
    return FALSE;
  fault = g_rc_box_new0 (SbFileFault);
  fault->upload = what == 1;
  fault->path = g_strdup (sb_control_text (control, "sign", NULL));
  fault->count = (int) sb_control_int (control, "count", 1);
  fault->status = (guint) sb_control_int (control, "status", 0);
  fault->cut = sb_control_int (control, "cut", -1);
  fault->stall = sb_control_int (control, "stall", -1);
  fault->delay_ms = (guint) sb_control_int (control, "delay_ms", 0);
  fault->ignore_range = sb_control_bool (control, "ignore_range", FALSE);
  fault->wrong_range = sb_control_bool (control, "wrong_range", FALSE);
  fault->length = g_strdup (sb_control_text (control, "length", NULL));
  fault->encoding = g_strdup (sb_control_text (control, "encoding", NULL));
  fault->chunked = sb_control_bool (control, "chunked", FALSE);
  fault->endless = sb_control_bool (control, "endless", FALSE);
  fault->redirect = g_strdup (sb_control_text (control, "redirect", NULL));
  fault->body = g_strdup (sb_control_text (control, "body", NULL));
  g_ptr_array_add (files->faults, fault);
  return TRUE;
}

/* ---- requests ---- */

gboolean
sb_is_elsewhere (Sandbox *sandbox, SoupServerMessage *msg)
{
  GSocketAddress *address = soup_server_message_get_local_address (msg);
  g_autofree char *origin = g_strdup_printf ("%s://127.0.0.1:%d", sandbox->protocol,
                                             g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));

  return strcmp (origin, sandbox->elsewhere) == 0;
}

gboolean
sb_files_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *path, GHashTable *query)
{
  const char *method = soup_server_message_get_method (msg);
  gboolean upload = (strcmp (method, "POST") == 0 || strcmp (method, "PUT") == 0) && g_str_has_prefix (path, "/upload/");
  gboolean download = strcmp (method, "GET") == 0
                      && (strcmp (path, "/file/download/chat") == 0 || strcmp (path, "/file/download/avatar") == 0
                          || g_str_has_prefix (path, "/elsewhere/"));

  if (!upload && !download)
    return FALSE;
  if (sb_rest_misbehave (sandbox, msg, upload ? "/upload" : path))
    return TRUE;
  if (upload)
    sb_upload_handle (sandbox, msg, path + strlen ("/upload/"));
  else
    sb_download_handle (sandbox, msg, path, query);
  return TRUE;
}
