/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * download.c: files on their way to a client. The bytes are written by hand, so that every part of them can be wrong.
 */
#include "files-private.h"

#include <string.h>
#include <unistd.h>

#include "cors.h"
#include "thumbnail.h"
#include "trace.h"

#define PIECE (64u << 10)

/* One answer under way. */
typedef struct {
  Sandbox *sandbox;
  GIOStream *connection;
  GCancellable *cancellable;
  int fd;                 /* -1: from data */
  GBytes *data;           /* (nullable) */
  goffset at;
  goffset end;
  goffset sent;
  SbFileFault fault;      /* without its texts */
  char *piece;
  char *head;
  gboolean writing;
  GSource *timer;
} Sending;

static void send_piece (Sending *sending);

static void
sending_free (gpointer data)
{
  Sending *sending = data;

  if (sending->timer != NULL)
    {
      g_source_destroy (sending->timer);
      g_source_unref (sending->timer);
    }
  if (sending->fd >= 0)
    close (sending->fd);
  g_clear_pointer (&sending->data, g_bytes_unref);
  g_object_unref (sending->connection);
  g_object_unref (sending->cancellable);
  g_free (sending->head);
  g_free (sending->piece);
  g_free (sending);
}

GHashTable *
sb_downloads_new (void)
{
  return g_hash_table_new (NULL, NULL);
}

void
sb_downloads_end (SbFiles *files)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, files->sendings);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      Sending *sending = key;

      if (sending->writing)
        {
          g_cancellable_cancel (sending->cancellable);
          continue;
        }
      g_hash_table_iter_remove (&iter);
      sending_free (sending);
    }
  while (g_hash_table_size (files->sendings) > 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
end (Sending *sending)
{
  g_hash_table_remove (sending->sandbox->files->sendings, sending);
  g_io_stream_close (sending->connection, NULL, NULL);
  sending_free (sending);
}

static void
on_written (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  Sending *sending = user_data;
  g_autoptr (GError) error = NULL;
  gboolean ok = g_output_stream_write_all_finish (G_OUTPUT_STREAM (stream), result, NULL, &error);

  sending->writing = FALSE;
  if (!ok)
    end (sending);
  else
    send_piece (sending);
}

static void
write_out (Sending *sending, const void *data, gsize len)
{
  sending->writing = TRUE;
  g_output_stream_write_all_async (g_io_stream_get_output_stream (sending->connection), data, len, G_PRIORITY_DEFAULT, sending->cancellable,
                                   on_written, sending);
}

/* How much of the next piece is sent before the fault that was ordered. */
static gsize
room (const Sending *sending, gsize len)
{
  goffset limit = sending->fault.cut >= 0 ? sending->fault.cut : sending->fault.stall;

  return limit < 0 ? len : (gsize) MIN ((goffset) len, MAX (limit - sending->sent, 0));
}

static void
write_piece (Sending *sending)
{
  gsize len = sending->fault.endless ? PIECE : (gsize) MIN ((goffset) PIECE, sending->end - sending->at);
  gsize want = len;

  len = room (sending, len);
  if (len == 0 && want > 0 && sending->fault.cut < 0)
    return; /* stalled: nothing more is sent */
  if (len == 0)
    {
      end (sending);
      return;
    }
  if (sending->piece == NULL)
    sending->piece = g_malloc0 (PIECE);
  if (sending->fd >= 0 && !sending->fault.endless)
    {
      if (pread (sending->fd, sending->piece, len, sending->at) != (gssize) len)
        g_error ("a file cannot be read");
    }
  else if (sending->data != NULL && !sending->fault.endless)
    memcpy (sending->piece, (const guint8 *) g_bytes_get_data (sending->data, NULL) + sending->at, len);
  sending->at += (goffset) len;
  sending->sent += (goffset) len;
  write_out (sending, sending->piece, len);
}

static gboolean
on_delay_over (gpointer user_data)
{
  Sending *sending = user_data;

  g_clear_pointer (&sending->timer, g_source_unref);
  write_piece (sending);
  return G_SOURCE_REMOVE;
}

static void
send_piece (Sending *sending)
{
  if (sending->fault.delay_ms == 0 || sending->sent == 0)
    {
      write_piece (sending);
      return;
    }
  sending->timer = g_timeout_source_new (sending->fault.delay_ms);
  g_source_set_callback (sending->timer, on_delay_over, sending, NULL);
  g_source_attach (sending->timer, NULL);
}

/* ---- the head ---- */

/* "bytes=N-" of this version of the file. FALSE: the whole file is wanted */
static gboolean
wants_rest (SoupServerMessage *msg, const char *tag, goffset size, goffset *start)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (msg);
  const char *range = soup_message_headers_get_one (headers, "Range");
  const char *condition = soup_message_headers_get_one (headers, "If-Range");
  char *rest;

  if (range == NULL || !g_str_has_prefix (range, "bytes=") || (condition != NULL && strcmp (condition, tag) != 0))
    return FALSE;
  *start = g_ascii_strtoll (range + 6, &rest, 10);
  return strcmp (rest, "-") == 0 && *start > 0 && *start < size;
}

/* @data: (nullable): what is sent instead of the file, a PNG */
static void
send_file (Sandbox *sandbox, SoupServerMessage *msg, const SbFile *file, GBytes *data, const char *sign)
{
  static const SbFileFault none = { .cut = -1, .stall = -1 };
  const SbFileFault *fault = sb_files_take_fault (sandbox->files, FALSE, sign);
  Sending *sending = g_new0 (Sending, 1);
  g_autofree char *tag = g_strdup_printf ("\"%s\"", sign);
  g_autoptr (GString) head = g_string_new (NULL);
  goffset size = data == NULL ? file->size : (goffset) g_bytes_get_size (data), start = 0;
  gboolean rest;

  fault = fault != NULL ? fault : &none;
  rest = !fault->ignore_range && wants_rest (msg, tag, size, &start);
  start = !rest ? 0 : fault->wrong_range ? start + 1 : start;
  sandbox->files->n_partial += rest ? 1 : 0;
  g_string_append_printf (head, "HTTP/1.1 %s\r\nContent-Type: %s\r\nETag: %s\r\nConnection: close\r\n",
                          rest ? "206 Partial Content" : "200 OK", data != NULL ? "image/png" : file->type, tag);
  if (rest)
    g_string_append_printf (head, "Content-Range: bytes %" G_GOFFSET_FORMAT "-%" G_GOFFSET_FORMAT "/%" G_GOFFSET_FORMAT "\r\n", start,
                            size - 1, size);
  if (fault->length != NULL)
    g_string_append_printf (head, "Content-Length: %s\r\n", fault->length);
  else if (!fault->chunked && !fault->endless)
    g_string_append_printf (head, "Content-Length: %" G_GOFFSET_FORMAT "\r\n", size - start);
  if (fault->encoding != NULL)
    g_string_append_printf (head, "Content-Encoding: %s\r\n", fault->encoding);
  /* Written by hand, as the rest of the head: libsoup does not send this answer. */
  if (sb_cors_origin (msg) != NULL)
    g_string_append_printf (head, "Access-Control-Allow-Origin: %s\r\nAccess-Control-Allow-Credentials: true\r\n", sb_cors_origin (msg));
  g_string_append (head, "\r\n");

  sending->sandbox = sandbox;
  sending->fd = data == NULL ? dup (file->fd) : -1;
  sending->data = data == NULL ? NULL : g_bytes_ref (data);
  sending->at = start;
  sending->end = size;
  sending->fault = *fault;
  sending->cancellable = g_cancellable_new ();
  sending->connection = soup_server_message_steal_connection (msg);
  g_hash_table_add (sandbox->files->sendings, sending);
  sending->head = g_strndup (head->str, head->len);
  write_out (sending, sending->head, head->len);
}

/* ---- the request ---- */

static const char *
parameter (SoupServerMessage *msg, GHashTable *query, const char *name)
{
  const char *value = query == NULL ? NULL : g_hash_table_lookup (query, name);

  return value != NULL ? value : soup_message_headers_get_one (soup_server_message_get_request_headers (msg), name);
}

/* The requested width or height of a thumbnail. */
static int
side (SoupServerMessage *msg, GHashTable *query, const char *name)
{
  const char *text = parameter (msg, query, name);
  guint64 n;

  return text != NULL && g_ascii_string_to_unsigned (text, 10, 1, 4096, &n, NULL) ? (int) n : SB_THUMBNAIL_SIZE;
}

/* The fault that was ordered instead of a file. */
static gboolean
answer_otherwise (Sandbox *sandbox, SoupServerMessage *msg, const char *sign)
{
  for (guint i = 0; i < sandbox->files->faults->len; i++)
    {
      SbFileFault *fault = sandbox->files->faults->pdata[i];
      g_autofree char *elsewhere = NULL;

      if (fault->upload || fault->count == 0 || (fault->status == 0 && fault->redirect == NULL)
          || (fault->path != NULL && g_strcmp0 (fault->path, sign) != 0))
        continue;
      sandbox_take (&fault->count);
      elsewhere = g_strdup_printf ("%s/elsewhere/%s", sandbox->elsewhere, sign);
      soup_server_message_set_status (msg, fault->status != 0 ? fault->status : SOUP_STATUS_FOUND, NULL);
      if (fault->redirect != NULL)
        soup_message_headers_replace (soup_server_message_get_response_headers (msg), "Location",
                                      strcmp (fault->redirect, "elsewhere") == 0 ? elsewhere : fault->redirect);
      return TRUE;
    }
  return FALSE;
}

void
sb_download_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *path, GHashTable *query)
{
  const char *token = parameter (msg, query, "access-token");
  const char *app_id = parameter (msg, query, "app_id");
  gboolean elsewhere = sb_is_elsewhere (sandbox, msg);
  const char *sign
      = elsewhere ? strrchr (path, '/') + 1 : parameter (msg, query, g_str_has_suffix (path, "/chat") ? "file_sign" : "object_name");
  const char *image_type = parameter (msg, query, "image_type");
  SbUser *user = token == NULL ? NULL : sb_state_user_by_token (sandbox->state, token);
  SbFile *file = sign == NULL ? NULL : g_hash_table_lookup (sandbox->files->by_sign, sign);
  gboolean small = g_strcmp0 (image_type, "2") == 0 || g_strcmp0 (image_type, "3") == 0;

  if (elsewhere && (token != NULL || app_id != NULL))
    sb_trace_violation (sandbox, 0, "download: the token was given to another host");
  if (!elsewhere && (user == NULL || g_strcmp0 (app_id, SB_APP_ID) != 0))
    soup_server_message_set_status (msg, SOUP_STATUS_FORBIDDEN, NULL);
  else if (file == NULL || file->fd < 0)
    soup_server_message_set_status (msg, SOUP_STATUS_NOT_FOUND, NULL);
  else if (!answer_otherwise (sandbox, msg, sign))
    {
      g_autoptr (GBytes) thumbnail
          = small ? sb_thumbnail_new (file->fd, side (msg, query, "w"), side (msg, query, "h")) : NULL;

      soup_server_message_set_status (msg, SOUP_STATUS_OK, NULL);
      sb_trace_rest (sandbox, "GET", path, user == NULL ? 0 : user->id, SOUP_STATUS_OK);
      send_file (sandbox, msg, file, thumbnail, sign);
      return;
    }
  sb_trace_rest (sandbox, "GET", path, user == NULL ? 0 : user->id, (int) soup_server_message_get_status (msg));
}
