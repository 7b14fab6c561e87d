/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/storage/multipart.h"

#include <string.h>

#include "base/error.h"

/* What is read from the file at once; libsoup takes 8 KiB a time. */
#define BUFFER_SIZE (256u << 10)

struct _FlooMultipart {
  GInputStream parent_instance;

  char *content_type;
  GString *head;
  char *tail;
  GInputStream *file;
  goffset size; /* -1: not known */

  goffset file_read;   /* bytes of the file that were read */
  gboolean file_ended;
  char *buffer;        /* of the file */
  const char *ready;   /* what goes out next, within head, buffer or tail */
  gsize n_ready;
  gboolean tail_given;
};

G_DEFINE_FINAL_TYPE (FlooMultipart, floo_multipart, G_TYPE_INPUT_STREAM)

/* -- what it is made of -- */

/* A name in quotes, as browsers write it. */
static void
append_quoted (GString *text, const char *name)
{
  g_string_append_c (text, '"');
  for (const char *p = name; *p != '\0'; p++)
    {
      if (*p == '"' || *p == '\r' || *p == '\n')
        g_string_append_printf (text, "%%%02X", (guint) *p);
      else
        g_string_append_c (text, *p);
    }
  g_string_append_c (text, '"');
}

static gboolean
is_header_value (const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    if (!g_ascii_isprint (*p))
      return FALSE;
  return *text != '\0';
}

static void
build_head (FlooMultipart *self, const char *boundary, const char *const *fields, const char *name, const char *type)
{
  for (guint i = 0; fields != NULL && fields[i] != NULL; i += 2)
    {
      g_string_append_printf (self->head, "--%s\r\nContent-Disposition: form-data; name=", boundary);
      append_quoted (self->head, fields[i]);
      g_string_append_printf (self->head, "\r\n\r\n%s\r\n", fields[i + 1]);
    }
  g_string_append_printf (self->head, "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=", boundary);
  append_quoted (self->head, name);
  g_string_append_printf (self->head, "\r\nContent-Type: %s\r\n\r\n", is_header_value (type) ? type : "application/octet-stream");
}

FlooMultipart *
floo_multipart_new (const char *const *fields, const char *name, const char *type, GInputStream *file, goffset size)
{
  FlooMultipart *self;
  g_autofree char *boundary = NULL;

  g_return_val_if_fail (name != NULL && type != NULL && G_IS_INPUT_STREAM (file) && size >= -1, NULL);

  self = g_object_new (FLOO_TYPE_MULTIPART, NULL);
  boundary = g_strdup_printf ("----flooim%08x%08x%08x%08x", g_random_int (), g_random_int (), g_random_int (), g_random_int ());
  self->content_type = g_strconcat ("multipart/form-data; boundary=", boundary, NULL);
  self->tail = g_strdup_printf ("\r\n--%s--\r\n", boundary);
  self->file = g_object_ref (file);
  self->size = size;
  build_head (self, boundary, fields, name, type);
  self->ready = self->head->str;
  self->n_ready = self->head->len;
  return self;
}

const char *
floo_multipart_get_content_type (FlooMultipart *self)
{
  g_return_val_if_fail (FLOO_IS_MULTIPART (self), NULL);
  return self->content_type;
}

goffset
floo_multipart_get_length (FlooMultipart *self)
{
  g_return_val_if_fail (FLOO_IS_MULTIPART (self), -1);
  return self->size < 0 ? -1 : (goffset) self->head->len + self->size + (goffset) strlen (self->tail);
}

goffset
floo_multipart_get_head_length (FlooMultipart *self)
{
  g_return_val_if_fail (FLOO_IS_MULTIPART (self), 0);
  return (goffset) self->head->len;
}

/* -- reading -- */

static gboolean
fill_from_file (FlooMultipart *self, GCancellable *cancellable, GError **error)
{
  goffset left = self->size < 0 ? BUFFER_SIZE : self->size - self->file_read;
  gssize n = 0;

  if (self->buffer == NULL)
    self->buffer = g_malloc (BUFFER_SIZE);
  if (left > 0)
    n = g_input_stream_read (self->file, self->buffer, (gsize) MIN (left, (goffset) BUFFER_SIZE), cancellable, error);
  if (n < 0)
    return FALSE;
  if (n == 0 && self->size >= 0 && left > 0)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE,
                   "the file ended after %" G_GOFFSET_FORMAT " of %" G_GOFFSET_FORMAT " bytes: it was changed meanwhile", self->file_read,
                   self->size);
      return FALSE;
    }
  self->file_read += n;
  self->file_ended = n == 0;
  self->ready = self->buffer;
  self->n_ready = (gsize) n;
  return TRUE;
}

/* Fills the buffer, unless the end is reached. */
static gboolean
fill (FlooMultipart *self, GCancellable *cancellable, GError **error)
{
  if (self->n_ready == 0 && !self->file_ended && !fill_from_file (self, cancellable, error))
    return FALSE;
  if (self->n_ready == 0 && self->file_ended && !self->tail_given)
    {
      self->tail_given = TRUE;
      self->ready = self->tail;
      self->n_ready = strlen (self->tail);
    }
  return TRUE;
}

static gssize
take (FlooMultipart *self, void *buffer, gsize count)
{
  gsize n = MIN (count, self->n_ready);

  if (n > 0)
    memcpy (buffer, self->ready, n);
  self->ready += n;
  self->n_ready -= n;
  return (gssize) n;
}

static gssize
floo_multipart_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  FlooMultipart *self = FLOO_MULTIPART (stream);

  return fill (self, cancellable, error) ? take (self, buffer, count) : -1;
}

static gboolean
floo_multipart_close (GInputStream *stream, GCancellable *cancellable, GError **error)
{
  return TRUE; /* the file belongs to the caller */
}

static void
floo_multipart_finalize (GObject *object)
{
  FlooMultipart *self = FLOO_MULTIPART (object);

  g_clear_object (&self->file);
  g_string_free (self->head, TRUE);
  g_free (self->content_type);
  g_free (self->tail);
  g_free (self->buffer);
  G_OBJECT_CLASS (floo_multipart_parent_class)->finalize (object);
}

static void
floo_multipart_class_init (FlooMultipartClass *class)
{
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = floo_multipart_finalize;
  stream_class->read_fn = floo_multipart_read;
  stream_class->close_fn = floo_multipart_close;
}

static void
floo_multipart_init (FlooMultipart *self)
{
  self->head = g_string_new (NULL);
}
