/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "thumbnail.h"

#ifdef HAVE_GDK_PIXBUF
#include <gdk-pixbuf/gdk-pixbuf.h>
#endif

/* Larger files are not read as pictures. */
#define MAX_PICTURE (32u << 20)

static const guint8 pixel[] = {
  0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
  0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00,
  0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8, 0x0f, 0x00, 0x01, 0x01, 0x01, 0x00,
  0xb1, 0x38, 0xf6, 0x14, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};

#ifdef HAVE_GDK_PIXBUF

typedef struct {
  int width;
  int height;
} Box;

static void
on_size (GdkPixbufLoader *loader, int width, int height, gpointer user_data)
{
  const Box *box = user_data;
  double scale = MIN (1.0, MIN ((double) box->width / width, (double) box->height / height));

  gdk_pixbuf_loader_set_size (loader, MAX ((int) (width * scale), 1), MAX ((int) (height * scale), 1));
}

static GBytes *
shrink (int fd, int width, int height, GError **error)
{
  Box box = { width, height };
  g_autoptr (GMappedFile) file = g_mapped_file_new_from_fd (fd, FALSE, error);
  g_autoptr (GdkPixbufLoader) loader = gdk_pixbuf_loader_new ();
  GdkPixbuf *picture;
  gboolean written;
  char *data;
  gsize len;

  g_signal_connect (loader, "size-prepared", G_CALLBACK (on_size), &box);
  written = file != NULL && g_mapped_file_get_length (file) <= MAX_PICTURE
            && gdk_pixbuf_loader_write (loader, (const guchar *) g_mapped_file_get_contents (file), g_mapped_file_get_length (file), error);
  /* The loader must be closed in any case; its error counts only if there is none yet. */
  if (!gdk_pixbuf_loader_close (loader, written ? error : NULL) || !written)
    return NULL;
  picture = gdk_pixbuf_loader_get_pixbuf (loader);
  if (picture == NULL || !gdk_pixbuf_save_to_buffer (picture, &data, &len, "png", error, NULL))
    return NULL;
  return g_bytes_new_take (data, len);
}

#else

static GBytes *
shrink (int fd, int width, int height, GError **error)
{
  return NULL;
}

#endif

GBytes *
sb_thumbnail_pixel (void)
{
  return g_bytes_new_static (pixel, sizeof pixel);
}

GBytes *
sb_thumbnail_new (int fd, int width, int height)
{
  g_autoptr (GError) error = NULL;
  GBytes *small = shrink (fd, width, height, &error);

  if (error != NULL)
    g_debug ("no thumbnail: %s", error->message);
  return small != NULL ? small : sb_thumbnail_pixel ();
}
