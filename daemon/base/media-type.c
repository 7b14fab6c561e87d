/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/media-type.h"

#include <string.h>

#define UNKNOWN "application/octet-stream"

/* Magic bytes of formats; in containers a second magic tells what is inside. */
static const struct {
  guint8 offset, len;
  const char *magic;
  guint8 offset2, len2;
  const char *magic2;
  const char *type;
} formats[] = {
  { 0, 8, "\x89PNG\r\n\x1a\n", 0, 0, NULL, "image/png" },
  { 0, 3, "\xff\xd8\xff", 0, 0, NULL, "image/jpeg" },
  { 0, 4, "GIF8", 0, 0, NULL, "image/gif" },
  { 0, 4, "RIFF", 8, 4, "WEBP", "image/webp" },
  { 0, 4, "RIFF", 8, 4, "WAVE", "audio/x-wav" },
  { 0, 4, "RIFF", 8, 4, "AVI ", "video/x-msvideo" },
  { 0, 2, "BM", 6, 4, "\0\0\0\0", "image/bmp" },
  { 0, 4, "II*\0", 0, 0, NULL, "image/tiff" },
  { 0, 4, "MM\0*", 0, 0, NULL, "image/tiff" },
  { 4, 8, "ftypavif", 0, 0, NULL, "image/avif" },
  { 4, 7, "ftyphei", 0, 0, NULL, "image/heif" },
  { 4, 8, "ftypmif1", 0, 0, NULL, "image/heif" },
  { 4, 7, "ftypM4A", 0, 0, NULL, "audio/mp4" },
  { 4, 6, "ftypqt", 0, 0, NULL, "video/quicktime" },
  { 4, 7, "ftyp3gp", 0, 0, NULL, "video/3gpp" },
  { 4, 4, "ftyp", 0, 0, NULL, "video/mp4" },
  { 0, 4, "\x1a\x45\xdf\xa3", 0, 0, NULL, "video/x-matroska" },
  { 0, 4, "OggS", 28, 8, "OpusHead", "audio/x-opus+ogg" },
  { 0, 4, "OggS", 29, 6, "vorbis", "audio/x-vorbis+ogg" },
  { 0, 4, "OggS", 0, 0, NULL, "video/ogg" },
  { 0, 4, "fLaC", 0, 0, NULL, "audio/flac" },
  { 0, 3, "ID3", 0, 0, NULL, "audio/mpeg" },
  { 0, 2, "\xff\xfb", 0, 0, NULL, "audio/mpeg" },
  { 0, 2, "\xff\xf3", 0, 0, NULL, "audio/mpeg" },
  { 0, 5, "#!AMR", 0, 0, NULL, "audio/AMR" },
  { 0, 5, "%PDF-", 0, 0, NULL, "application/pdf" },
};

static gboolean
has (const guint8 *head, gsize len, guint offset, const char *magic, gsize n)
{
  return offset + n <= len && memcmp (head + offset, magic, n) == 0;
}

char *
floo_media_type_guess (const char *name, const guint8 *head, gsize len)
{
  g_autofree char *content_type = g_content_type_guess (name, head, len, NULL);
  g_autofree char *type = g_content_type_get_mime_type (content_type);

  if (type != NULL && !g_content_type_is_unknown (content_type))
    return g_steal_pointer (&type);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (has (head, len, formats[i].offset, formats[i].magic, formats[i].len)
        && (formats[i].magic2 == NULL || has (head, len, formats[i].offset2, formats[i].magic2, formats[i].len2)))
      return g_strdup (formats[i].type);
  return g_strdup (UNKNOWN);
}
