/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/refusal.h"

#include <string.h>

/* Phrases in lower case that take precedence over the code. */
static const struct {
  const char *words;
  FlooError error;
} by_words[] = {
  { "antispam", FLOO_ERROR_CONTENT_REFUSED },
  { "account_verify_needed", FLOO_ERROR_VERIFICATION_NEEDED },
  { "blocked by the recipient", FLOO_ERROR_BLOCKED },
  { "relation with target does not allow", FLOO_ERROR_NO_RELATION },
  { "too old to be recalled", FLOO_ERROR_TOO_LATE },
};

/* The first row that has the code; what is in none is FLOO_ERROR_REJECTED. */
static const struct {
  gint64 first;
  gint64 last;
  FlooError error;
} by_code[] = {
  /* The status of a frame. */
  { 7, 7, FLOO_ERROR_NOT_LOGGED_IN },                 /* INVALID_TOKEN */
  { 8, 8, FLOO_ERROR_INVALID_ARGUMENTS },             /* INVALID_PARAMETER */
  { 9, 9, FLOO_ERROR_PERMISSION_DENIED },             /* UNAUTHORIZED */
  { 10, 10, FLOO_ERROR_FROZEN },                      /* USER_FROZEN */
  { 11, 11, FLOO_ERROR_BANNED },                      /* USER_BANNED */
  { 12, 12, FLOO_ERROR_CONTENT_REFUSED },             /* WORD_CENSORED */
  { 13, 13, FLOO_ERROR_LIMIT_REACHED },               /* TOO_MANY_DEVICES */
  { 17, 19, FLOO_ERROR_APP_UNAVAILABLE },             /* INVALID_LICENSE, LICENSE_LIMIT, APP_FROZEN */
  { 20, 20, FLOO_ERROR_RATE_LIMITED },                /* RATE_LIMIT_EXCEEDED */
  /* REST; the first ones are taken over from HTTP. */
  { 400, 400, FLOO_ERROR_INVALID_ARGUMENTS },
  { 402, 402, FLOO_ERROR_NOT_LOGGED_IN },
  { 403, 403, FLOO_ERROR_PERMISSION_DENIED },
  { 404, 404, FLOO_ERROR_NOT_FOUND },
  { 429, 429, FLOO_ERROR_RATE_LIMITED },
  { 10000, 10000, FLOO_ERROR_NOT_FOUND },             /* no such user */
  { 10001, 10001, FLOO_ERROR_WRONG_CODE },
  { 10002, 10002, FLOO_ERROR_INVALID_ARGUMENTS },
  { 10003, 10003, FLOO_ERROR_NOT_LOGGED_IN },         /* no token */
  { 10004, 10004, FLOO_ERROR_TAKEN },                 /* user name */
  { 10005, 10005, FLOO_ERROR_ALREADY_DONE },          /* already a friend */
  { 10006, 10006, FLOO_ERROR_BLOCKED },               /* in the block list */
  { 10007, 10007, FLOO_ERROR_NOT_FOUND },             /* no such application */
  { 10008, 10008, FLOO_ERROR_NOT_LOGGED_IN },         /* the token is void */
  { 10010, 10010, FLOO_ERROR_PERMISSION_DENIED },
  { 10012, 10012, FLOO_ERROR_PERMISSION_DENIED },     /* takes no applications */
  { 10021, 10021, FLOO_ERROR_NOT_FOUND },             /* the account was deleted */
  { 10028, 10028, FLOO_ERROR_RATE_LIMITED },          /* too many failures */
  { 11001, 11001, FLOO_ERROR_LOGIN_FAILED },          /* wrong password */
  { 11011, 11012, FLOO_ERROR_TAKEN },                 /* user name, mobile number */
  { 11014, 11014, FLOO_ERROR_WRONG_CODE },            /* text of the picture */
  { 11031, 11031, FLOO_ERROR_LIMIT_REACHED },         /* the number has verified too many accounts */
  { 20001, 20002, FLOO_ERROR_NOT_FOUND },             /* no such group, no such member */
  { 20003, 20003, FLOO_ERROR_INVALID_ARGUMENTS },     /* bad push mode */
  { 20004, 20004, FLOO_ERROR_PERMISSION_DENIED },     /* an owner cannot leave */
  { 20005, 20005, FLOO_ERROR_INVALID_ARGUMENTS },     /* transfer to one who is no member */
  { 20007, 20010, FLOO_ERROR_LIMIT_REACHED },         /* groups of the application, created, joined; members */
  { 20011, 20013, FLOO_ERROR_PERMISSION_DENIED },     /* needs a member, an admin, the owner */
  { 20014, 20015, FLOO_ERROR_EXPIRED },               /* application, invitation: expired or decided */
  { 20016, 20016, FLOO_ERROR_LIMIT_REACHED },         /* kicked too often */
  { 20017, 20017, FLOO_ERROR_ALREADY_DONE },          /* already a member */
  { 20018, 20018, FLOO_ERROR_BLOCKED },               /* by the group */
  { 20020, 20020, FLOO_ERROR_NOT_FOUND },             /* announcement missing, */
  { 20021, 20021, FLOO_ERROR_PERMISSION_DENIED },     /* forbidden */
  { 20022, 20022, FLOO_ERROR_NOT_FOUND },             /* file missing, */
  { 20023, 20023, FLOO_ERROR_PERMISSION_DENIED },     /* not allowed */
  { 20024, 20024, FLOO_ERROR_NOT_FOUND },             /* QR code invalid, */
  { 20025, 20025, FLOO_ERROR_EXPIRED },               /* expired */
  { 30021, 30023, FLOO_ERROR_APP_UNAVAILABLE },       /* licence */
  { 40000, 40000, FLOO_ERROR_NOT_FOUND },             /* no such application */
  { 40001, 40003, FLOO_ERROR_APP_UNAVAILABLE },       /* not open for registration, its user limit, not in order */
  { 99997, 99998, FLOO_ERROR_NOT_FOUND },             /* no such application, in discovery */
};

FlooError
floo_refusal_get_error (gint64 code, const char *reason)
{
  g_autofree char *lower = g_ascii_strdown (reason != NULL ? reason : "", -1);

  for (guint i = 0; i < G_N_ELEMENTS (by_words); i++)
    if (strstr (lower, by_words[i].words) != NULL)
      return by_words[i].error;
  for (guint i = 0; i < G_N_ELEMENTS (by_code); i++)
    if (code >= by_code[i].first && code <= by_code[i].last)
      return by_code[i].error;
  return FLOO_ERROR_REJECTED;
}

gboolean
floo_refusal_is_of_request (FlooError error)
{
  switch (error)
    {
    case FLOO_ERROR_REJECTED:
    case FLOO_ERROR_PERMISSION_DENIED:
    case FLOO_ERROR_INVALID_ARGUMENTS:
    case FLOO_ERROR_ALREADY_DONE:
    case FLOO_ERROR_TAKEN:
    case FLOO_ERROR_LIMIT_REACHED:
    case FLOO_ERROR_EXPIRED:
    case FLOO_ERROR_WRONG_CODE:
    case FLOO_ERROR_BLOCKED:
    case FLOO_ERROR_NO_RELATION:
    case FLOO_ERROR_VERIFICATION_NEEDED:
    case FLOO_ERROR_CONTENT_REFUSED:
    case FLOO_ERROR_TOO_LATE:
      return TRUE;
    default:
      return FALSE;
    }
}
