/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media-type.h: what a file is, by its first bytes and its name.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * floo_media_type_guess:
 * @name: the file's, as a hint
 * @head: its first bytes; some hundred are enough
 *
 * The desktop's database (shared-mime-info) decides where it is installed. Pictures, sound and video of the usual formats are known without
 * it.
 *
 * Returns: (transfer full): a media type; "application/octet-stream" where it is not known
 */
char *floo_media_type_guess (const char *name, const guint8 *head, gsize len);

G_END_DECLS
