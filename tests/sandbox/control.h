/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * control.h: POST /control/NAME with a JSON object: commands of the tests to the sandbox. README.md has the reference.
 */
#pragma once

#include "sandbox.h"

G_BEGIN_DECLS

/* Answers one control call. */
void sb_control_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *name);

/**
 * SbControl: one call, for the handlers of control-*.c.
 */
typedef struct {
  Sandbox *sandbox;
  SoupServerMessage *msg;
  JsonObject *body;       /* the arguments */
  JsonObject *answer;     /* what is returned besides "ok" */
  gboolean pending;       /* the handler answers by itself, later */
} SbControl;

typedef gboolean (*SbControlHandler) (SbControl *control, GError **error);

/* Arguments, with their values if they are missing. */
gint64 sb_control_int (SbControl *control, const char *name, gint64 otherwise);
gboolean sb_control_bool (SbControl *control, const char *name, gboolean otherwise);
const char *sb_control_text (SbControl *control, const char *name, const char *otherwise);
/* A user by id or name; NULL with @error. */
SbUser *sb_control_user (SbControl *control, const char *name, GError **error);
/* A user or group by id or name; 0 with @error. */
gint64 sb_control_receiver (SbControl *control, const char *name, GError **error);
/* An argument that is one of @names (ended by NULL): its index, or -1 with @error. */
int sb_control_choice (SbControl *control, const char *name, const char *const *names, GError **error);
/* As g_set_error() with G_IO_ERROR_INVALID_ARGUMENT; FALSE. */
gboolean sb_control_fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Whether an operation that was called for a user has succeeded. */
gboolean sb_control_succeeded (JsonObject *envelope, GError **error);

/* control-send.c: what users do */
gboolean sb_control_send (SbControl *control, GError **error);
gboolean sb_control_burst (SbControl *control, GError **error);
gboolean sb_control_notice (SbControl *control, GError **error);
gboolean sb_control_push (SbControl *control, GError **error);
gboolean sb_control_acknowledge (SbControl *control, GError **error);
gboolean sb_control_crowd (SbControl *control, GError **error);
gboolean sb_control_kick (SbControl *control, GError **error);
gboolean sb_control_call (SbControl *control, GError **error);
gboolean sb_control_captcha (SbControl *control, GError **error); /* rest-mobile.c */
gboolean sb_control_sms (SbControl *control, GError **error);     /* rest-mobile.c */
gboolean sb_control_scan (SbControl *control, GError **error);    /* rest-qr.c */
/* control-faults.c: misbehaviour */
gboolean sb_control_frame (SbControl *control, GError **error);   /* control-raw.c */
gboolean sb_control_spoil (SbControl *control, GError **error);
gboolean sb_control_disconnect (SbControl *control, GError **error);
gboolean sb_control_stall (SbControl *control, GError **error);
gboolean sb_control_socket (SbControl *control, GError **error);
gboolean sb_control_files (SbControl *control, GError **error);   /* files.c */
gboolean sb_control_rest (SbControl *control, GError **error);
gboolean sb_control_again (SbControl *control, GError **error);
gboolean sb_control_provision (SbControl *control, GError **error);
gboolean sb_control_message (SbControl *control, GError **error);
gboolean sb_control_fetch (SbControl *control, GError **error);
gboolean sb_control_discovery (SbControl *control, GError **error);   /* hosts.c */
gboolean sb_control_settings (SbControl *control, GError **error);    /* control-settings.c */
gboolean sb_control_user_state (SbControl *control, GError **error);
gboolean sb_control_bot (SbControl *control, GError **error);
/* control-look.c: what happened */
gboolean sb_control_state (SbControl *control, GError **error);
gboolean sb_control_accepted (SbControl *control, GError **error);
gboolean sb_control_violations (SbControl *control, GError **error);
gboolean sb_control_requests (SbControl *control, GError **error);

G_END_DECLS
