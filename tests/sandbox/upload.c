/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * upload.c: forms with a file, and files without a form, parsed as they arrive and written to the disk, whatever their size.
 */
#include "files-private.h"

#include <string.h>
#include <unistd.h>

#include "trace.h"

/* Everything before the file. */
#define MAX_HEAD (64u << 10)

/* A form that is being received. */
typedef struct {
  Sandbox *sandbox;
  SoupServerMessage *msg;   /* which owns this */
  SbFile *file;             /* (nullable): where it belongs */
  char *boundary;           /* (nullable): it is not a form */
  GByteArray *buffer;       /* before the file: what is not parsed yet; in it: what may be its end */
  guint n_fields;           /* received so far */
  gboolean raw;             /* no form: the body is the file */
  gboolean in_file;
  char *type;
  int fd;
  goffset size;
  goffset received;
  SbFileFault *fault;       /* (nullable) */
  const char *problem;      /* (nullable): the first one */
} Form;

static void
form_free (gpointer data)
{
  Form *form = data;

  if (form->fd >= 0)
    close (form->fd);
  sb_file_fault_unref (form->fault);
  g_byte_array_unref (form->buffer);
  g_free (form->boundary);
  g_free (form->type);
  g_free (form);
}

static void
refuse (Form *form, const char *problem)
{
  if (form->problem == NULL)
    form->problem = problem;
}

/* ---- before the file ---- */

/* The head of a part: exactly a disposition and, for the file, a type. Returns: its name, (transfer full) (nullable) */
static char *
read_part_head (Form *form, char *head, gboolean *is_file)
{
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);
  static const char disposition[] = "Content-Disposition: form-data; name=\"";
  char *name, *quote;

  if (!g_str_has_prefix (lines[0], disposition))
    return NULL;
  name = lines[0] + strlen (disposition);
  quote = strchr (name, '"');
  if (quote == NULL)
    return NULL;
  *is_file = g_str_has_prefix (quote, "\"; filename=\"") && g_str_has_suffix (quote + 13, "\"")
             && strchr (quote + 13, '"') == strrchr (quote, '"');
  if (!*is_file && quote[1] != '\0')
    return NULL;
  if (*is_file)
    {
      if (lines[1] == NULL || !g_str_has_prefix (lines[1], "Content-Type: ") || lines[2] != NULL)
        return NULL;
      form->type = g_strdup (lines[1] + strlen ("Content-Type: "));
    }
  else if (lines[1] != NULL)
    return NULL;
  return g_strndup (name, (gsize) (quote - name));
}

static gboolean
is_expected (Form *form, const char *name, const char *value)
{
  g_autofree char *wanted = NULL;

  if (!form->file->oss || form->n_fields >= SB_N_OSS_FIELDS || strcmp (name, sb_oss_fields[form->n_fields]) != 0)
    return FALSE;
  wanted = sb_oss_value (name);
  form->n_fields++;
  return strcmp (wanted, value) == 0;
}

/* Parses one part at the buffer's beginning. FALSE: it is incomplete or wrong */
static gboolean
take_part (Form *form)
{
  g_autofree char *opening = g_strdup_printf ("--%s\r\n", form->boundary);
  g_autofree char *text = g_strndup ((const char *) form->buffer->data, form->buffer->len);
  char *head = text + strlen (opening), *head_end = strstr (text, "\r\n\r\n"), *value_end;
  g_autofree char *closing = g_strdup_printf ("\r\n--%s", form->boundary);
  g_autofree char *name = NULL;
  gboolean is_file = FALSE;

  if (head_end == NULL)
    return FALSE;
  if (!g_str_has_prefix (text, opening))
    {
      refuse (form, "a part does not begin with the boundary");
      return FALSE;
    }
  *head_end = '\0';
  name = read_part_head (form, head, &is_file);
  if (name == NULL)
    refuse (form, "the head of a part is not in order");
  else if (is_file && (strcmp (name, "file") != 0 || form->n_fields != (form->file->oss ? SB_N_OSS_FIELDS : 0)))
    refuse (form, "the file is not called file, or not all fields are before it");
  if (form->problem != NULL)
    return FALSE;
  if (is_file)
    {
      form->in_file = TRUE;
      g_byte_array_remove_range (form->buffer, 0, (guint) (head_end + 4 - text));
      return FALSE;
    }
  value_end = strstr (head_end + 4, closing);
  if (value_end == NULL)
    return FALSE;
  *value_end = '\0';
  if (!is_expected (form, name, head_end + 4))
    refuse (form, "a field is not the one that was asked for");
  g_byte_array_remove_range (form->buffer, 0, (guint) (value_end + 2 - text));
  return form->problem == NULL;
}

/* ---- the file ---- */

/* Writes to the file what cannot be the form's end. */
static void
drain (Form *form)
{
  gsize keep = form->raw ? 0 : strlen (form->boundary) + 8; /* CR LF, two and two hyphens, CR LF */
  gsize n = form->buffer->len > keep ? form->buffer->len - keep : 0;

  if (form->fd < 0)
    {
      g_autofree char *path = NULL;

      form->fd = g_file_open_tmp ("flooim-sandbox-XXXXXX", &path, NULL);
      g_assert (form->fd >= 0);
      unlink (path);
    }
  if (n == 0)
    return;
  if (pwrite (form->fd, form->buffer->data, n, form->size) != (gssize) n)
    g_error ("the folder for temporary files is full");
  form->size += (goffset) n;
  g_byte_array_remove_range (form->buffer, 0, (guint) n);
}

static void
on_delay_over (gpointer msg)
{
  soup_server_message_unpause (msg);
  g_object_unref (msg);
}

static void
misbehave (Form *form)
{
  const SbFileFault *fault = form->fault;

  if (fault->cut >= 0 && form->received >= fault->cut)
    g_socket_shutdown (soup_server_message_get_socket (form->msg), TRUE, TRUE, NULL);
  else if (fault->stall >= 0 && form->received >= fault->stall)
    soup_server_message_pause (form->msg);
  else if (fault->delay_ms > 0)
    {
      soup_server_message_pause (form->msg);
      sandbox_after (form->sandbox, fault->delay_ms, on_delay_over, g_object_ref (form->msg), g_object_unref);
    }
}

static void
on_chunk (SoupServerMessage *msg, GBytes *chunk, gpointer user_data)
{
  Form *form = user_data;
  gsize len;
  const guint8 *data = g_bytes_get_data (chunk, &len);

  form->received += (goffset) len;
  if (form->fault != NULL)
    misbehave (form);
  if (form->problem != NULL || (form->boundary == NULL && !form->raw) || form->file == NULL)
    return;
  g_byte_array_append (form->buffer, data, (guint) len);
  while (!form->in_file && take_part (form))
    ;
  if (form->in_file)
    drain (form);
  else if (form->buffer->len > MAX_HEAD)
    refuse (form, "there is too much before the file");
}

static void
check_end (Form *form)
{
  g_autofree char *end = form->boundary != NULL ? g_strdup_printf ("\r\n--%s--\r\n", form->boundary) : NULL;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (form->msg);

  if (form->file == NULL)
    refuse (form, "this address was not given out");
  else if (form->file->put != form->raw)
    refuse (form, "not by the method that was asked for");
  else if (form->raw)
    drain (form); /* an empty body, too, is a file */
  else if (form->boundary == NULL)
    refuse (form, "no multipart/form-data");
  else if (!form->in_file)
    refuse (form, "there is no file");
  else if (form->buffer->len != strlen (end) || memcmp (form->buffer->data, end, form->buffer->len) != 0)
    refuse (form, "the form does not end behind the file");
  if (form->problem == NULL && soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CONTENT_LENGTH
      && soup_message_headers_get_content_length (headers) != form->received)
    refuse (form, "Content-Length is another one");
}

/* ---- the request ---- */

void
sb_files_begin (Sandbox *sandbox, SoupServerMessage *msg, const char *path)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (msg);
  const char *method = soup_server_message_get_method (msg);
  g_autoptr (GHashTable) params = NULL;
  const char *type;
  const char *sign;
  Form *form;

  if ((strcmp (method, "POST") != 0 && strcmp (method, "PUT") != 0) || !g_str_has_prefix (path, "/upload/"))
    return;
  sign = path + strlen ("/upload/");
  type = soup_message_headers_get_content_type (headers, &params);
  form = g_new0 (Form, 1);
  form->sandbox = sandbox;
  form->msg = msg;
  form->fd = -1;
  form->buffer = g_byte_array_new ();
  form->file = g_hash_table_lookup (sandbox->files->by_sign, sign);
  form->raw = form->in_file = strcmp (method, "PUT") == 0;
  if (form->raw)
    form->type = g_strdup (type);
  else if (g_strcmp0 (type, "multipart/form-data") == 0)
    form->boundary = g_strdup (g_hash_table_lookup (params, "boundary"));
  form->fault = sb_files_take_fault (sandbox->files, TRUE, sign);
  if (form->fault != NULL)
    g_rc_box_acquire (form->fault);
  soup_message_body_set_accumulate (soup_server_message_get_request_body (msg), FALSE);
  g_object_set_data_full (G_OBJECT (msg), "form", form, form_free);
  g_signal_connect (msg, "got-chunk", G_CALLBACK (on_chunk), form);
}

/* The storage of a cloud must not get our token. */
static void
check_token (Form *form)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (form->msg);
  const char *token = soup_message_headers_get_one (headers, "access-token");
  gboolean elsewhere = sb_is_elsewhere (form->sandbox, form->msg);

  if (elsewhere && form->file != NULL && (form->file->oss || form->file->put) && token != NULL)
    sb_trace_violation (form->sandbox, 0, "upload: the token was given to another host");
}

void
sb_upload_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *sign)
{
  static const char good[] = "{\"code\":200,\"data\":true,\"message\":null}", good_oss[] = "{\"Status\":\"OK\"}";
  static const char bad[] = "{\"code\":400,\"data\":false,\"message\":\"bad upload\"}";
  Form *form = g_object_get_data (G_OBJECT (msg), "form");
  const SbFileFault *fault = form->fault;
  const char *answer = bad;

  check_end (form);
  check_token (form);
  if (form->problem != NULL)
    sb_trace_violation (sandbox, 0, "upload: %s", form->problem);
  else if (fault == NULL || (fault->status == 0 && fault->redirect == NULL && fault->body == NULL))
    {
      SbFile *file = form->file;

      if (file->fd >= 0)
        close (file->fd);
      file->fd = form->fd;
      form->fd = -1;
      file->size = form->size;
      g_free (file->type);
      file->type = g_steal_pointer (&form->type);
      sandbox->files->n_uploads++;
      answer = file->put ? "" : file->oss ? good_oss : good;
    }
  if (fault != NULL && fault->body != NULL)
    answer = fault->body;
  sb_trace_rest (sandbox, form->raw ? "PUT" : "POST", "/upload", 0, answer == bad ? SB_BAD_REQUEST : SB_OK);
  if (fault != NULL && fault->redirect != NULL)
    soup_message_headers_replace (soup_server_message_get_response_headers (msg), "Location", fault->redirect);
  soup_server_message_set_status (msg, fault != NULL && fault->status != 0 ? fault->status : SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (msg, "application/json", SOUP_MEMORY_COPY, answer, strlen (answer));
}
