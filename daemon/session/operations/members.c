/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * members.c: completes members' records with what the service leaves out and the store knows. Store thread.
 */
#include "session/operations/table.h"

#include "store/tables/members.h"

gboolean
floo_complete_members (FlooDb *db, FlooOperationCall *call, GError **error)
{
  g_autoptr (GVariant) members = g_variant_get_child_value (call->result, 0);
  gboolean paged = g_variant_n_children (call->result) == 2;
  GVariant *values[2] = { NULL, NULL };
  gint64 group;

  g_variant_get_child (call->args, 0, "x", &group);
  values[0] = floo_members_describe (db, group, members, error);
  if (values[0] == NULL)
    return FALSE;
  if (paged)
    values[1] = g_variant_get_child_value (call->result, 1);
  g_variant_unref (call->result);
  call->result = g_variant_ref_sink (g_variant_new_tuple (values, paged ? 2 : 1));
  g_clear_pointer (&values[1], g_variant_unref);
  return TRUE;
}
