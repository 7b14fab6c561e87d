/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record.h: the service's records as tables of fields.
 *
 * One table per record type of the SDK, one row per field; JSON -> GVariant, GVariant -> JSON and the documentation all come from
 * it. The tables are in records.c.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef enum {
  FLOO_FIELD_INT32,     /* D-Bus i */
  FLOO_FIELD_INT64,     /* x */
  FLOO_FIELD_BOOL,      /* b */
  FLOO_FIELD_STRING,    /* s */
  FLOO_FIELD_IDS,       /* ax */
  FLOO_FIELD_OBJECT     /* a{ss}: an object of texts */
} FlooFieldType;

typedef struct {
  const char *name;     /* what clients see */
  FlooFieldType type;
  const char *alias;    /* (nullable): another name that the service may use; several are separated by "|", the first one found is used */
  const char *doc;
} FlooField;

typedef struct {
  const char *name;     /* "RosterItem" */
  const char *key;      /* (nullable): the field without which a record is refused ("user_id") */
  const FlooField *fields;
  guint n_fields;
} FlooRecord;

/* records.c; the array has those that clients see and ends with NULL. */
extern const FlooRecord *const floo_records[];
extern const FlooRecord floo_record_roster_item, floo_record_user_settings, floo_record_user_profile,
    floo_record_roster_application, floo_record_group_info, floo_record_brief_group_info, floo_record_group_member,
    floo_record_group_relation, floo_record_announcement, floo_record_group_blocked, floo_record_invitation,
    floo_record_group_application, floo_record_shared_file, floo_record_shared_file_result, floo_record_ban_all,
    floo_record_device, floo_record_verification, floo_record_app_settings;
/* Inputs: what of a profile and of settings a client may change. */
extern const FlooRecord floo_record_profile_changes, floo_record_settings_changes;
/* Not shown to clients: upload signatures are secrets, pins are part of conversations. */
extern const FlooRecord floo_record_file_upload, floo_record_pinned_conversations;

/**
 * floo_record_from_json:
 *
 * Decodes what the service sent. Fields that are missing or null are left out, fields that are not in the table are ignored; a field of a
 * wrong type, an integer out of its type's range or a missing key field is FLOO_ERROR_PROTOCOL naming record and field. Since the
 * service mixes types, an integer is also taken from a string of digits, a boolean from 0 and 1, a text from an integer.
 *
 * Returns: (transfer floating): an a{sv}
 */
GVariant *floo_record_from_json (const FlooRecord *record, JsonNode *node, GError **error);
/* An array of them: aa{sv}. Of more than @max (0: any number) the first ones are taken. A bad element is left out, with a
 * line in the log; where all are bad it fails with the first one's error. NULL or a JSON null is an empty one. */
GVariant *floo_records_from_json (const FlooRecord *record, JsonNode *node, guint max, GError **error);

/**
 * floo_record_to_json:
 * @values: an a{sv} from a client: any integer type is taken; the key field may be missing
 *
 * Returns: (transfer full): the JSON object, or NULL with FLOO_ERROR_INVALID_ARGUMENTS naming the field
 */
JsonNode *floo_record_to_json (const FlooRecord *record, GVariant *values, GError **error);

/* Returns: (transfer full): those members of @object that are fields of the record and of their types, under the record's names. */
JsonObject *floo_record_pick_fields (const FlooRecord *record, JsonObject *object);

/* Returns: (transfer floating): the ids in a JSON array of integers, as ax; invalid ones are left out, and an array of nothing else is an error.
 * NULL or a JSON null is none. */
GVariant *floo_ids_from_json (JsonNode *node, GError **error);

G_END_DECLS
