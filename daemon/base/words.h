/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * words.h: strings of the program as GVariants that are made once. Making one costs some 1,300 instructions, and every message and every entry of
 * a list has a dozen: the keys of its fields, its type.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @word: static, as a literal is. Returns: (transfer none): it as a string. On any thread. */
GVariant *floo_word (const char *word);

/* Returns: (transfer floating): an entry of an a{sv}. @key: as floo_word()'s; @value: taken where it is floating */
GVariant *floo_word_entry (const char *key, GVariant *value);

/* Adds that to an a{sv}. */
void floo_word_add (GVariantBuilder *dict, const char *key, GVariant *value);

G_END_DECLS
