/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * error.h: the one error domain of the daemon, and the conversion that every
 * error crosses on its way to a client.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FLOO_ERROR (floo_error_quark ())

/**
 * FlooError:
 *
 * Each value is one D-Bus error name, FLOO_ERROR_PREFIX plus the name in
 * CamelCase: FLOO_ERROR_NOT_LOGGED_IN is im.floo.Daemon1.Error.NotLoggedIn.
 */
typedef enum {
  FLOO_ERROR_NOT_LOGGED_IN,
  FLOO_ERROR_LOGIN_FAILED,
  FLOO_ERROR_ALREADY_LOGGED_IN,
  FLOO_ERROR_OFFLINE,
  FLOO_ERROR_TIMEOUT,
  FLOO_ERROR_NOT_FOUND,
  FLOO_ERROR_PERMISSION_DENIED,
  FLOO_ERROR_INVALID_ARGUMENTS,
  FLOO_ERROR_RATE_LIMITED,
  FLOO_ERROR_BANNED,
  FLOO_ERROR_FROZEN,
  FLOO_ERROR_APP_UNAVAILABLE,
  FLOO_ERROR_REJECTED,
  FLOO_ERROR_PROTOCOL,          /* ProtocolError */
  FLOO_ERROR_STORAGE_FULL,
  FLOO_ERROR_STORAGE,
  FLOO_ERROR_CANCELLED,
  FLOO_ERROR_FILE,              /* FileError */
  FLOO_ERROR_TOO_LARGE,
  FLOO_ERROR_JOURNAL_CHANGED,
  FLOO_ERROR_KEYRING,           /* KeyringUnavailable */
  FLOO_ERROR_ALREADY_DONE,
  FLOO_ERROR_TAKEN,
  FLOO_ERROR_LIMIT_REACHED,
  FLOO_ERROR_EXPIRED,
  FLOO_ERROR_WRONG_CODE,
  FLOO_ERROR_BLOCKED,
  FLOO_ERROR_NO_RELATION,
  FLOO_ERROR_VERIFICATION_NEEDED,
  FLOO_ERROR_CONTENT_REFUSED,
  FLOO_ERROR_TOO_LATE,
  FLOO_ERROR_LIMITS_EXCEEDED,   /* LimitsExceeded: more at once than the daemon does */
  FLOO_N_ERRORS
} FlooError;

/* The domain; the first call registers its D-Bus names with GDBus. */
GQuark floo_error_quark (void);

/**
 * floo_error_new_refusal:
 * @service_code: the code that the service gave, not 0
 * @reason: valid UTF-8
 *
 * Returns: (transfer full): an error with the text "CODE: REASON" that keeps both parts
 */
GError *floo_error_new_refusal (FlooError code, gint64 service_code, const char *reason);

/* The code of the service that @error was made with; 0: none. */
gint64 floo_error_get_service_code (const GError *error);

/* Returns: (transfer none): the service's reason alone where @error was made with one, else its text */
const char *floo_error_get_reason (const GError *error);

/**
 * floo_error_get_dbus_name:
 *
 * Returns: (transfer none): the full D-Bus name of @code.
 */
const char *floo_error_get_dbus_name (FlooError code);

/**
 * floo_error_normalise:
 * @error: an error of any domain
 *
 * Applied to every error before it reaches a client, which sees one of our names
 * and never a foreign domain. Cancellation of every kind becomes Cancelled,
 * time-outs Timeout, an unreachable network Offline, a full disk StorageFull.
 * The text is made valid UTF-8.
 *
 * Returns: (transfer full): an error of the domain FLOO_ERROR.
 */
GError *floo_error_normalise (const GError *error);

/* Whether @error (nullable) is a cancellation by the caller itself, in GIO's domain or ours. */
gboolean floo_error_is_cancelled (const GError *error);
/* Whether a retry of the same request may succeed later. With any other error a retry only delays what is queued behind it. */
gboolean floo_error_is_transient (const GError *error);

/**
 * floo_error_only_missing:
 * @lookup: (inout): the error of a lookup that fails with NOT_FOUND where there is nothing, or NULL; cleared
 *
 * Tells "there is none" from other errors, so that a disk error is never mistaken for it.
 *
 * Returns: TRUE where there was no error but that; else FALSE, and @error is set
 */
gboolean floo_error_only_missing (GError **lookup, GError **error);

/**
 * FlooReply:
 * @result: (nullable): a tuple, the method's out arguments (floating or not; the callee takes it with
 *    g_variant_ref_sink()); NULL is "()"
 * @error: (nullable): set where the call failed; then @result is NULL
 *
 * How an operation of the session answers. Called exactly once, on the main loop, possibly before the
 * function that started the operation returns.
 */
typedef void (*FlooReply) (GVariant *result, const GError *error, gpointer user_data);

/* Fails a call at once: makes the error, calls @reply and frees it. */
void floo_reply_error (FlooReply reply, gpointer user_data, FlooError code, const char *format, ...) G_GNUC_PRINTF (4, 5);

G_END_DECLS
