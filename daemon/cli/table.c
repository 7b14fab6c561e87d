/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table.c: all commands, family by family: help, usage errors, man page and completions are made from these rows. */
#include "cli/commands.h"

static const FlooCliCommand *const families[] = {
  floo_cli_account_commands, floo_cli_message_commands, floo_cli_contact_commands, floo_cli_group_commands, floo_cli_tool_commands,
};

const FlooCliCommand *
floo_cli_get_command (guint index)
{
  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    for (const FlooCliCommand *row = families[i]; row->name != NULL; row++)
      if (index-- == 0)
        return row;
  return NULL;
}
