/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json.h: the parser for all JSON from outside.
 *
 * json-glib 1.6 overflows the stack on deep nesting, wraps integers beyond int64 and takes comments
 * and hexadecimal numbers; so a text is checked by one scan before it is parsed.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * floo_json_parse:
 * @len: bytes of @text
 *
 * Strict RFC 8259, at most FLOO_MAX_JSON bytes, FLOO_MAX_JSON_DEPTH levels, FLOO_MAX_JSON_VALUES values. Integers beyond int64
 * and numbers beyond a double become strings. Invalid UTF-8, \u0000 and halves of surrogate pairs in strings are repaired (U+FFFD).
 *
 * Returns: (transfer full): the root, or NULL with FLOO_ERROR_PROTOCOL that says what and at which byte
 */
JsonNode *floo_json_parse (const char *text, gsize len, GError **error);

/* Typed look-ups that never warn: FALSE or NULL where @object is NULL or the member is missing, null or of another type. An
 * integer is also taken from a string of digits, a boolean from 0 and 1, since the service does both. */
gboolean floo_json_get_int (JsonObject *object, const char *member, gint64 *out);
gboolean floo_json_get_bool (JsonObject *object, const char *member, gboolean *out);
gboolean floo_json_get_double (JsonObject *object, const char *member, double *out);   /* any number */
const char *floo_json_get_string (JsonObject *object, const char *member);   /* (transfer none) (nullable) */
JsonObject *floo_json_get_object (JsonObject *object, const char *member);   /* (transfer none) (nullable) */
JsonArray *floo_json_get_array (JsonObject *object, const char *member);     /* (transfer none) (nullable) */
/* The same for a node by itself (nullable), an element of an array for one. */
gboolean floo_json_node_int (JsonNode *node, gint64 *out);
gboolean floo_json_node_bool (JsonNode *node, gboolean *out);
const char *floo_json_node_string (JsonNode *node);
/* The object of a node, or NULL. */
JsonObject *floo_json_node_object (JsonNode *node);
/* Whether @text (nullable) is a JSON object with @member. */
gboolean floo_json_text_has_member (const char *text, const char *member);
/* Sets the members @fields in @object. Returns: whether that changed anything */
gboolean floo_json_merge (JsonObject *object, JsonObject *fields);
/* Returns: (transfer full) */
JsonArray *floo_json_array_from_ints (const gint64 *ints, gsize n);
/* Returns: (transfer full): compact text. */
char *floo_json_to_text (JsonNode *node);

G_END_DECLS
