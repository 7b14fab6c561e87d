/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/words.h"

static GMutex lock;
static GHashTable *words; /* by the address of the word */

GVariant *
floo_word (const char *word)
{
  GVariant *variant;

  g_mutex_lock (&lock);
  if (words == NULL)
    words = g_hash_table_new (NULL, NULL);
  variant = g_hash_table_lookup (words, word);
  if (variant == NULL)
    {
      variant = g_variant_ref_sink (g_variant_new_string (word));
      g_hash_table_insert (words, (gpointer) word, variant);
    }
  g_mutex_unlock (&lock);
  return variant;
}

GVariant *
floo_word_entry (const char *key, GVariant *value)
{
  return g_variant_new_dict_entry (floo_word (key), g_variant_new_variant (value));
}

void
floo_word_add (GVariantBuilder *dict, const char *key, GVariant *value)
{
  g_variant_builder_add_value (dict, floo_word_entry (key, value));
}
