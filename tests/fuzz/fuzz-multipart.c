/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Forms with names and fields that the service or a client chose: none of them breaks out of its place. The input is: how many fields, in
 * pieces of how many bytes it is read, then the texts and the file, 0xff between two.
 */
#include <string.h>

#include "fuzz.h"
#include "net/storage/multipart.h"

/* The next text; (transfer full). */
static char *
next_text (const uint8_t **data, size_t *size)
{
  const uint8_t *end = *size > 0 ? memchr (*data, 0xff, *size) : NULL;
  size_t len = end != NULL ? (size_t) (end - *data) : *size;
  g_autofree char *raw = g_strndup ((const char *) *data, len);

  *data += end != NULL ? len + 1 : len;
  *size -= end != NULL ? len + 1 : len;
  return g_utf8_make_valid (raw, -1);
}

static guint
count (const char *text, gsize len, const char *what)
{
  guint n = 0;
  const char *end = text + len;

  for (const char *at = text; (at = memmem (at, (gsize) (end - at), what, strlen (what))) != NULL; at += strlen (what))
    n++;
  return n;
}

static GByteArray *
read_all (GInputStream *stream, gsize piece)
{
  GByteArray *all = g_byte_array_new ();
  guint8 buffer[256];
  gssize n;

  while ((n = g_input_stream_read (stream, buffer, piece, NULL, NULL)) > 0)
    g_byte_array_append (all, buffer, (guint) n);
  g_assert_cmpint (n, ==, 0);
  return all;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *name = NULL;
  g_autofree char *type = NULL;
  g_autofree char *boundary = NULL;
  g_autofree char *head = NULL;
  g_autoptr (GInputStream) file = NULL;
  g_autoptr (FlooMultipart) body = NULL;
  g_autoptr (GByteArray) all = NULL;
  guint n_fields;
  gsize piece, file_size, head_len;

  if (size < 2)
    return 0;
  n_fields = data[0] % 6;
  piece = MAX (data[1], 1);
  data += 2;
  size -= 2;
  for (guint i = 0; i < 2 * n_fields; i++)
    g_ptr_array_add (fields, next_text (&data, &size));
  g_ptr_array_add (fields, NULL);
  name = next_text (&data, &size);
  type = next_text (&data, &size);
  file_size = size;
  file = g_memory_input_stream_new_from_data (g_memdup2 (data, size), (gssize) size, g_free);
  body = floo_multipart_new ((const char *const *) fields->pdata, name, type, file, (goffset) file_size);

  boundary = g_strconcat ("--", strstr (floo_multipart_get_content_type (body), "boundary=") + strlen ("boundary="), NULL);
  all = read_all (G_INPUT_STREAM (body), piece);
  head_len = (gsize) floo_multipart_get_head_length (body);
  g_assert_cmpint (floo_multipart_get_length (body), ==, all->len);
  g_assert_cmpuint (head_len + file_size, <=, all->len);
  if (file_size > 0)
    g_assert_cmpint (memcmp (all->data + head_len, data, file_size), ==, 0);
  head = g_strndup ((const char *) all->data, head_len);
  g_assert_cmpuint (strlen (head), ==, head_len);
  /* A part for each field and one for the file, and no further header. */
  g_assert_cmpuint (count (head, head_len, boundary), ==, n_fields + 1);
  g_assert_cmpuint (count ((const char *) all->data + head_len + file_size, all->len - head_len - file_size, boundary), ==, 1);
  g_assert_true (g_str_has_suffix (head, "\r\n\r\n"));
  return 0;
}
