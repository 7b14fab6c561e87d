/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table-groups.c: groups. */
#include "cli/commands.h"
#include "cli/text.h"

static const FlooColumn group_columns[] = {
  { "ID", "group_id", FLOO_COLUMN_PLAIN },
  { "NAME", "name", FLOO_COLUMN_PLAIN },
  { "MEMBERS", "count", FLOO_COLUMN_PLAIN },
  { "OWNER", "owner|owner_id", FLOO_COLUMN_NAME },
  { NULL },
};

static const FlooColumn member_columns[] = {
  { "ID", "user_id", FLOO_COLUMN_PLAIN },
  { "NAME", "user_id", FLOO_COLUMN_NAME },
  { "NAME HERE", "display_name", FLOO_COLUMN_PLAIN },
  { "ROLE", "role", FLOO_COLUMN_PLAIN },
  { "SINCE", "join_time", FLOO_COLUMN_TIME },
  { NULL },
};

static const FlooColumn banned_columns[] = {
  { "ID", "user_id", FLOO_COLUMN_PLAIN },
  { "NAME", "user_id", FLOO_COLUMN_NAME },
  { "UNTIL", "expired_time", FLOO_COLUMN_TIME },
  { NULL },
};

static const FlooColumn blocked_columns[] = {
  { "ID", "user_id", FLOO_COLUMN_PLAIN },
  { "NAME", "user_id", FLOO_COLUMN_NAME },
  { "SINCE", "create_at", FLOO_COLUMN_PLAIN },
  { NULL },
};

static const FlooColumn file_columns[] = {
  { "ID", "file_id", FLOO_COLUMN_PLAIN },   { "NAME", "name", FLOO_COLUMN_PLAIN },      { "SIZE", "size", FLOO_COLUMN_SIZE },
  { "FROM", "uploader", FLOO_COLUMN_NAME }, { "TIME", "created_at", FLOO_COLUMN_TIME }, { NULL },
};

static const FlooColumn announcement_columns[] = {
  { "ID", "id", FLOO_COLUMN_PLAIN },       { "TIME", "created_at", FLOO_COLUMN_TIME }, { "FROM", "author", FLOO_COLUMN_NAME },
  { "TITLE", "title", FLOO_COLUMN_PLAIN }, { "TEXT", "content", FLOO_COLUMN_PLAIN },   { NULL },
};

static const FlooColumn invitation_columns[] = {
  { "GROUP", "group_id", FLOO_COLUMN_PLAIN },
  { "INVITED BY", "inviter_id", FLOO_COLUMN_NAME },
  { "STATUS", "status", FLOO_COLUMN_PLAIN, "pending|accepted|declined" },
  { "REASON", "reason", FLOO_COLUMN_PLAIN },
  { NULL },
};

static const FlooColumn application_columns[] = {
  { "GROUP", "group_id", FLOO_COLUMN_PLAIN },   { "ID", "applicant_id", FLOO_COLUMN_PLAIN },
  { "NAME", "applicant_id", FLOO_COLUMN_NAME }, { "STATUS", "status", FLOO_COLUMN_PLAIN, "pending|accepted|declined" },
  { "REASON", "reason", FLOO_COLUMN_PLAIN },    { NULL },
};

static const FlooCliOption exit_options[] = { { "keep", 0, NULL, "Keep its conversation here", .key = "keep_history" }, { NULL } };

static const FlooCliOption create_options[] = {
  { "description", 0, "TEXT", "The group's description", "description" },
  { "type", 't', "N", "0 private (default), 1 public, 2 chat room, 3 temporary", "type" },
  { NULL },
};

static const FlooCliOption reason_options[] = {
  { "reason", 0, "TEXT", "A text for the others" },
  { NULL },
};

static const FlooCliOption ban_options[] = {
  { "for", 0, "TIME", "For how long: 10m, 2h, 3d; for ever if not given" },
  { NULL },
};

static const FlooCliOption name_options[] = {
  { "name", 'n', "NAME", "What others see as the file's name" },
  { NULL },
};

static const FlooCliOption fetch_options[] = {
  { "output", 'o', "FILE", "Where it goes; - is standard output" },
  { "folder", 'd', "DIR", "The folder that it goes to" },
  { NULL },
};

#define PAGES(a_name, a_method, some_columns, a_help)                                                                                      \
  {                                                                                                                                        \
    .name = "groups " a_name, .args = "GROUP", .help = a_help, .example = "flooim groups " a_name " Team", .method = "Groups." a_method,   \
    .params = "G0 \"\" 200", .result = FLOO_RESULT_PAGES, .columns = some_columns                                                          \
  }
#define RECORDS(a_name, a_method, some_columns, a_help)                                                                                    \
  {                                                                                                                                        \
    .name = "groups " a_name, .args = "GROUP", .help = a_help, .example = "flooim groups " a_name " Team", .method = "Groups." a_method,   \
    .params = "G0", .result = FLOO_RESULT_RECORDS, .columns = some_columns                                                                 \
  }
/* Something done to users. */
#define USERS(a_name, a_method, a_help)                                                                                                    \
  {                                                                                                                                        \
    .name = "groups " a_name, .args = "GROUP WHO...", .help = a_help, .example = "flooim groups " a_name " Team carol dave",               \
    .method = "Groups." a_method, .params = "G0 U1+", .result = FLOO_RESULT_OUTCOMES                                                       \
  }

const FlooCliCommand floo_cli_group_commands[] = {
  { .name = "groups",
    .args = "",
    .help = "List the groups that you are in",
    .example = "flooim groups",
    .method = "Groups.ListJoined",
    .params = "0",
    .result = FLOO_RESULT_GROUPS,
    .columns = group_columns },
  { .name = "groups public",
    .args = "",
    .help = "List groups that anybody may find",
    .example = "flooim groups public",
    .method = "Groups.ListPublic",
    .params = "",
    .result = FLOO_RESULT_GROUPS,
    .columns = group_columns },
  { .name = "groups info",
    .args = "GROUP",
    .help = "Show all details of a group",
    .example = "flooim groups info Team",
    .method = "Groups.GetInfo",
    .params = "G0 1",
    .result = FLOO_RESULT_RECORD },
  PAGES ("members", "ListMembers", member_columns, "List the members of a group"),
  RECORDS ("admins", "ListAdmins", member_columns, "List the admins of a group"),
  PAGES ("banned", "ListBanned", banned_columns, "List who may not write in a group"),
  PAGES ("blocked", "ListBlocked", blocked_columns, "List who is kept out of a group"),
  RECORDS ("files", "ListFiles", file_columns, "List the files shared in a group"),
  RECORDS ("announcements", "ListAnnouncements", announcement_columns, "List the announcements of a group"),
  { .name = "groups create",
    .args = "NAME [WHO...]",
    .help = "Create a group, with these members",
    .details = "It prints the new group's details.",
    .example = "flooim groups create 'Lunch club' bob carol 老张",
    .options = create_options,
    .method = "Groups.Create",
    .params = "T0 U1+ {}",
    .result = FLOO_RESULT_RECORD },
  { .name = "groups invite",
    .args = "GROUP WHO...",
    .help = "Invite users to a group",
    .example = "flooim groups invite Team user:erin --reason 'Join us'",
    .options = reason_options,
    .method = "Groups.Invite",
    .params = "G0 U1+ O:reason",
    .result = FLOO_RESULT_OUTCOMES },
  USERS ("kick", "Kick", "Remove members from a group"),
  { .name = "groups ban",
    .args = "GROUP WHO...",
    .help = "Mute members: they may not write for a while",
    .example = "flooim groups ban Team dave --for 10m",
    .options = ban_options,
    .method = "Groups.Ban",
    .params = "G0 U1+ E:for",
    .result = FLOO_RESULT_OUTCOMES },
  USERS ("unban", "Unban", "Let members write again"),
  { .name = "groups ban-all",
    .args = "GROUP",
    .help = "Let only admins write for a while",
    .example = "flooim groups ban-all Team --for 2h",
    .options = ban_options,
    .method = "Groups.BanAll",
    .params = "G0 E:for",
    .result = FLOO_RESULT_VALUE },
  { .name = "groups unban-all",
    .args = "GROUP",
    .help = "Let all members write again",
    .example = "flooim groups unban-all Team",
    .method = "Groups.UnbanAll",
    .params = "G0" },
  USERS ("block", "Block", "Remove users and keep them out"),
  USERS ("unblock", "Unblock", "Let users join again"),
  USERS ("promote", "AddAdmins", "Make members admins"),
  USERS ("demote", "RemoveAdmins", "Make admins members again"),
  { .name = "groups join",
    .args = "GROUP",
    .help = "Join a group, or ask to",
    .details = "GROUP is the id of a group that you are not in.",
    .example = "flooim groups join 2003 --reason 'Carol told me'",
    .options = reason_options,
    .method = "Groups.Join",
    .params = "G0 O:reason",
    .result = FLOO_RESULT_OUTCOMES },
  { .name = "groups qr",
    .args = "GROUP",
    .help = "Draw a QR code by which others join a group",
    .details = "With --json its content is printed.",
    .example = "flooim groups qr Team",
    .run = floo_cli_run_group_qr },
  { .name = "groups join-qr",
    .args = "",
    .help = "Join a group by the content of its QR code",
    .details = "The content is asked for, or read from standard input: one line, as a scanner prints it.",
    .example = "zbarimg --raw -q code.png | flooim groups join-qr",
    .run = floo_cli_run_group_join_qr },
  { .name = "groups leave",
    .args = "GROUP",
    .help = "Leave a group; its conversation is deleted",
    .example = "flooim groups leave Team --keep",
    .options = exit_options,
    .method = "Groups.Leave",
    .params = "G0 {}" },
  { .name = "groups destroy",
    .args = "GROUP",
    .help = "Destroy a group that you own",
    .example = "flooim groups destroy Team",
    .options = exit_options,
    .method = "Groups.Destroy",
    .params = "G0 {}" },
  { .name = "groups transfer",
    .args = "GROUP WHO",
    .help = "Transfer a group that you own to a member",
    .example = "flooim groups transfer Team bob",
    .method = "Groups.Transfer",
    .params = "G0 U1",
    .result = FLOO_RESULT_OUTCOMES },
  { .name = "groups set",
    .args = "GROUP KEY VALUE...",
    .help = "Change a detail or a setting of a group",
    .details
    = "Texts: name, description, ext, display_name (yours here). Yes or no: member_invite, member_modify, read_ack, history_visible, "
      "hide_member_info. Numbers: mute_mode (0 none muted, 1 no notifications, 2 no messages), push_mode (0 all, 1 none, 2 admins and "
      "mentions, 3 admins, 4 mentions), join_approval (0 everyone may join, 1 an admin decides, 2 nobody).",
    .example = "flooim groups set Team name 'The team'\nflooim groups set Team read_ack yes",
    .run = floo_cli_run_group_set },
  { .name = "groups avatar",
    .args = "GROUP PATH",
    .help = "Change the picture of a group",
    .example = "flooim groups avatar Team logo.png",
    .run = floo_cli_run_group_avatar },
  { .name = "groups announce",
    .args = "GROUP TITLE TEXT...",
    .help = "Post an announcement",
    .example = "flooim groups announce Team Friday 'The release is on Friday.'",
    .method = "Groups.PostAnnouncement",
    .params = "G0 T1 T2+",
    .result = FLOO_RESULT_RECORD },
  { .name = "groups share",
    .args = "GROUP PATH",
    .help = "Share a file in a group",
    .example = "flooim groups share Team plan.pdf",
    .options = name_options,
    .run = floo_cli_run_group_share },
  { .name = "groups fetch",
    .args = "GROUP NAME",
    .help = "Save a shared file, by its id or name",
    .example = "flooim groups fetch Team plan.pdf -o plan.pdf",
    .options = fetch_options,
    .run = floo_cli_run_group_fetch },
  { .name = "groups invitations",
    .args = "",
    .help = "List your invitations to groups",
    .example = "flooim groups invitations",
    .method = "Groups.ListInvitations",
    .params = "\"\" 200",
    .result = FLOO_RESULT_PAGES,
    .columns = invitation_columns },
  { .name = "groups invitations accept",
    .args = "GROUP WHO",
    .help = "Accept WHO's invitation",
    .example = "flooim groups invitations accept 2003 carol",
    .method = "Groups.HandleInvitation",
    .params = "G0 U1 1" },
  { .name = "groups invitations decline",
    .args = "GROUP WHO",
    .help = "Decline WHO's invitation",
    .example = "flooim groups invitations decline 2003 carol",
    .method = "Groups.HandleInvitation",
    .params = "G0 U1 0" },
  { .name = "groups applications",
    .args = "GROUP...",
    .help = "List who asks to join groups of yours",
    .example = "flooim groups applications Team",
    .method = "Groups.ListApplications",
    .params = "G0+ \"\" 200",
    .result = FLOO_RESULT_PAGES,
    .columns = application_columns },
  { .name = "groups applications accept",
    .args = "GROUP WHO",
    .help = "Let WHO join",
    .example = "flooim groups applications accept Team user:erin",
    .method = "Groups.HandleApplication",
    .params = "G0 U1 1",
    .result = FLOO_RESULT_OUTCOMES },
  { .name = "groups applications decline",
    .args = "GROUP WHO",
    .help = "Do not let WHO join",
    .example = "flooim groups applications decline Team user:erin",
    .method = "Groups.HandleApplication",
    .params = "G0 U1 0",
    .result = FLOO_RESULT_OUTCOMES },
  { NULL },
};
