/* SPDX-License-Identifier: GPL-3.0-or-later */
/* captcha.c: pictures of digits. They protect nothing: they are for people who try a client. */
#include "accounts.h"

#include <string.h>

#ifdef HAVE_GDK_PIXBUF
#include <gdk-pixbuf/gdk-pixbuf.h>
#endif

#include "rest.h"
#include "thumbnail.h"
#include "trace.h"

#ifdef HAVE_GDK_PIXBUF

/* A digit as on a pocket calculator: segments of this thickness in a box. */
#define THICK 4
#define WIDE 20
#define HIGH 36
#define MARGIN 8

static const struct {
  int x, y, width, height;
} segments[] = {
  { 0, 0, WIDE, THICK },                                      /* top */
  { WIDE - THICK, 0, THICK, HIGH / 2 },                       /* upper right */
  { WIDE - THICK, HIGH / 2, THICK, HIGH / 2 },                /* lower right */
  { 0, HIGH - THICK, WIDE, THICK },                           /* bottom */
  { 0, HIGH / 2, THICK, HIGH / 2 },                           /* lower left */
  { 0, 0, THICK, HIGH / 2 },                                  /* upper left */
  { 0, (HIGH - THICK) / 2, WIDE, THICK },                     /* middle */
};

/* A bit for each segment, from the first one on. */
static const guint8 digits[10] = { 0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f };

static GBytes *
draw (const char *text)
{
  int n = (int) strlen (text);
  g_autoptr (GdkPixbuf) picture = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, MARGIN + n * (WIDE + MARGIN), HIGH + 2 * MARGIN);
  char *data;
  gsize len;

  gdk_pixbuf_fill (picture, 0xffffffff);
  for (int i = 0; i < n; i++)
    for (gsize s = 0; s < G_N_ELEMENTS (segments); s++)
      if (digits[text[i] - '0'] & (1u << s))
        {
          g_autoptr (GdkPixbuf) part
              = gdk_pixbuf_new_subpixbuf (picture, MARGIN + i * (WIDE + MARGIN) + segments[s].x, MARGIN + segments[s].y,
                                          segments[s].width, segments[s].height);

          gdk_pixbuf_fill (part, 0x203080ff);
        }
  return gdk_pixbuf_save_to_buffer (picture, &data, &len, "png", NULL, NULL) ? g_bytes_new_take (data, len) : NULL;
}

#else

static GBytes *
draw (const char *text)
{
  return NULL;
}

#endif

gboolean
sb_captcha_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *path, GHashTable *query)
{
  const char *app_id = query == NULL ? NULL : g_hash_table_lookup (query, "app_id");
  const char *id = query == NULL ? NULL : g_hash_table_lookup (query, "image_id");
  const char *text = id == NULL ? NULL : sb_picture_text (sandbox, id);
  g_autoptr (GBytes) picture = NULL;

  if (strcmp (path, SB_CAPTCHA_PATH) != 0 || strcmp (soup_server_message_get_method (msg), "GET") != 0)
    return FALSE;
  if (sb_rest_misbehave (sandbox, msg, path))
    return TRUE;
  if (id == NULL || g_strcmp0 (app_id, SB_APP_ID) != 0)
    sb_trace_violation (sandbox, 0, "%s should have image_id and app_id", path);
  if (text != NULL && g_strcmp0 (app_id, SB_APP_ID) == 0)
    {
      picture = draw (text);
      if (picture == NULL)
        picture = sb_thumbnail_pixel ();
      soup_server_message_set_status (msg, SOUP_STATUS_OK, NULL);
      soup_server_message_set_response (msg, "image/png", SOUP_MEMORY_COPY, g_bytes_get_data (picture, NULL), g_bytes_get_size (picture));
    }
  else
    soup_server_message_set_status (msg, SOUP_STATUS_NOT_FOUND, NULL);
  sb_trace_rest (sandbox, "GET", path, 0, (int) soup_server_message_get_status (msg));
  return TRUE;
}
