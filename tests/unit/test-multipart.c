/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forms as a stream: the same bytes however they are read, for every size around that of the buffer; and names that try to inject headers. */
#include <string.h>

#include "base/error.h"
#include "net/storage/multipart.h"

static GInputStream *
pattern (gsize size)
{
  char *data = g_malloc (size + 1);

  for (gsize i = 0; i < size; i++)
    data[i] = (char) (i * 31 + i / 251);
  return g_memory_input_stream_new_from_data (data, (gssize) size, g_free);
}

/* @step: bytes a read */
static GByteArray *
read_all (GInputStream *stream, gsize step, GError **error)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_autofree guint8 *buffer = g_malloc (step);
  gssize n;

  while ((n = g_input_stream_read (stream, buffer, step, NULL, error)) > 0)
    g_byte_array_append (all, buffer, (guint) n);
  return n < 0 ? NULL : g_steal_pointer (&all);
}

static GByteArray *
expected (FlooMultipart *form, const char *fields, gsize size)
{
  const char *boundary = strchr (floo_multipart_get_content_type (form), '=') + 1;
  g_auto (GStrv) parts = g_strsplit (fields, "@", -1);
  g_autofree char *opening = g_strdup_printf ("--%s", boundary);
  g_autofree char *head = g_strjoinv (opening, parts);
  g_autofree char *tail = g_strdup_printf ("\r\n--%s--\r\n", boundary);
  g_autoptr (GInputStream) file = pattern (size);
  g_autoptr (GByteArray) content = read_all (file, 65536, NULL);
  GByteArray *all = g_byte_array_new ();

  g_byte_array_append (all, (const guint8 *) head, (guint) strlen (head));
  g_byte_array_append (all, content->data, content->len);
  g_byte_array_append (all, (const guint8 *) tail, (guint) strlen (tail));
  return all;
}

static const char *const fields[] = { "OSSAccessKeyId", "id", "policy", "p=\"1\"", NULL };
static const char fields_text[] = "@\r\nContent-Disposition: form-data; name=\"OSSAccessKeyId\"\r\n\r\nid\r\n"
                                  "@\r\nContent-Disposition: form-data; name=\"policy\"\r\n\r\np=\"1\"\r\n"
                                  "@\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.txt\"\r\n"
                                  "Content-Type: text/plain\r\n\r\n";

static void
test_bytes (void)
{
  static const gsize sizes[] = { 0, 1, 8191, 262143, 262144, 262145, 600000 };
  static const gsize steps[] = { 1, 7, 8192, 1 << 20 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint j = sizes[i] > 10000 ? 2 : 0; j < G_N_ELEMENTS (steps); j++)
      for (int known = 0; known < 2; known++)
        {
          g_autoptr (GInputStream) file = pattern (sizes[i]);
          g_autoptr (FlooMultipart) form = floo_multipart_new (fields, "a b.txt", "text/plain", file, known ? (goffset) sizes[i] : -1);
          g_autoptr (GError) error = NULL;
          g_autoptr (GByteArray) all = read_all (G_INPUT_STREAM (form), steps[j], &error);
          g_autoptr (GByteArray) wanted = expected (form, fields_text, sizes[i]);

          g_assert_no_error (error);
          g_assert_cmpmem (all->data, all->len, wanted->data, wanted->len);
          g_assert_cmpint (floo_multipart_get_length (form), ==, known ? (goffset) all->len : -1);
        }
}

/* A file that has grown meanwhile is cut, one that has shrunk is an error. */
static void
test_changed_file (void)
{
  g_autoptr (GInputStream) longer = pattern (1000);
  g_autoptr (FlooMultipart) cut = floo_multipart_new (NULL, "x", "text/plain", longer, 300);
  g_autoptr (GInputStream) shorter = pattern (1000);
  g_autoptr (FlooMultipart) broken = floo_multipart_new (NULL, "x", "text/plain", shorter, 1001);
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) all = read_all (G_INPUT_STREAM (cut), 100, &error);
  g_autoptr (GByteArray) none = NULL;

  g_assert_no_error (error);
  g_assert_cmpint ((goffset) all->len, ==, floo_multipart_get_length (cut));
  none = read_all (G_INPUT_STREAM (broken), 100, &error);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_FILE);
  g_assert_null (none);
}

/* Nothing in a name or type ends its line. */
static void
test_names (void)
{
  g_autoptr (GInputStream) file = pattern (0);
  g_autoptr (FlooMultipart) form = floo_multipart_new (NULL, "a\"\r\nX: y\n", "text/plain\r\nX: y", file, 0);
  g_autoptr (GByteArray) all = read_all (G_INPUT_STREAM (form), 4096, NULL);
  g_autofree char *text = g_strndup ((const char *) all->data, all->len);

  g_assert_nonnull (strstr (text, "filename=\"a%22%0D%0AX: y%0A\"\r\nContent-Type: application/octet-stream\r\n\r\n"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/multipart/bytes", test_bytes);
  g_test_add_func ("/net/multipart/changed-file", test_changed_file);
  g_test_add_func ("/net/multipart/names", test_names);
  return g_test_run ();
}
