/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "accounts.h"

#include <string.h>

#include "notices.h"

#define MINUTE_MS (60 * 1000)
#define PICTURE_LIFETIME (3 * MINUTE_MS)
#define SMS_LIFETIME (5 * MINUTE_MS)
#define SIGN_LIFETIME (10 * MINUTE_MS)
#define MAX_TRIES 5
/* For how long an expired code is distinguished from one that never existed. */
#define QR_MEMORY (10 * MINUTE_MS)

typedef struct {
  gint64 expires;     /* ms */
  char *text;
} Picture;

typedef struct {
  gint64 expires;     /* ms */
  gint64 sent;        /* ms */
  char *code;         /* (nullable): used */
  guint tries;
} Sms;

typedef struct {
  gint64 user;
  gboolean once;
} Made;

struct _SbAccounts {
  GHashTable *pictures;   /* id -> Picture */
  char *last_picture;     /* (nullable): id */
  GHashTable *sms;        /* mobile -> Sms */
  GHashTable *signs;      /* sign -> SbSign */
  GHashTable *qr_codes;   /* code -> SbQr */
  GHashTable *made;       /* password -> Made */
  gint64 last_login;
};

static void
picture_free (Picture *picture)
{
  g_free (picture->text);
  g_free (picture);
}

static void
sms_free (Sms *sms)
{
  g_free (sms->code);
  g_free (sms);
}

void
sb_sign_free (SbSign *sign)
{
  g_free (sign->mobile);
  g_free (sign);
}

static GHashTable *
table_new (GDestroyNotify destroy)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, destroy);
}

SbAccounts *
sb_accounts_new (void)
{
  SbAccounts *self = g_new0 (SbAccounts, 1);

  self->pictures = table_new ((GDestroyNotify) picture_free);
  self->sms = table_new ((GDestroyNotify) sms_free);
  self->signs = table_new ((GDestroyNotify) sb_sign_free);
  self->qr_codes = table_new (g_free);
  self->made = table_new (g_free);
  return self;
}

void
sb_accounts_free (SbAccounts *self)
{
  g_hash_table_unref (self->pictures);
  g_free (self->last_picture);
  g_hash_table_unref (self->sms);
  g_hash_table_unref (self->signs);
  g_hash_table_unref (self->qr_codes);
  g_hash_table_unref (self->made);
  g_free (self);
}

/* Values begin with the time at which they expire. */
static gboolean
is_over (gpointer key, gpointer value, gpointer user_data)
{
  return *(const gint64 *) value <= *(const gint64 *) user_data;
}

/* Adds @value to a table under a random name, and forgets what expired before @limit. Returns: (transfer none): the name */
static const char *
keep (Sandbox *sandbox, GHashTable *table, gpointer value, gint64 limit)
{
  char *name = sb_state_random_text (sandbox->state);

  g_hash_table_foreach_remove (table, is_over, &limit);
  g_hash_table_insert (table, name, value);
  return name;
}

static char *
random_digits (Sandbox *sandbox, guint n)
{
  char *digits = g_malloc0 (n + 1);

  for (guint i = 0; i < n; i++)
    digits[i] = (char) ('0' + g_rand_int_range (sandbox->state->rand, 0, 10));
  return digits;
}

/* ---- pictures ---- */

const char *
sb_picture_new (Sandbox *sandbox)
{
  SbAccounts *self = sandbox->accounts;
  Picture *picture = g_new0 (Picture, 1);
  const char *id;

  picture->expires = sb_now () + PICTURE_LIFETIME;
  picture->text = random_digits (sandbox, 4);
  id = keep (sandbox, self->pictures, picture, sb_now ());
  g_free (self->last_picture);
  self->last_picture = g_strdup (id);
  return id;
}

const char *
sb_picture_text (Sandbox *sandbox, const char *id)
{
  SbAccounts *self = sandbox->accounts;
  const char *wanted = id != NULL ? id : self->last_picture;
  Picture *picture = wanted == NULL ? NULL : g_hash_table_lookup (self->pictures, wanted);

  return picture == NULL || picture->expires <= sb_now () ? NULL : picture->text;
}

gboolean
sb_picture_check (Sandbox *sandbox, const char *id, const char *text)
{
  gboolean right = g_strcmp0 (sb_picture_text (sandbox, id), text) == 0;

  g_hash_table_remove (sandbox->accounts->pictures, id);
  return right;
}

/* ---- SMS ---- */

gboolean
sb_sms_send (Sandbox *sandbox, const char *mobile)
{
  SbAccounts *self = sandbox->accounts;
  Sms *sms = g_hash_table_lookup (self->sms, mobile);
  gint64 now = sb_now ();

  if (sms != NULL && now - sms->sent < sandbox->settings.sms_interval)
    return FALSE;
  g_hash_table_foreach_remove (self->sms, is_over, &now);
  sms = g_new0 (Sms, 1);
  sms->sent = now;
  sms->expires = now + SMS_LIFETIME;
  sms->code = random_digits (sandbox, 6);
  g_hash_table_insert (self->sms, g_strdup (mobile), sms);
  return TRUE;
}

static Sms *
find_sms (Sandbox *sandbox, const char *mobile)
{
  Sms *sms = g_hash_table_lookup (sandbox->accounts->sms, mobile);

  return sms == NULL || sms->code == NULL || sms->expires <= sb_now () ? NULL : sms;
}

const char *
sb_sms_code (Sandbox *sandbox, const char *mobile)
{
  Sms *sms = find_sms (sandbox, mobile);

  return sms == NULL ? NULL : sms->code;
}

gboolean
sb_call_check_sms (SbCall *call, const char *mobile, const char *code)
{
  Sms *sms = find_sms (call->sandbox, mobile);

  if (sms != NULL && sms->tries >= MAX_TRIES)
    sb_call_fail (call, SB_TOO_MANY_FAILURES, "too many tries, try later");
  else if (sms == NULL || strcmp (sms->code, code) != 0)
    {
      if (sms != NULL)
        sms->tries++;
      sb_call_fail (call, SB_WRONG_CODE, "wrong verification code");
    }
  else
    g_clear_pointer (&sms->code, g_free);
  return call->code == SB_OK;
}

/* ---- signs ---- */

const char *
sb_sign_new (Sandbox *sandbox, SbSignPurpose purpose, gint64 user, const char *mobile)
{
  SbSign *sign = g_new (SbSign, 1);

  *sign = (SbSign) { sb_now () + SIGN_LIFETIME, purpose, user, g_strdup (mobile) };
  return keep (sandbox, sandbox->accounts->signs, sign, sb_now ());
}

SbSign *
sb_call_take_sign (SbCall *call, SbSignPurpose purpose)
{
  GHashTable *signs = call->sandbox->accounts->signs;
  const char *text = sb_call_text (call, "sign");
  SbSign *sign = g_hash_table_lookup (signs, text);
  gpointer key, value;

  if (sign == NULL || sign->purpose != purpose || sign->expires <= sb_now ())
    {
      sb_call_fail (call, SB_BAD_PARAMETER, "sign is void");
      return NULL;
    }
  g_hash_table_steal_extended (signs, text, &key, &value);
  g_free (key);
  return value;
}

/* ---- QR codes ---- */

const char *
sb_qr_new (Sandbox *sandbox, SbQr **qr)
{
  *qr = g_new0 (SbQr, 1);
  (*qr)->expires = sb_now () + sandbox->settings.qr_lifetime;
  return keep (sandbox, sandbox->accounts->qr_codes, *qr, sb_now () - QR_MEMORY);
}

SbQr *
sb_qr_find (Sandbox *sandbox, const char *code)
{
  return g_hash_table_lookup (sandbox->accounts->qr_codes, code);
}

void
sb_qr_forget (Sandbox *sandbox, const char *code)
{
  g_hash_table_remove (sandbox->accounts->qr_codes, code);
}

/* ---- passwords ---- */

void
sb_call_answer_login (SbCall *call, SbUser *user)
{
  JsonObject *login = json_object_new ();
  const char *password = user->password;

  if (call->sandbox->settings.login_password != SB_PASSWORD_OWN)
    {
      Made made = { user->id, call->sandbox->settings.login_password == SB_PASSWORD_ONCE };
      char *text = sb_state_random_text (call->sandbox->state);

      g_hash_table_insert (call->sandbox->accounts->made, text, g_memdup2 (&made, sizeof made));
      password = text;
    }
  json_object_set_string_member (login, "username", user->name);
  json_object_set_string_member (login, "password", password);
  sb_call_object (call, login);
}

gboolean
sb_accounts_let_in (Sandbox *sandbox, SbUser *user, const char *password)
{
  Made *made = g_hash_table_lookup (sandbox->accounts->made, password);

  if (strcmp (user->password, password) == 0)
    return TRUE;
  if (made == NULL || made->user != user->id)
    return FALSE;
  if (made->once)
    g_hash_table_remove (sandbox->accounts->made, password);
  return TRUE;
}

static gboolean
is_made_for (gpointer key, gpointer value, gpointer user_data)
{
  return ((const Made *) value)->user == ((const SbUser *) user_data)->id;
}

void
sb_accounts_set_password (Sandbox *sandbox, SbUser *user, const char *password)
{
  g_free (user->password);
  user->password = g_strdup (password);
  g_hash_table_foreach_remove (sandbox->accounts->made, is_made_for, user);
  sb_notice_kick (sandbox, user, NULL, FLOO__USER_NOTICE__TYPE__PASSWORD_CHANGED);
}

void
sb_accounts_note_login (Sandbox *sandbox, SbUser *user)
{
  sandbox->accounts->last_login = user->id;
}

SbUser *
sb_accounts_last_login (Sandbox *sandbox)
{
  return sb_state_user (sandbox->state, sandbox->accounts->last_login);
}
