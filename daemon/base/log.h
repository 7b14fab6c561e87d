/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log.h: GLib's structured log to the journal or standard error, and the one helper for personal data.
 *
 * Use g_message() (level info and up), g_debug(), g_warning() (something is wrong outside), g_critical() (a bug of ours). Names, contents
 * and other personal data only through floo_redact(); secrets never.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum { FLOO_LOG_ERROR, FLOO_LOG_WARNING, FLOO_LOG_INFO, FLOO_LOG_DEBUG } FlooLogLevel;

/* Installs the writer: journald's protocol when standard error is the journal, else plain lines with a time; and reads
 * FLOOIM_LOG_PERSONAL. Once a process, before the first message. */
void floo_log_init (FlooLogLevel level);
void floo_log_set_level (FlooLogLevel level);
/* FALSE where @text is none of error, warning, info, debug. */
gboolean floo_log_level_from_string (const char *text, FlooLogLevel *out);
/* Whether personal data may be shown (the environment variable FLOOIM_LOG_PERSONAL=1); off by default. */
void floo_log_set_personal (gboolean show);

/* Returns: (transfer none): @text itself where personal data may be shown, else "[N bytes]" in a per-thread ring of
 * buffers (good for one log line). NULL gives "(null)". */
const char *floo_redact (const char *text);

G_END_DECLS
