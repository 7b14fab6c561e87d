/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"

#include <errno.h>
#include <string.h>

#include "base/names.h"

static const GDBusErrorEntry entries[] = {
  { FLOO_ERROR_NOT_LOGGED_IN, FLOO_ERROR_PREFIX "NotLoggedIn" },
  { FLOO_ERROR_LOGIN_FAILED, FLOO_ERROR_PREFIX "LoginFailed" },
  { FLOO_ERROR_ALREADY_LOGGED_IN, FLOO_ERROR_PREFIX "AlreadyLoggedIn" },
  { FLOO_ERROR_OFFLINE, FLOO_ERROR_PREFIX "Offline" },
  { FLOO_ERROR_TIMEOUT, FLOO_ERROR_PREFIX "Timeout" },
  { FLOO_ERROR_NOT_FOUND, FLOO_ERROR_PREFIX "NotFound" },
  { FLOO_ERROR_PERMISSION_DENIED, FLOO_ERROR_PREFIX "PermissionDenied" },
  { FLOO_ERROR_INVALID_ARGUMENTS, FLOO_ERROR_PREFIX "InvalidArguments" },
  { FLOO_ERROR_RATE_LIMITED, FLOO_ERROR_PREFIX "RateLimited" },
  { FLOO_ERROR_BANNED, FLOO_ERROR_PREFIX "Banned" },
  { FLOO_ERROR_FROZEN, FLOO_ERROR_PREFIX "Frozen" },
  { FLOO_ERROR_APP_UNAVAILABLE, FLOO_ERROR_PREFIX "AppUnavailable" },
  { FLOO_ERROR_REJECTED, FLOO_ERROR_PREFIX "Rejected" },
  { FLOO_ERROR_PROTOCOL, FLOO_ERROR_PREFIX "ProtocolError" },
  { FLOO_ERROR_STORAGE_FULL, FLOO_ERROR_PREFIX "StorageFull" },
  { FLOO_ERROR_STORAGE, FLOO_ERROR_PREFIX "Storage" },
  { FLOO_ERROR_CANCELLED, FLOO_ERROR_PREFIX "Cancelled" },
  { FLOO_ERROR_FILE, FLOO_ERROR_PREFIX "FileError" },
  { FLOO_ERROR_TOO_LARGE, FLOO_ERROR_PREFIX "TooLarge" },
  { FLOO_ERROR_JOURNAL_CHANGED, FLOO_ERROR_PREFIX "JournalChanged" },
  { FLOO_ERROR_KEYRING, FLOO_ERROR_PREFIX "KeyringUnavailable" },
  { FLOO_ERROR_ALREADY_DONE, FLOO_ERROR_PREFIX "AlreadyDone" },
  { FLOO_ERROR_TAKEN, FLOO_ERROR_PREFIX "Taken" },
  { FLOO_ERROR_LIMIT_REACHED, FLOO_ERROR_PREFIX "LimitReached" },
  { FLOO_ERROR_EXPIRED, FLOO_ERROR_PREFIX "Expired" },
  { FLOO_ERROR_WRONG_CODE, FLOO_ERROR_PREFIX "WrongCode" },
  { FLOO_ERROR_BLOCKED, FLOO_ERROR_PREFIX "Blocked" },
  { FLOO_ERROR_NO_RELATION, FLOO_ERROR_PREFIX "NoRelation" },
  { FLOO_ERROR_VERIFICATION_NEEDED, FLOO_ERROR_PREFIX "VerificationNeeded" },
  { FLOO_ERROR_CONTENT_REFUSED, FLOO_ERROR_PREFIX "ContentRefused" },
  { FLOO_ERROR_TOO_LATE, FLOO_ERROR_PREFIX "TooLate" },
  { FLOO_ERROR_LIMITS_EXCEEDED, FLOO_ERROR_PREFIX "LimitsExceeded" },
};
G_STATIC_ASSERT (G_N_ELEMENTS (entries) == FLOO_N_ERRORS);

/* What an error of the domain keeps beside its code and text. */
typedef struct {
  gint64 service_code;
  char *reason;         /* (nullable) */
} FlooRefusalPrivate;

static void
floo_refusal_private_init (FlooRefusalPrivate *self)
{
  self->service_code = 0;
  self->reason = NULL;
}

static void
floo_refusal_private_copy (const FlooRefusalPrivate *from, FlooRefusalPrivate *to)
{
  to->service_code = from->service_code;
  to->reason = g_strdup (from->reason);
}

static void
floo_refusal_private_clear (FlooRefusalPrivate *self)
{
  g_free (self->reason);
}

GQuark floo_refusal_quark (void);
G_DEFINE_EXTENDED_ERROR (FlooRefusal, floo_refusal)

GQuark
floo_error_quark (void)
{
  static gsize quark = 0;

  if (g_once_init_enter (&quark))
    {
      for (guint i = 0; i < G_N_ELEMENTS (entries); i++)
        g_dbus_error_register_error (floo_refusal_quark (), entries[i].error_code, entries[i].dbus_error_name);
      g_once_init_leave (&quark, floo_refusal_quark ());
    }
  return (GQuark) quark;
}

GError *
floo_error_new_refusal (FlooError code, gint64 service_code, const char *reason)
{
  GError *error = g_error_new (FLOO_ERROR, (int) code, "%" G_GINT64_FORMAT ": %s", service_code, reason);
  FlooRefusalPrivate *priv = floo_refusal_get_private (error);

  priv->service_code = service_code;
  priv->reason = g_strdup (reason);
  return error;
}

gint64
floo_error_get_service_code (const GError *error)
{
  g_return_val_if_fail (error != NULL, 0);
  return error->domain == FLOO_ERROR ? floo_refusal_get_private (error)->service_code : 0;
}

const char *
floo_error_get_reason (const GError *error)
{
  const char *reason;

  g_return_val_if_fail (error != NULL, NULL);
  reason = error->domain == FLOO_ERROR ? floo_refusal_get_private (error)->reason : NULL;
  return reason != NULL ? reason : error->message;
}

const char *
floo_error_get_dbus_name (FlooError code)
{
  g_return_val_if_fail ((guint) code < FLOO_N_ERRORS, NULL);
  return entries[code].dbus_error_name;
}

/* Maps GIO's codes for I/O errors to ours. */
static FlooError
io_error_code (int code)
{
  switch (code)
    {
    case G_IO_ERROR_CANCELLED:
      return FLOO_ERROR_CANCELLED;
    case G_IO_ERROR_TIMED_OUT:
      return FLOO_ERROR_TIMEOUT;
    case G_IO_ERROR_NO_SPACE:
      return FLOO_ERROR_STORAGE_FULL;
    case G_IO_ERROR_NETWORK_UNREACHABLE:
    case G_IO_ERROR_HOST_UNREACHABLE:
    case G_IO_ERROR_HOST_NOT_FOUND:
    case G_IO_ERROR_CONNECTION_REFUSED:
    case G_IO_ERROR_CONNECTION_CLOSED: /* the same number as BROKEN_PIPE */
    case G_IO_ERROR_NOT_CONNECTED:
      return FLOO_ERROR_OFFLINE;
    case G_IO_ERROR_INVALID_ARGUMENT:
      return FLOO_ERROR_INVALID_ARGUMENTS;
    case G_IO_ERROR_INVALID_DATA:
    case G_IO_ERROR_PARTIAL_INPUT:
      return FLOO_ERROR_PROTOCOL;
    default:
      return FLOO_ERROR_FILE;
    }
}

GError *
floo_error_normalise (const GError *error)
{
  FlooError code;
  g_autofree char *text = NULL;

  g_return_val_if_fail (error != NULL, NULL);

  text = g_utf8_make_valid (error->message, -1);
  if (error->domain == FLOO_ERROR)
    {
      GError *copy = g_error_copy (error);

      g_free (copy->message);
      copy->message = g_steal_pointer (&text);
      return copy;
    }
  if (error->domain == G_IO_ERROR)
    code = io_error_code (error->code);
  else if (error->domain == G_RESOLVER_ERROR || error->domain == G_TLS_ERROR)
    code = FLOO_ERROR_OFFLINE;
  else if (error->domain == G_FILE_ERROR)
    code = error->code == G_FILE_ERROR_NOSPC ? FLOO_ERROR_STORAGE_FULL : FLOO_ERROR_FILE;
  else
    code = FLOO_ERROR_PROTOCOL;
  return g_error_new_literal (FLOO_ERROR, code, text);
}

void
floo_reply_error (FlooReply reply, gpointer user_data, FlooError code, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list args;

  va_start (args, format);
  error = g_error_new_valist (FLOO_ERROR, code, format, args);
  va_end (args);
  reply (NULL, error, user_data);
}

gboolean
floo_error_is_cancelled (const GError *error)
{
  return g_error_matches (error, FLOO_ERROR, FLOO_ERROR_CANCELLED) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

gboolean
floo_error_only_missing (GError **lookup, GError **error)
{
  if (*lookup != NULL && !g_error_matches (*lookup, FLOO_ERROR, FLOO_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (lookup));
      return FALSE;
    }
  g_clear_error (lookup);
  return TRUE;
}

gboolean
floo_error_is_transient (const GError *error)
{
  static const FlooError transient[] = { FLOO_ERROR_OFFLINE, FLOO_ERROR_TIMEOUT, FLOO_ERROR_RATE_LIMITED, FLOO_ERROR_NOT_LOGGED_IN };

  for (gsize i = 0; i < G_N_ELEMENTS (transient); i++)
    if (g_error_matches (error, FLOO_ERROR, (int) transient[i]))
      return TRUE;
  return floo_error_is_cancelled (error);
}
