/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * multipart.h: multipart/form-data as a stream: some fields, then a file, last.
 *
 * Only one buffer of the file is in memory, whatever its size. To be read on a worker thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FLOO_TYPE_MULTIPART (floo_multipart_get_type ())
G_DECLARE_FINAL_TYPE (FlooMultipart, floo_multipart, FLOO, MULTIPART, GInputStream)

/**
 * floo_multipart_new:
 * @fields: (nullable): name, value, name, value, ..., NULL: sent in this order before the file
 * @name: the file's name as the receiver sees it; any text
 * @type: the file's media type
 * @file: what is read, from where it is, @size bytes of it
 * @size: -1: up to its end
 *
 * A file that ends before @size is FLOO_ERROR_FILE. Returns: (transfer full)
 */
FlooMultipart *floo_multipart_new (const char *const *fields, const char *name, const char *type, GInputStream *file, goffset size);

/* Returns: (transfer none): "multipart/form-data; boundary=..." */
const char *floo_multipart_get_content_type (FlooMultipart *self);
/* Bytes of the whole; -1: not known. */
goffset floo_multipart_get_length (FlooMultipart *self);
/* Bytes before the file's first one. */
goffset floo_multipart_get_head_length (FlooMultipart *self);

G_END_DECLS
