/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * thumbnail.h: thumbnails of pictures.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The longer side of a thumbnail if the request names no size. */
#define SB_THUMBNAIL_SIZE 120

/**
 * sb_thumbnail_new:
 * @fd: a file; its position does not matter, and is not changed
 * @width: the maximum in pixels; likewise @height
 *
 * Pictures are scaled down, never up, and keep their proportions.
 *
 * Returns: (transfer full): a PNG: of the picture, or, where the file is none or the sandbox was built without gdk-pixbuf, a white pixel
 */
GBytes *sb_thumbnail_new (int fd, int width, int height);

/* Returns: (transfer full): the white pixel */
GBytes *sb_thumbnail_pixel (void);

G_END_DECLS
