/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images and media types of untrusted files: a size is within its limits, needs few reads, and is the same the second time. */
#include <string.h>

#include "base/image-size.h"
#include "base/media-type.h"
#include "fuzz.h"

#define MAX_READS 2000

typedef struct {
  const uint8_t *data;
  size_t size;
  guint reads;
} Source;

static gsize
read_at (gpointer user_data, guint64 offset, guint8 *buffer, gsize len)
{
  Source *source = user_data;
  gsize n = offset < source->size ? MIN (len, source->size - (gsize) offset) : 0;

  source->reads++;
  if (n > 0)
    memcpy (buffer, source->data + offset, n);
  return n;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Source source = { data, size, 0 };
  guint width = 0, height = 0, again[2] = { 0, 0 };
  gboolean found = floo_image_size (read_at, &source, &width, &height);
  g_autofree char *type = floo_media_type_guess ("a file", data, size);

  g_assert_cmpuint (source.reads, <=, MAX_READS);
  g_assert_true (found == floo_image_size (read_at, &source, &again[0], &again[1]));
  if (found)
    {
      g_assert_true (width > 0 && width <= 1 << 20 && height > 0 && height <= 1 << 20);
      g_assert_true (again[0] == width && again[1] == height);
    }
  g_assert_nonnull (strchr (type, '/'));
  return 0;
}
