/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of a call, as any client may send them: accepted within their limits, or refused with a short line of valid text. */
#include <string.h>

#include "base/error.h"
#include "base/names.h"
#include "bus/options.h"
#include "fuzz.h"

static const char *const colours[] = { "red", "green", NULL };
static const FlooOption table[] = {
  { .key = "flag", .type = 'b', .fallback = TRUE },
  { .key = "text", .type = 's', .max = 16 },
  { .key = "colour", .type = 's', .choices = colours },
  { .key = "limit", .type = 'u', .min = 1, .max = 500, .fallback = 50 },
  { .key = "id", .type = 'x', .min = 1, .max = G_MAXINT64 },
  { .key = "number", .type = 'x' },
  { NULL }
};

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GVariant) wild = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));
  /* As GDBus gives it: in normal form. */
  g_autoptr (GVariant) dict = g_variant_get_normal_form (wild);
  g_auto (FlooOptions) options = { NULL };
  g_autoptr (GError) error = NULL;

  if (!floo_options_parse (&options, table, dict, &error))
    {
      g_assert_true (error != NULL && error->domain == FLOO_ERROR);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_cmpuint (strlen (error->message), <, 512);
      return 0;
    }
  g_assert_no_error (error);
  g_assert_true (floo_options_get_number (&options, "limit") >= 1 && floo_options_get_number (&options, "limit") <= 500);
  g_assert_true (!floo_options_is_given (&options, "id") || floo_options_get_number (&options, "id") >= 1);
  if (floo_options_get_string (&options, "text") != NULL)
    g_assert_cmpuint (strlen (floo_options_get_string (&options, "text")), <=, 16);
  if (floo_options_get_string (&options, "colour") != NULL)
    g_assert_true (g_strv_contains (colours, floo_options_get_string (&options, "colour")));
  return 0;
}
