/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --persist: the state in a file, so that "the service went away and came back" can be tried. */
#include "sandbox.h"

#include "base/json.h"
#include "files.h"
#include "state-json.h"

gboolean
sb_persist_save (Sandbox *sandbox, const char *file, GError **error)
{
  g_autoptr (JsonNode) root = sb_state_to_json (sandbox->state);
  g_autofree char *text = NULL;

  json_object_set_object_member (json_node_get_object (root), "uploads", sb_files_to_json (sandbox->files));
  text = floo_json_to_text (root);
  return g_file_set_contents_full (file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

gboolean
sb_persist_load (Sandbox *sandbox, const char *file, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();

  /* Our own file may exceed the limits for data from outside. */
  if (!json_parser_load_from_mapped_file (parser, file, error)
      || !sb_state_from_json (sandbox->state, json_parser_get_root (parser), error))
    return FALSE;
  sb_files_from_json (sandbox->files, floo_json_get_object (json_node_get_object (json_parser_get_root (parser)), "uploads"));
  return TRUE;
}
