/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * image-size.h: width and height of an image, from its header.
 *
 * A message states the size of its image. A decoder library would be much code for two numbers (gdk-pixbuf: some 5 MiB resident, and a
 * history of vulnerabilities), in a process of 15 MiB that reads untrusted files. Five formats keep the two numbers at fixed offsets, or
 * behind a chain of segments with lengths (JPEG): these are read here, a few bytes at a time and a bounded number of times.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Reads up to @len bytes at @offset; returns how many: less is the end, or an error. */
typedef gsize (*FlooReadAt) (gpointer source, guint64 offset, guint8 *buffer, gsize len);

/**
 * floo_image_size:
 * @width: (out): pixels, as the image is shown: a JPEG that its camera held sideways is turned
 *
 * PNG, JPEG, GIF, WebP, BMP. FALSE for everything else, for headers that are cut off, and for sizes of 0 or beyond 2^20.
 */
gboolean floo_image_size (FlooReadAt read_at, gpointer source, guint *width, guint *height);

G_END_DECLS
