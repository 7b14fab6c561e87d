/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists that are answered page by page. */
#include "rest.h"

#include <string.h>

/* Elements of a page: the default of the limit, and the maximum. */
#define DEFAULT_LIMIT 20
#define MAX_LIMIT 500
/* Ids from here on belong to nobody. */
#define NOBODY G_GINT64_CONSTANT (5000000000)

/* Invented elements: ids that belong to nobody, or else the first elements again. */
static void
add_invented (JsonArray *page, JsonArray *all, guint from, guint limit)
{
  gint64 nobody = NOBODY + (gint64) from * MAX_LIMIT * 2;
  gboolean ids = json_array_get_length (all) == 0 || JSON_NODE_HOLDS_VALUE (json_array_get_element (all, 0));

  for (guint i = 0; i < limit && (ids || i < json_array_get_length (all)); i++)
    if (ids)
      json_array_add_int_element (page, nobody++);
    else
      json_array_add_element (page, json_node_copy (json_array_get_element (all, i)));
}

static guint
default_limit (const SbCall *call)
{
  static const struct {
    const char *path;
    guint limit;
  } limits[] = { { "/group/member_list", 1000 }, { "/group/invitation_list", 10 }, { "/group/application_list", 10 },
                 { "/roster/apply/list", 10 } };

  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    if (strcmp (limits[i].path, call->operation->path) == 0)
      return limits[i].limit;
  return DEFAULT_LIMIT;
}

void
sb_call_page (SbCall *call, JsonArray *all)
{
  const char *cursor = sb_call_text (call, "cursor");
  guint from = cursor == NULL ? 0 : (guint) g_ascii_strtoull (cursor, NULL, 10);
  guint limit = sb_call_has (call, "limit") ? (guint) CLAMP (sb_call_int (call, "limit"), 1, MAX_LIMIT) : default_limit (call);
  guint n = json_array_get_length (all);
  JsonArray *page = json_array_new ();
  int cursors = call->sandbox->settings.cursors;
  guint i;

  if (cursors == SB_CURSORS_SAME || (cursors == SB_CURSORS_LOOP && from >= n))
    from = 0;
  for (i = from; i < n && i - from < limit; i++)
    json_array_add_element (page, json_node_copy (json_array_get_element (all, i)));
  if (from >= n && cursors == SB_CURSORS_INVENTED)
    add_invented (page, all, from, limit);
  if (cursors == SB_CURSORS_SAME)
    call->cursor = g_strdup ("same");
  else if (i < n || cursors != SB_CURSORS_NORMAL)
    call->cursor = g_strdup_printf ("%u", from >= n ? from + 1 : i);
  call->total = n;
  json_array_unref (all);
  sb_call_array (call, page);
}
