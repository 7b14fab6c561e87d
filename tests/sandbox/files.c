/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"

#include <string.h>

#include "base/json.h"
#include "trace.h"

typedef struct {
  GBytes *content;    /* NULL: an upload is expected */
  char *type;
  gboolean oss;       /* it was promised the fields of oss_body_param */
} File;

struct _SbFiles {
  GHashTable *by_sign;    /* sign -> File */
};

/* The fields that oss_body_param asks for, in this order, before the file. */
static const char *const oss_fields[] = { "OSSAccessKeyId", "policy", "signature", "callback", "key" };

/* What stands for every thumbnail: a white pixel. */
static const guint8 pixel[] = {
  0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
  0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00,
  0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8, 0x0f, 0x00, 0x01, 0x01, 0x01, 0x00,
  0xb1, 0x38, 0xf6, 0x14, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};

static void
file_free (File *file)
{
  g_clear_pointer (&file->content, g_bytes_unref);
  g_free (file->type);
  g_free (file);
}

SbFiles *
sb_files_new (void)
{
  SbFiles *files = g_new0 (SbFiles, 1);

  files->by_sign = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) file_free);
  return files;
}

void
sb_files_free (SbFiles *files)
{
  g_hash_table_unref (files->by_sign);
  g_free (files);
}

static File *
add_file (SbFiles *files, const char *sign, gboolean oss)
{
  File *file = g_new0 (File, 1);

  file->oss = oss;
  file->type = g_strdup ("application/octet-stream");
  g_hash_table_replace (files->by_sign, g_strdup (sign), file);
  return file;
}

void
sb_files_add (SbFiles *files, const char *sign, const char *type, GBytes *content)
{
  File *file = add_file (files, sign, FALSE);

  file->content = g_bytes_ref (content);
  g_free (file->type);
  file->type = g_strdup (type);
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
      File *file = value;
      JsonObject *entry;
      gsize len;
      gconstpointer data = file->content == NULL ? NULL : g_bytes_get_data (file->content, &len);
      g_autofree char *text = NULL;

      if (file->content == NULL)
        continue;
      text = g_base64_encode (data, len);
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

/* The record FileUpload: where to send the file, and where it will be. */
static void
answer_upload (SbCall *call, const char *download, const char *sign)
{
  Sandbox *sandbox = call->sandbox;
  gboolean oss = sandbox->settings.oss_upload;
  JsonObject *upload = json_object_new ();
  g_autofree char *url = g_strdup_printf ("%s/upload/%s", sandbox->origin, sign);

  add_file (sandbox->files, sign, oss);
  json_object_set_string_member (upload, "upload_url", url);
  json_object_set_string_member (upload, "download_url", download);
  json_object_set_string_member (upload, "upload_method", "POST");
  if (oss)
    {
      JsonObject *fields = json_object_new ();

      for (gsize i = 0; i < G_N_ELEMENTS (oss_fields); i++)
        {
          g_autofree char *value = g_strdup_printf ("sandbox-%s", oss_fields[i]);

          json_object_set_string_member (fields, oss_fields[i], value);
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
  sb_call_fail (call, to_type == 2 ? SB_FORBIDDEN : SB_BAD_REQUEST, "%s",
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
      sb_call_fail (call, SB_BAD_REQUEST, "file_type is 100 to 104 or 200 to 203");
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
  File *file = g_hash_table_lookup (files->by_sign, sb_call_text (call, "file_sign"));
  g_autofree char *sign = NULL;
  g_autofree char *url = NULL;

  if (file == NULL || file->content == NULL)
    {
      sb_call_fail (call, SB_NOT_FOUND, "no such file");
      return;
    }
  if (!check_receiver (call))
    return;
  sign = sb_state_random_text (call->sandbox->state);
  sb_files_add (files, sign, file->type, file->content);
  url = chat_url (call->sandbox, sign);
  sb_call_node (call, json_node_init_string (json_node_alloc (), url));
}

/* ---- uploads ---- */

static char *
field_name (SoupMessageHeaders *headers)
{
  g_autofree char *disposition = NULL;
  g_autoptr (GHashTable) params = NULL;

  if (!soup_message_headers_get_content_disposition (headers, &disposition, &params))
    return g_strdup ("");
  return g_strdup (g_hash_table_lookup (params, "name"));
}

/* The parts are the fields that were asked for, and then the file. */
static gboolean
take_parts (File *file, SoupMultipart *parts, const char **problem)
{
  int n = soup_multipart_get_length (parts);
  int n_fields = file->oss ? (int) G_N_ELEMENTS (oss_fields) : 0;

  *problem = "the parts are not those that were asked for, the file last";
  if (n != n_fields + 1)
    return FALSE;
  for (int i = 0; i < n; i++)
    {
      SoupMessageHeaders *headers;
      GBytes *body;
      g_autofree char *name = NULL;
      const char *type;

      soup_multipart_get_part (parts, i, &headers, &body);
      name = field_name (headers);
      if (g_strcmp0 (name, i < n_fields ? oss_fields[i] : "file") != 0)
        return FALSE;
      if (i < n_fields)
        continue;
      type = soup_message_headers_get_content_type (headers, NULL);
      g_clear_pointer (&file->content, g_bytes_unref);
      file->content = g_bytes_ref (body);
      g_free (file->type);
      file->type = g_strdup (type != NULL ? type : "application/octet-stream");
    }
  return TRUE;
}

static void
handle_upload (Sandbox *sandbox, SoupServerMessage *msg, const char *sign)
{
  static const char good[] = "{\"code\":200,\"data\":true,\"message\":null}", good_oss[] = "{\"Status\":\"OK\"}";
  static const char bad[] = "{\"code\":400,\"data\":false,\"message\":\"bad upload\"}";
  File *file = g_hash_table_lookup (sandbox->files->by_sign, sign);
  g_autoptr (GBytes) body = soup_message_body_flatten (soup_server_message_get_request_body (msg));
  SoupMultipart *parts = soup_multipart_new_from_message (soup_server_message_get_request_headers (msg), body);
  const char *problem = "no multipart/form-data";
  const char *answer = bad;

  if (file == NULL)
    problem = "this address was not given out";
  else if (parts != NULL && take_parts (file, parts, &problem))
    answer = file->oss ? good_oss : good;
  if (answer == bad)
    sb_trace_violation (sandbox, 0, "upload: %s", problem);
  g_clear_pointer (&parts, soup_multipart_free);
  sb_trace_rest (sandbox, "POST", "/upload", 0, answer == bad ? SB_BAD_REQUEST : SB_OK);
  soup_server_message_set_status (msg, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (msg, "application/json", SOUP_MEMORY_STATIC, answer, strlen (answer));
}

/* ---- downloads ---- */

static const char *
parameter (SoupServerMessage *msg, GHashTable *query, const char *name)
{
  const char *value = query == NULL ? NULL : g_hash_table_lookup (query, name);

  return value != NULL ? value : soup_message_headers_get_one (soup_server_message_get_request_headers (msg), name);
}

static void
handle_download (Sandbox *sandbox, SoupServerMessage *msg, const char *path, GHashTable *query)
{
  const char *token = parameter (msg, query, "access-token");
  const char *app_id = parameter (msg, query, "app_id");
  const char *sign = parameter (msg, query, g_str_has_suffix (path, "/chat") ? "file_sign" : "object_name");
  const char *image_type = parameter (msg, query, "image_type");
  SbUser *user = token == NULL ? NULL : sb_state_user_by_token (sandbox->state, token);
  File *file = sign == NULL ? NULL : g_hash_table_lookup (sandbox->files->by_sign, sign);
  gboolean small = g_strcmp0 (image_type, "2") == 0 || g_strcmp0 (image_type, "3") == 0;

  if (user == NULL || g_strcmp0 (app_id, SB_APP_ID) != 0)
    soup_server_message_set_status (msg, SOUP_STATUS_FORBIDDEN, NULL);
  else if (file == NULL || file->content == NULL)
    soup_server_message_set_status (msg, SOUP_STATUS_NOT_FOUND, NULL);
  else
    {
      gsize len;
      const char *data = g_bytes_get_data (file->content, &len);

      soup_server_message_set_status (msg, SOUP_STATUS_OK, NULL);
      if (small)
        soup_server_message_set_response (msg, "image/png", SOUP_MEMORY_STATIC, (const char *) pixel, sizeof pixel);
      else
        soup_server_message_set_response (msg, file->type, SOUP_MEMORY_COPY, data, len);
    }
  sb_trace_rest (sandbox, "GET", path, user == NULL ? 0 : user->id, (int) soup_server_message_get_status (msg));
}

gboolean
sb_files_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *path, GHashTable *query)
{
  const char *method = soup_server_message_get_method (msg);
  gboolean upload = strcmp (method, "POST") == 0 && g_str_has_prefix (path, "/upload/");
  gboolean download = strcmp (method, "GET") == 0
                      && (strcmp (path, "/file/download/chat") == 0 || strcmp (path, "/file/download/avatar") == 0);

  if (!upload && !download)
    return FALSE;
  if (sb_rest_misbehave (sandbox, msg, upload ? "/upload" : path))
    return TRUE;
  if (upload)
    handle_upload (sandbox, msg, path + strlen ("/upload/"));
  else
    handle_download (sandbox, msg, path, query);
  return TRUE;
}
