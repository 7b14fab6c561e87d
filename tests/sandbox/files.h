/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * files.h: the service's storage, in temporary files: upload addresses, uploads, downloads.
 */
#pragma once

#include "rest.h"

G_BEGIN_DECLS

SbFiles *sb_files_new (void);
void sb_files_free (SbFiles *files);

/* Puts a file there; @type is its media type. */
void sb_files_add (SbFiles *files, const char *sign, const char *type, GBytes *content);

/* For --persist: {SIGN: {type, base64}}. */
JsonObject *sb_files_to_json (SbFiles *files);
void sb_files_from_json (SbFiles *files, JsonObject *object);

/* The head of a request has arrived: the body of an upload is processed as it arrives. */
void sb_files_begin (Sandbox *sandbox, SoupServerMessage *msg, const char *path);
/* Uploads at /upload/SIGN, downloads at /file/download/...; FALSE: not ours. */
gboolean sb_files_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *path, GHashTable *query);

/* Handlers of operations. */
void sb_rest_upload_chat (SbCall *call);
void sb_rest_upload_avatar (SbCall *call);
void sb_rest_forward_file (SbCall *call);

G_END_DECLS
