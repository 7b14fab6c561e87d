/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace.h: a record of what happened, for tests: breaches of the protocol and the
 * last REST calls. (What was accepted is in the messages themselves.)
 */
#pragma once

#include "sandbox.h"

G_BEGIN_DECLS

SbTrace *sb_trace_new (void);
void sb_trace_free (SbTrace *trace);

/* Records what no correct client does. @user 0: unknown. */
void sb_trace_violation (Sandbox *sandbox, gint64 user, const char *format, ...) G_GNUC_PRINTF (3, 4);
guint sb_trace_n_violations (Sandbox *sandbox);
/* Returns: (transfer full): [{time, user, what}] */
JsonArray *sb_trace_violations (Sandbox *sandbox);
void sb_trace_clear_violations (Sandbox *sandbox);

/* Records a REST call and the code of its answer; passwords and tokens are left out. */
void sb_trace_rest (Sandbox *sandbox, const char *method, const char *path, gint64 user, int code);
/* Returns: (transfer full): [{time, method, path, user, code}], the last thousand. */
JsonArray *sb_trace_requests (Sandbox *sandbox);

/* A line on stderr where --verbose asked for it. */
void sb_trace_log (Sandbox *sandbox, const char *format, ...) G_GNUC_PRINTF (2, 3);

/**
 * sb_trace_accepted:
 * @user: only what this user sent or was sent; 0: everybody
 * @conversation: only what went to this user or group; 0: all
 * @since: only ids greater than this
 * @operations: operations too
 *
 * Returns: (transfer full): the messages that a device sent and the service accepted, oldest first
 */
JsonArray *sb_trace_accepted (Sandbox *sandbox, gint64 user, gint64 conversation, gint64 since, gboolean operations);
guint sb_trace_n_accepted (Sandbox *sandbox, gint64 user, gint64 conversation, gint64 since, gboolean operations);

G_END_DECLS
