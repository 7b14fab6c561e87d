/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/image-size.h"

#include <string.h>

#define HEADER_SIZE 32
#define MAX_PIXELS (1u << 20)
/* Segments of a JPEG before its frame header, and entries of its EXIF directory. */
#define MAX_SEGMENTS 500
#define MAX_ENTRIES 200

typedef struct {
  FlooReadAt read_at;
  gpointer source;
} Reader;

static gboolean
read_all (const Reader *reader, guint64 offset, guint8 *buffer, gsize len)
{
  return reader->read_at (reader->source, offset, buffer, len) == len;
}

static guint32
be16 (const guint8 *p)
{
  return (guint32) p[0] << 8 | p[1];
}

static guint32
be32 (const guint8 *p)
{
  return be16 (p) << 16 | be16 (p + 2);
}

static guint32
le16 (const guint8 *p)
{
  return (guint32) p[1] << 8 | p[0];
}

static guint32
le24 (const guint8 *p)
{
  return (guint32) p[2] << 16 | le16 (p);
}

static guint32
le32 (const guint8 *p)
{
  return le16 (p + 2) << 16 | le16 (p);
}

static gboolean
read_png (const Reader *reader, const guint8 *head, guint *width, guint *height)
{
  if (memcmp (head + 12, "IHDR", 4) != 0)
    return FALSE;
  *width = be32 (head + 16);
  *height = be32 (head + 20);
  return TRUE;
}

static gboolean
read_gif (const Reader *reader, const guint8 *head, guint *width, guint *height)
{
  *width = le16 (head + 6);
  *height = le16 (head + 8);
  return TRUE;
}

static gboolean
read_bmp (const Reader *reader, const guint8 *head, guint *width, guint *height)
{
  guint32 size = le32 (head + 14);
  gint32 rows = (gint32) le32 (head + 22);

  if (size == 12)
    {
      *width = le16 (head + 18);
      *height = le16 (head + 20);
      return TRUE;
    }
  *width = le32 (head + 18);
  *height = rows == G_MININT32 ? 0 : (guint) ABS (rows); /* negative: from the top down */
  return size >= 40 && size <= 256;
}

static gboolean
read_webp (const Reader *reader, const guint8 *head, guint *width, guint *height)
{
  if (memcmp (head + 8, "WEBP", 4) != 0)
    return FALSE;
  if (memcmp (head + 12, "VP8 ", 4) == 0)
    {
      *width = le16 (head + 26) & 0x3fff;
      *height = le16 (head + 28) & 0x3fff;
      return head[23] == 0x9d && head[24] == 0x01 && head[25] == 0x2a;
    }
  if (memcmp (head + 12, "VP8L", 4) == 0)
    {
      guint32 bits = le32 (head + 21);

      *width = (bits & 0x3fff) + 1;
      *height = (bits >> 14 & 0x3fff) + 1;
      return head[20] == 0x2f;
    }
  *width = le24 (head + 24) + 1;
  *height = le24 (head + 27) + 1;
  return memcmp (head + 12, "VP8X", 4) == 0;
}

/* ---- JPEG ---- */

/* Whether the EXIF segment at @offset of @len bytes says that the image is rotated by a quarter turn. */
static gboolean
is_sideways (const Reader *reader, guint64 offset, guint len)
{
  guint8 head[16], entry[12];
  guint32 (*u16) (const guint8 *);
  guint32 (*u32) (const guint8 *);
  guint32 directory, n;

  if (len < 16 || !read_all (reader, offset, head, sizeof head) || memcmp (head, "Exif\0", 6) != 0)
    return FALSE;
  if (memcmp (head + 6, "II", 2) != 0 && memcmp (head + 6, "MM", 2) != 0)
    return FALSE;
  u16 = head[6] == 'I' ? le16 : be16;
  u32 = head[6] == 'I' ? le32 : be32;
  directory = u32 (head + 10);
  if (directory > len - 8 || !read_all (reader, offset + 6 + directory, entry, 2))
    return FALSE;
  n = MIN (u16 (entry), MAX_ENTRIES);
  for (guint32 i = 0; i < n; i++)
    {
      guint32 at = directory + 2 + 12 * i;

      if (at + 12 > len - 6 || !read_all (reader, offset + 6 + at, entry, sizeof entry))
        return FALSE;
      if (u16 (entry) == 0x0112)
        return u16 (entry + 8) >= 5 && u16 (entry + 8) <= 8;
    }
  return FALSE;
}

static gboolean
is_frame (guint8 marker)
{
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static gboolean
read_jpeg (const Reader *reader, const guint8 *head, guint *width, guint *height)
{
  guint64 offset = 2;
  gboolean sideways = FALSE;

  for (guint i = 0; i < MAX_SEGMENTS; i++)
    {
      guint8 segment[9];
      guint len;

      if (!read_all (reader, offset, segment, 4) || segment[0] != 0xff)
        return FALSE;
      if (segment[1] == 0xff)
        {
          offset++; /* padding */
          continue;
        }
      len = be16 (segment + 2);
      if (len < 2 || segment[1] == 0xd9 || segment[1] == 0xda)
        return FALSE;
      if (segment[1] == 0xe1)
        sideways = sideways || is_sideways (reader, offset + 4, len - 2);
      if (is_frame (segment[1]))
        {
          if (len < 8 || !read_all (reader, offset, segment, sizeof segment))
            return FALSE;
          *(sideways ? width : height) = be16 (segment + 5);
          *(sideways ? height : width) = be16 (segment + 7);
          return TRUE;
        }
      offset += 2 + len;
    }
  return FALSE;
}

gboolean
floo_image_size (FlooReadAt read_at, gpointer source, guint *width, guint *height)
{
  static const struct {
    const char *magic;
    guint len;
    gboolean (*read) (const Reader *reader, const guint8 *head, guint *width, guint *height);
  } formats[] = {
    { "\x89PNG\r\n\x1a\n", 8, read_png }, { "\xff\xd8\xff", 3, read_jpeg }, { "GIF87a", 6, read_gif },
    { "GIF89a", 6, read_gif },            { "RIFF", 4, read_webp },         { "BM", 2, read_bmp },
  };
  const Reader reader = { read_at, source };
  guint8 head[HEADER_SIZE] = { 0 };
  guint w = 0, h = 0;

  g_return_val_if_fail (read_at != NULL && width != NULL && height != NULL, FALSE);

  if (read_at (source, 0, head, sizeof head) < 12)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (memcmp (head, formats[i].magic, formats[i].len) == 0)
      {
        if (!formats[i].read (&reader, head, &w, &h) || w == 0 || h == 0 || w > MAX_PIXELS || h > MAX_PIXELS)
          return FALSE;
        *width = w;
        *height = h;
        return TRUE;
      }
  return FALSE;
}
