/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table.h: the service's REST operations as a table. Only for this folder and tests.
 *
 * One row (table.c) is one method of the bus: its request, the place of each argument in it, the record of the answer, and its effect on the
 * store. operations.c does the rest, so that a new operation needs only a row.
 */
#pragma once

#include "base/record.h"
#include "net/rest/rest.h"
#include "store/tables/lists.h"
#include "store/engine/store.h"

G_BEGIN_DECLS

/* Where an argument goes. */
typedef enum {
  FLOO_ARG_NONE,        /* after the last one */
  FLOO_ARG_QUERY,
  FLOO_ARG_BODY,
  FLOO_ARG_BOTH,        /* query and body */
  FLOO_ARG_RECORD,      /* an a{sv}: its fields are members of the body, checked by the row's `input` */
  FLOO_ARG_OPTIONS,     /* the method's options: members of the body, under their own names */
  FLOO_ARG_REFRESH,     /* not sent: whether the store may answer */
  FLOO_ARG_LOCAL,       /* not sent, for the effect */
  FLOO_ARG_LOCAL_OPTIONS        /* likewise, the method's options */
} FlooArgPlace;

typedef struct {
  const char *name;             /* the service's */
  FlooArgPlace place;
  gboolean optional;            /* left out where it is "", 0 or empty */
} FlooArg;

/* The form of the answer, and the method's reply. */
typedef enum {
  FLOO_RESULT_NONE,             /* () */
  FLOO_RESULT_RECORD,           /* (a{sv}) */
  FLOO_RESULT_RECORDS,          /* (aa{sv}) */
  FLOO_RESULT_PAGE,             /* (aa{sv}s) */
  FLOO_RESULT_IDS,              /* (ax) */
  FLOO_RESULT_FIELD,            /* (x): the record's key field */
  FLOO_RESULT_JSON              /* (s): the JSON as the service sent it */
} FlooResultKind;

/* When the store answers instead of the service. */
typedef enum {
  FLOO_CACHE_NEVER,
  FLOO_CACHE_KNOWN,             /* if it has the answer, without the argument `refresh` or with FALSE */
  FLOO_CACHE_OFFLINE            /* only while the service cannot be asked */
} FlooCacheUse;

typedef struct _FlooRestOperation FlooRestOperation;

/**
 * FlooOperationCall:
 * @args: the method's arguments, a tuple
 * @result: (nullable): the reply, a tuple; effects may replace it
 * @online: whether the service can be asked
 * @asked: floo_contacts_get_moment() when the service was asked
 * @keep: of floo_effect_exit_group(): the conversation is kept
 * @fetch: (out): details in the store are missing or stale now
 * @cut: the answer had more records than requested; only the first ones are used
 * @outdated: (out): the store has changes that are newer than the request: nothing was stored, and the service is asked again
 *
 * A call as effects and caches see it. Store thread.
 */
typedef struct {
  const FlooRestOperation *row;
  GVariant *args;
  GVariant *result;
  gint64 self_id;
  gboolean online;
  gboolean keep;
  gint64 asked;
  gboolean fetch;
  gboolean outdated;
  gboolean cut;
} FlooOperationCall;

/* In a write job, after the service has done it: updates the store and journals the changes. */
typedef gboolean (*FlooEffect) (FlooDb *db, FlooOperationCall *call, GError **error);
/* In a read job: sets the result if the store has the answer. */
typedef FlooEffect FlooCache;

/**
 * FlooRestOperation:
 * @name: "Roster.Accept", the interface's last part and the method
 * @args: one per argument of the method, in order
 * @fixed: (nullable): a query parameter that never changes, key and value
 * @self: (nullable): a member of the body that is our own id
 * @record: (nullable): of the result; of a FLOO_RESULT_FIELD its key field is the result
 * @input: (nullable): of the argument FLOO_ARG_RECORD
 * @field: (nullable): set by the effect: a field of details, or the name of a value
 * @list: filled by the effect or read by the cache
 * @adds: bits of lists that users named in the call are in after it
 * @drops: bits of lists that they are not in any more
 */
struct _FlooRestOperation {
  const char *name;
  const char *method;
  const char *path;
  FlooArg args[7];
  FlooResultKind result;
  const FlooRecord *record;
  const FlooRecord *input;
  const char *fixed[3];
  const char *self;
  FlooRestFlags flags;
  FlooEffect effect;
  FlooCacheUse use;
  FlooCache cache;
  const char *field;
  FlooList list;
  guint adds;
  guint drops;
};

/* table.c; ends with a row without a name. */
extern const FlooRestOperation floo_operations[];
/* Returns: (nullable) */
const FlooRestOperation *floo_operation_find (const char *interface, const char *method);
/* Returns: the type of the reply, as in "(aa{sv}s)". */
const char *floo_operation_get_reply_type (const FlooRestOperation *row);

/* effects.c, caches.c: what the rows name. */
gboolean floo_effect_put_user (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_set_user_field (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_pin (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_unpin (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_accept (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_decline (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_remove_user (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_block_user (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_take_list (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_create_group (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_exit_group (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_set_group_field (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_move_users (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_set_display_name (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_handle_invitation (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_handle_application (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_put_members (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_put_value (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_effect_change_value (FlooDb *db, FlooOperationCall *call, GError **error);

/* members.c: fills in names, pictures and roles of GroupMember records, in a reply that begins with them; the first argument is the group. */
gboolean floo_complete_members (FlooDb *db, FlooOperationCall *call, GError **error);

gboolean floo_cache_ids (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_cache_list (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_cache_pending (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_cache_members (FlooDb *db, FlooOperationCall *call, GError **error);
gboolean floo_cache_value (FlooDb *db, FlooOperationCall *call, GError **error);

G_END_DECLS
