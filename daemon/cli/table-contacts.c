/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table-contacts.c: contacts. */
#include "cli/commands.h"
#include "cli/text.h"

static const FlooColumn contact_columns[] = {
  { "ID", "user_id", FLOO_COLUMN_PLAIN },
  { "NAME", "alias|nick_name|username", FLOO_COLUMN_PLAIN },
  { "USER NAME", "username", FLOO_COLUMN_PLAIN },
  { "RELATION", "relation", FLOO_COLUMN_PLAIN },
  { "MUTED", "mute_notification", FLOO_COLUMN_PLAIN },
  { NULL },
};

static const FlooColumn application_columns[] = {
  { "ID", "user_id", FLOO_COLUMN_PLAIN },
  { "NAME", "user_id", FLOO_COLUMN_NAME },
  { "STATUS", "status", FLOO_COLUMN_PLAIN, "pending|accepted|declined" },
  { "REASON", "reason", FLOO_COLUMN_PLAIN },
  { NULL },
};

static const FlooCliOption find_options[] = {
  { "mobile", 0, NULL, "It is a mobile phone number" },
  { NULL },
};

static const FlooCliOption add_options[] = {
  { "reason", 0, "TEXT", "A text for the other user" },
  { "alias", 0, "NAME", "A name of your own for the contact", "alias" },
  { "answer", 0, "TEXT", "The answer to the other user's question", "auth_answer" },
  { NULL },
};

static const FlooCliOption decline_options[] = {
  { "reason", 0, "TEXT", "A text for the other user" },
  { NULL },
};

#define ONE_USER(a_name, a_method, a_params, a_help, an_example)                                                                           \
  {                                                                                                                                        \
    .name = a_name, .args = "WHO", .help = a_help, .example = an_example, .method = a_method, .params = a_params                           \
  }

static const FlooColumn found_columns[] = {
  { "ID", "id", FLOO_COLUMN_PLAIN },
  { "TYPE", "type", FLOO_COLUMN_PLAIN },
  { "NAME", "alias|nick_name|username|name", FLOO_COLUMN_PLAIN },
  { NULL },
};

const FlooCliCommand floo_cli_contact_commands[] = {
  { .name = "find",
    .args = "TEXT...",
    .help = "Find contacts, groups and conversations by a part of a name",
    .details = "It searches what is stored on this machine, and lists the best matches first.",
    .example = "flooim find ali",
    .method = "Conversations.Find",
    .params = "T0+ 2",
    .result = FLOO_RESULT_RECORDS,
    .columns = found_columns },
  { .name = "contacts",
    .args = "",
    .help = "List your contacts",
    .example = "flooim contacts",
    .method = "Roster.List",
    .params = "0",
    .result = FLOO_RESULT_USERS,
    .columns = contact_columns },
  { .name = "contacts find",
    .args = "NAME",
    .help = "Find a user by name, id or mobile number",
    .details = "It asks the service, which finds any account by its full name.",
    .example = "flooim contacts find dave",
    .options = find_options,
    .run = floo_cli_run_contacts_find },
  { .name = "contacts add",
    .args = "WHO",
    .help = "Ask somebody to become a contact",
    .example = "flooim contacts add user:dave --reason 'We met on Monday' --answer blue",
    .options = add_options,
    .method = "Roster.Apply",
    .params = "U0 O:reason {}" },
  ONE_USER ("contacts accept", "Roster.Accept", "U0", "Accept somebody who asks", "flooim contacts accept user:dave"),
  { .name = "contacts decline",
    .args = "WHO",
    .help = "Decline somebody who asks",
    .example = "flooim contacts decline user:dave --reason 'Not now'",
    .options = decline_options,
    .method = "Roster.Decline",
    .params = "U0 O:reason" },
  ONE_USER ("contacts remove", "Roster.Remove", "U0", "Remove a contact and the conversation", "flooim contacts remove bob"),
  ONE_USER ("contacts block", "Roster.Block", "U0", "Refuse messages from somebody", "flooim contacts block user:dave"),
  ONE_USER ("contacts unblock", "Roster.Unblock", "U0", "Accept messages from somebody again", "flooim contacts unblock user:dave"),
  ONE_USER ("contacts mute", "Roster.SetMuted", "U0 1", "No notifications of messages from somebody", "flooim contacts mute bob"),
  ONE_USER ("contacts unmute", "Roster.SetMuted", "U0 0", "Notifications of messages from somebody again", "flooim contacts unmute bob"),
  { .name = "contacts alias",
    .args = "WHO [NAME...]",
    .help = "Give a contact a name of your own, or none",
    .example = "flooim contacts alias bob 'Bob from work'",
    .method = "Roster.SetAlias",
    .params = "U0 T1+" },
  { .name = "contacts applications",
    .args = "",
    .help = "List who asks to become a contact",
    .example = "flooim contacts applications",
    .method = "Roster.ListApplications",
    .params = "\"\" 200",
    .result = FLOO_RESULT_PAGES,
    .columns = application_columns },
  { .name = "contacts blocked",
    .args = "",
    .help = "List whom you block",
    .example = "flooim contacts blocked",
    .method = "Roster.ListBlocked",
    .params = "1",
    .result = FLOO_RESULT_USERS,
    .columns = contact_columns },
  { NULL },
};
