/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * files-private.h: shared by storage, uploads and downloads.
 */
#pragma once

#include "files.h"

G_BEGIN_DECLS

/* A file, or the place where an upload is expected. */
typedef struct {
  int fd;             /* without a name, in the folder for temporary files; -1: nothing yet */
  goffset size;
  char *type;
  gboolean put;       /* the upload is a PUT, without a form */
  gboolean oss;       /* the fields of oss_body_param are required */
} SbFile;

/* Faults of the next answers; the control call "files". */
typedef struct {
  gboolean upload;    /* else downloads */
  char *path;         /* (nullable): only of this sign */
  int count;          /* -1: without end */
  guint status;       /* HTTP status instead; 0: none */
  gint64 cut;         /* the connection ends after so many bytes of the body; -1: it does not */
  gint64 stall;       /* after so many bytes nothing more is sent or read; -1: no stall */
  guint delay_ms;     /* before each piece of 64 KiB */
  gboolean ignore_range;
  gboolean wrong_range;   /* another part than asked for */
  char *length;       /* (nullable): what Content-Length says instead */
  char *encoding;     /* (nullable): Content-Encoding */
  gboolean chunked;   /* no Content-Length */
  gboolean endless;   /* bytes without end; with chunked, length or neither */
  char *redirect;     /* (nullable): where to; "elsewhere": the file on the second port */
  char *body;         /* (nullable): an upload's answer */
} SbFileFault;

struct _SbFiles {
  GHashTable *by_sign;    /* sign -> SbFile */
  GPtrArray *faults;      /* SbFileFault */
  GHashTable *sendings;   /* downloads under way */
  guint n_uploads;        /* complete uploads */
  guint n_partial;        /* downloads answered with a part */
};

/* The fields that oss_body_param asks for, in this order, before the file. */
#define SB_N_OSS_FIELDS 5
extern const char *const sb_oss_fields[SB_N_OSS_FIELDS];
/* Returns: (transfer full) */
char *sb_oss_value (const char *field);

/* Faults are shared by their list and by the requests under way (g_rc_box). (nullable) */
void sb_file_fault_unref (gpointer fault);
/* The fault that is ordered for this, (nullable) (transfer none); one of its count is used up. */
SbFileFault *sb_files_take_fault (SbFiles *files, gboolean upload, const char *sign);

/* Whether the request came to the second port. */
gboolean sb_is_elsewhere (Sandbox *sandbox, SoupServerMessage *msg);

/* download.c */
void sb_download_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *path, GHashTable *query);
void sb_downloads_end (SbFiles *files);
GHashTable *sb_downloads_new (void);
/* upload.c */
void sb_upload_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *sign);

G_END_DECLS
