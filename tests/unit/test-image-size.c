/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The size of images: each format, cut at every byte, and headers that make no sense. */
#include <string.h>

#include "base/image-size.h"

typedef struct {
  const guint8 *data;
  gsize len;
  guint reads;
} Source;

static gsize
read_at (gpointer user_data, guint64 offset, guint8 *buffer, gsize len)
{
  Source *source = user_data;
  gsize n = offset < source->len ? MIN (len, source->len - (gsize) offset) : 0;

  source->reads++;
  if (n > 0)
    memcpy (buffer, source->data + offset, n);
  return n;
}

#define BYTES(text) (const guint8 *) text, sizeof text - 1

static const struct {
  const char *name;
  const guint8 *data;
  gsize len;
  guint width, height;
} images[] = {
  { "png", BYTES ("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0"), 640, 480 },
  { "gif87", BYTES ("GIF87a\x80\x02\xe0\x01\0\0"), 640, 480 },
  { "gif89", BYTES ("GIF89a\x01\0\x02\0\0\0"), 1, 2 },
  { "bmp", BYTES ("BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0\x80\x02\0\0\xe0\x01\0\0"), 640, 480 },
  { "bmp from the top", BYTES ("BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0\x80\x02\0\0\x20\xfe\xff\xff"), 640, 480 },
  { "old bmp", BYTES ("BM\0\0\0\0\0\0\0\0\0\0\0\0\x0c\0\0\0\x80\x02\xe0\x01"), 640, 480 },
  { "webp lossy", BYTES ("RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01"), 640, 480 },
  { "webp lossless", BYTES ("RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x7f\xc2\x77\x00"), 640, 480 },
  { "webp extended", BYTES ("RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0"), 640, 480 },
  { "jpeg", BYTES ("\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
           "\xff\xdb\0\x04\0\0\xff\xc0\0\x11\x08\x01\xe0\x02\x80\x03"), 640, 480 },
  { "jpeg with filling", BYTES ("\xff\xd8\xff\xff\xff\xe0\0\x04\0\0\xff\xc2\0\x11\x08\x01\xe0\x02\x80\x03"), 640, 480 },
  { "jpeg on its side, little-endian",
    BYTES ("\xff\xd8\xff\xe1\0\x22" "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
           "\xff\xc0\0\x11\x08\x01\xe0\x02\x80\x03"), 480, 640 },
  { "jpeg on its side, big-endian",
    BYTES ("\xff\xd8\xff\xe1\0\x22" "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0"
           "\xff\xc0\0\x11\x08\x01\xe0\x02\x80\x03"), 480, 640 },
  { "jpeg upright with EXIF",
    BYTES ("\xff\xd8\xff\xe1\0\x22" "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0"
           "\xff\xc0\0\x11\x08\x01\xe0\x02\x80\x03"), 640, 480 },
};

static void
test_formats (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (images); i++)
    {
      Source source = { images[i].data, images[i].len };
      guint width = 0, height = 0;

      g_test_message ("%s", images[i].name);
      g_assert_true (floo_image_size (read_at, &source, &width, &height));
      g_assert_cmpuint (width, ==, images[i].width);
      g_assert_cmpuint (height, ==, images[i].height);
    }
}

/* Cut at any byte: a size or none, and nothing is read beyond the end. */
static void
test_cut (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (images); i++)
    for (gsize len = 0; len < images[i].len; len++)
      {
        g_autofree guint8 *data = g_memdup2 (images[i].data, len);
        Source source = { data, len };
        guint width = 0, height = 0;

        if (floo_image_size (read_at, &source, &width, &height))
          g_assert_cmpuint (width, >, 0);
        else
          g_assert_cmpuint (width + height, ==, 0);
      }
}

static void
test_hostile (void)
{
  static const struct {
    const guint8 *data;
    gsize len;
  } cases[] = {
    { BYTES ("") },
    { BYTES ("hello, this is no image") },
    { BYTES ("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff\xff\xff\xff\xff\xff\xff") },
    { BYTES ("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\x01") },
    { BYTES ("\x89PNG\r\n\x1a\n\0\0\0\rIDAT\0\0\0\x01\0\0\0\x01") },
    { BYTES ("\xff\xd8\xff\xe0\0\0\0\0\0\0\0\0\0\0") },
    { BYTES ("\xff\xd8\xff\xe0\0\x01\0\0\0\0\0\0\0\0") },
    { BYTES ("\xff\xd8\xff\xda\0\x04\0\0\0\0\0\0\0\0") },
    { BYTES ("\xff\xd8\xff\xc0\0\x02\x08\x01\xe0\x02\x80\x03\0\0") },
    { BYTES ("BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0\x80\x02\0\0\0\0\0\x80") },
    { BYTES ("RIFF\0\0\0\0WAVEfmt ") },
    { BYTES ("\xff\xd8\xff\xe1\0\x22" "Exif\0\0II*\0\xff\xff\xff\xff\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0\xff\xd9\0\x11") },
  };
  g_autofree guint8 *endless = g_malloc (1 << 20);
  Source source = { endless, 1 << 20 };
  guint width, height;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Source one = { cases[i].data, cases[i].len };

      g_assert_false (floo_image_size (read_at, &one, &width, &height));
    }
  /* Nothing but fill bytes, and nothing but empty segments: the search is limited. */
  memset (endless, 0xff, 1 << 20);
  endless[1] = 0xd8;
  g_assert_false (floo_image_size (read_at, &source, &width, &height));
  for (gsize i = 2; i + 4 <= 1 << 20; i += 4)
    memcpy (endless + i, "\xff\xe0\0\x02", 4);
  g_assert_false (floo_image_size (read_at, &source, &width, &height));
  g_assert_cmpuint (source.reads, <, 3000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/image-size/formats", test_formats);
  g_test_add_func ("/base/image-size/cut", test_cut);
  g_test_add_func ("/base/image-size/hostile", test_hostile);
  return g_test_run ();
}
