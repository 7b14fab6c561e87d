/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/recipient.h"

#include "base/error.h"
#include "store/tables/conversations.h"
#include "store/engine/query.h"

/* What is known of an id; flags. */
enum { KNOWN_USER = 1 << FLOO_TO_ROSTER, KNOWN_GROUP = 1 << FLOO_TO_GROUP };

static gboolean
refuse (GError **error, gint64 id, const char *why)
{
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%" G_GINT64_FORMAT " is %s", id, why);
  return FALSE;
}

/* Determines its kind from earlier messages in its conversation. */
static gboolean
resolve_by_conversation (FlooDb *db, gint64 id, FlooToType *to_type, GError **error)
{
  g_autoptr (GError) local = NULL;
  FlooConversationType type;

  if (!floo_conversations_get_type (db, id, &type, &local))
    return floo_error_only_missing (&local, error)
           && refuse (error, id, "neither a user nor a group that is known here: to_type must be roster or group");
  *to_type = floo_conversation_to_type (type);
  return TRUE;
}

gboolean
floo_recipient_resolve (FlooDb *db, gint64 id, FlooToType *to_type, GError **error)
{
  gint64 known;

  if (!floo_query_get_int (db, "recipient-kinds", FLOO_INTS (id), &known, NULL, error))
    return FALSE;
  if (id == floo_db_get_user_id (db))
    known |= KNOWN_USER;
  if (*to_type != FLOO_TO_ANY)
    return known == 0 || (known & (1 << *to_type)) != 0
           || refuse (error, id, *to_type == FLOO_TO_GROUP ? "a user: to_type must be roster or empty" : "a group: to_type must be group or empty");
  if (known == (KNOWN_USER | KNOWN_GROUP))
    return refuse (error, id, "the id of a user and of a group: to_type must be roster or group");
  if (known == 0)
    return resolve_by_conversation (db, id, to_type, error);
  *to_type = known == KNOWN_GROUP ? FLOO_TO_GROUP : FLOO_TO_ROSTER;
  return TRUE;
}
