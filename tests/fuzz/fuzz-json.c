/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON from outside. What was accepted is written and parsed again, with the same text as the result. */
#include "base/json.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = floo_json_parse ((const char *) data, size, &error);
  g_autoptr (JsonNode) again = NULL;
  g_autofree char *text = NULL;
  g_autofree char *second = NULL;

  g_assert_true ((root == NULL) == (error != NULL));
  if (root == NULL)
    return 0;

  text = floo_json_to_text (root);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  again = floo_json_parse (text, strlen (text), &error);
  g_assert_no_error (error);
  second = floo_json_to_text (again);
  g_assert_cmpstr (text, ==, second);
  return 0;
}
