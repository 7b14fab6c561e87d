/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table-messages.c: conversations and their messages. */
#include "cli/commands.h"
#include "cli/text.h"

static const FlooColumn outbox_columns[] = {
  { "CLIENT ID", "client_id|id", FLOO_COLUMN_PLAIN }, { "TO", "to|conversation", FLOO_COLUMN_NAME },
  { "WHAT", "operation|type", FLOO_COLUMN_PLAIN },    { "STATE", "send_state", FLOO_COLUMN_PLAIN },
  { "TRIES", "attempts", FLOO_COLUMN_PLAIN },         { "ERROR", "error", FLOO_COLUMN_PLAIN },
  { "CONTENT", "content", FLOO_COLUMN_PLAIN },        { "NOT BEFORE", "not_before", FLOO_COLUMN_TIME },
  { NULL },
};

static const FlooColumn cache_columns[] = {
  { "CONVERSATION", "conversation", FLOO_COLUMN_NAME },
  { "FILES", "files", FLOO_COLUMN_PLAIN },
  { "SIZE", "bytes", FLOO_COLUMN_SIZE },
  { NULL },
};

#define TOKEN_OPTION                                                                                                                       \
  {                                                                                                                                        \
    "token", 0, "T", "Send it only once: commands with the same token send one message"                                    \
  }
#define WAIT_OPTION                                                                                                                        \
  {                                                                                                                                        \
    "wait", 0, "=SECONDS", "Wait until it is sent (at most 60 s if not given)"                                                             \
  }

#define AT_OPTION                                                                                                                          \
  {                                                                                                                                        \
    "at", 0, "TIME", "Send it at that time, or once there is a connection after it: 18:00, \"2026-11-30 10:42\", or 2h for in two hours"  \
  }

#define QUIET_OPTIONS                                                                                                                      \
  { "silent", 0, NULL, "The receivers get no notification on their phones" },                                                              \
    { "push", 0, "TEXT", "What that notification says instead of the text" },                                                              \
    { "config", 0, "JSON", "Settings of the message, a JSON object" }

static const FlooCliOption send_options[] = {
  TOKEN_OPTION,
  WAIT_OPTION,
  AT_OPTION,
  QUIET_OPTIONS,
  { "mention", 0, "WHO", "Mention these members, with commas between them" },
  { "mention-all", 0, NULL, "Mention all members" },
  { "ext", 0, "TEXT", "A free text of the application, sent with it" },
  { NULL },
};

static const FlooCliOption location_options[] = { TOKEN_OPTION, WAIT_OPTION, AT_OPTION, QUIET_OPTIONS, { NULL } };
static const FlooCliOption wait_options[] = { WAIT_OPTION, { NULL } };
static const FlooCliOption delete_options[] = {
  WAIT_OPTION,
  { "local", 0, NULL, "Only here; nobody is told", .key = "local" },
  { NULL },
};
static const FlooCliOption append_options[] = { WAIT_OPTION, { "finish", 0, NULL, "The message is complete with this" }, { NULL } };

static const FlooCliOption file_options[] = {
  { "name", 'n', "NAME", "What the receivers see as the file's name" },
  { "type", 't', "TYPE", "image, audio, video or file; by its content if not given" },
  TOKEN_OPTION,
  AT_OPTION,
  QUIET_OPTIONS,
  { "no-wait", 0, NULL, "Do not wait until it is sent; implied by --at" },
  { "timeout", 0, "SECONDS", "Wait that long without progress (60)" },
  { NULL },
};

static const FlooCliOption list_options[] = {
  { "unread", 0, NULL, "Only those with unread messages" },
  { "pinned", 0, NULL, "Only those that are pinned" },
  { "limit", 'n', "N", "At most that many" },
  { NULL },
};

static const FlooCliOption history_options[] = {
  { "limit", 'n', "N", "The newest N messages (20)" },
  { "all", 0, NULL, "All messages" },
  { "before", 0, "ID", "Only messages before that one" },
  { "since", 0, "TIME", "Only messages from then on: 2026-11-30, \"2026-11-30 10:42\", 10:42, or 2h for two hours ago" },
  { "until", 0, "TIME", "Only messages up to then" },
  { "local", 0, NULL, "Do not ask the service for what is missing here" },
  { "ids", 0, NULL, "Print each message's id, too" },
  { NULL },
};

static const FlooCliOption search_options[] = {
  { "in", 0, "TO", "Only in this conversation" },
  { "from", 0, "WHO", "Only from this user" },
  { "type", 't', "TYPE", "Only of this type: text, image, audio, video, file, location" },
  { "since", 0, "TIME", "Only messages from then on" },
  { "until", 0, "TIME", "Only messages up to then" },
  { "limit", 'n', "N", "At most that many (50)" },
  { "ids", 0, NULL, "Print each message's id, too" },
  { NULL },
};

static const FlooCliOption watch_options[] = {
  { "from", 0, "WHO", "Only messages from this user" },
  { "in", 0, "TO", "Only what happens in this conversation" },
  { "events", 0, "LIST", "Only these events, with commas between them; see flooim introspect Events" },
  { "state", 0, "FILE", "Store the position in FILE, so that no event is missed across restarts" },
  { "exec", 0, "COMMAND", "Run COMMAND for each, its JSON on standard input, its fields in FLOOIM_* variables" },
  { NULL },
};

static const FlooCliOption download_options[] = {
  { "all", 0, NULL, "All files of a conversation" },
  { "in", 0, "TO", "Which conversation" },
  { "type", 't', "TYPE", "Only of this type: image, audio, video or file" },
  { "since", 0, "TIME", "Only of messages from then on" },
  { "output", 'o', "FILE", "Where it goes; - is standard output" },
  { "folder", 'd', "DIR", "The folder to save them in, under their own names" },
  { "thumbnail", 0, NULL, "A thumbnail of it instead" },
  { NULL },
};

static const FlooCliOption avatar_options[] = {
  { "output", 'o', "FILE", "Where it goes; - is standard output" },
  { "folder", 'd', "DIR", "The folder that it goes to" },
  { "thumbnail", 0, NULL, "A thumbnail instead" },
  { NULL },
};

const FlooCliCommand floo_cli_message_commands[] = {
  { .name = "send",
    .args = "TO [TEXT...]",
    .help = "Send a text",
    .details
    = "Without TEXT, or with -, the text is standard input, byte for byte. It returns when the message is on the disk, from where it goes "
      "out now or when there is a connection again, and prints its client id. With --wait it prints the message's id when it is sent; it "
      "fails with status 1 where the service refuses it, and with 75 where it still waits. With --at it waits in the outbox for its time, "
      "and holds up nothing; `flooim outbox` shows it, `flooim outbox cancel` takes it back, and `flooim outbox resend` sends it now. With "
      "--token give --at a date: in two hours is another time each time.",
    .example = "flooim send bob 'Lunch at noon?'\ndf -h / | flooim send Team - --wait\nflooim send bob 'Backup done' --token "
               "\"backup-$(date +%F)\" --wait\nflooim send carol 'Happy new year!' --at '2027-01-01 00:00'",
    .options = send_options,
    .run = floo_cli_run_send },
  { .name = "send-file",
    .args = "TO PATH...",
    .help = "Send files, a message each",
    .details
    = "- is standard input. It waits until the message is sent; the daemon has a copy of the file, so interrupting the command stops "
      "nothing.",
    .example = "flooim send-file bob photo.jpg\ntar c folder | flooim send-file --name folder.tar Team -",
    .options = file_options,
    .run = floo_cli_run_send_file,
    .of_daemon = TRUE },
  { .name = "location",
    .args = "TO LAT LON [ADDRESS...]",
    .help = "Send a location",
    .example = "flooim location bob 39.9087 116.3975 Tiananmen",
    .options = location_options,
    .run = floo_cli_run_location },
  { .name = "list",
    .args = "",
    .help = "List the conversations, newest activity first",
    .example = "flooim list --unread",
    .options = list_options,
    .run = floo_cli_run_list },
  { .name = "history",
    .args = "TO",
    .help = "Print a conversation, oldest first",
    .example = "flooim history bob\nflooim history Team --all --json > team.jsonl\nflooim history bob --since 2h",
    .options = history_options,
    .run = floo_cli_run_history },
  { .name = "search",
    .args = "[TEXT...]",
    .help = "Find messages by what is written in them, newest first",
    .details = "All words must be there; a word of a script without spaces is found anywhere. Without TEXT it lists the messages of --type.",
    .example = "flooim search lunch\nflooim search --type image --in bob\nflooim search 会议 --in 老张",
    .options = search_options,
    .run = floo_cli_run_search },
  { .name = "show",
    .args = "MESSAGE",
    .help = "Show all that is known of a message",
    .example = "flooim show 9007199254741008",
    .run = floo_cli_run_show },
  { .name = "readers",
    .args = "MESSAGE",
    .help = "List who has read a message of yours to a group",
    .details = "In groups where reading is acknowledged.",
    .example = "flooim readers 9007199254741008",
    .run = floo_cli_run_readers },
  { .name = "watch",
    .args = "",
    .help = "Print events as they happen, or run a command for each",
    .details
    = "An event with several messages is handled once for each. With --state no event is missed, whether this command, the daemon or "
      "the machine was down; where that is not possible an event Reset says so. With --exec the events are handled one at a time; one "
      "counts as handled when the command exits with 0: otherwise the watch ends with --state, and the event is handled again at the next "
      "start.",
    .example = "flooim watch --json | jq -r 'select(.message) | .message.content'\n"
               "flooim watch --from bob --exec 'notify-send Bob \"$FLOOIM_CONTENT\"'\n"
               "flooim watch --state ~/.bot --from bob --exec 'flooim send bob \"I am away\"'",
    .options = watch_options,
    .run = floo_cli_run_watch },
  { .name = "read",
    .args = "TO [MESSAGE]",
    .help = "Mark a conversation as read, or up to a message",
    .example = "flooim read bob",
    .method = "Conversations.MarkRead",
    .params = "C0 N1 {}",
    .result = FLOO_RESULT_NONE },
  { .name = "unread",
    .args = "MESSAGE",
    .help = "Mark a message as unread again",
    .example = "flooim unread 9007199254741008",
    .options = wait_options,
    .method = "Conversations.MarkUnread",
    .params = "M0",
    .result = FLOO_RESULT_FATE },
  { .name = "recall",
    .args = "MESSAGE",
    .help = "Recall a message, for everybody",
    .details = "The service allows it for five minutes after sending, and to admins of a group.",
    .example = "flooim history bob --ids\nflooim recall 9007199254741008 --wait",
    .options = wait_options,
    .method = "Conversations.Recall",
    .params = "M0",
    .result = FLOO_RESULT_FATE },
  { .name = "delete",
    .args = "MESSAGE",
    .help = "Delete a message on all your devices; others keep it",
    .example = "flooim delete 9007199254741008",
    .options = delete_options,
    .method = "Conversations.DeleteMessage",
    .params = "M0 {}",
    .result = FLOO_RESULT_FATE },
  { .name = "clear",
    .args = "TO",
    .help = "Delete all messages of a conversation here, and keep it in the list",
    .example = "flooim clear bob",
    .method = "Conversations.Clear",
    .params = "C0" },
  { .name = "edit",
    .args = "MESSAGE TEXT...",
    .help = "Replace the text of a message of yours",
    .example = "flooim edit 9007199254741008 'Lunch at one?'",
    .options = wait_options,
    .method = "Conversations.Replace",
    .params = "M0 T1+ {}",
    .result = FLOO_RESULT_FATE },
  { .name = "append",
    .args = "MESSAGE [TEXT...]",
    .help = "Append to a message of yours",
    .details = "Without TEXT, or with -, each line of standard input is added as it comes: an answer that is still being written, say.",
    .example = "id=$(flooim send bob ... --wait); ./answer | flooim append \"$id\" --finish",
    .options = append_options,
    .run = floo_cli_run_append },
  { .name = "forward",
    .args = "MESSAGE[,MESSAGE...] TO...",
    .help = "Forward messages to others",
    .details = "All of them or, where there is an error, none. It prints an id for each message of the first one, then for those of the next.",
    .example = "flooim forward 9007199254741008 carol Team\nflooim forward 9007199254741008,9007199254741016 carol",
    .options = location_options,
    .run = floo_cli_run_forward },
  { .name = "download",
    .args = "[MESSAGE...]",
    .help = "Save the files of messages",
    .details = "Each keeps its name; no file is overwritten, and one that is there already with the same content is not written again. It "
               "prints the "
               "paths.",
    .example = "flooim download 9007199254741008\nflooim download --all --in bob --type image --folder pictures",
    .options = download_options,
    .run = floo_cli_run_download },
  { .name = "avatar",
    .args = "TO",
    .help = "Save the picture of a user or group",
    .example = "flooim avatar bob -o bob.png",
    .options = avatar_options,
    .run = floo_cli_run_avatar },
  { .name = "outbox",
    .args = "",
    .help = "List what waits to be sent, or has failed",
    .example = "flooim outbox",
    .method = "Conversations.ListOutbox",
    .params = "\"\" 200",
    .result = FLOO_RESULT_PAGES,
    .columns = outbox_columns },
  { .name = "outbox cancel",
    .args = "ID...",
    .help = "Cancel messages that wait",
    .example = "flooim outbox --json | jq -r .client_id | xargs flooim outbox cancel",
    .run = floo_cli_run_outbox_cancel },
  { .name = "outbox resend",
    .args = "ID...",
    .help = "Try messages that failed again, and send at once what waits for its time",
    .example = "flooim outbox resend 1764499200000",
    .run = floo_cli_run_outbox_resend },
  { .name = "cache",
    .args = "",
    .help = "List how much the downloaded files of each conversation take",
    .example = "flooim cache",
    .method = "Files.GetCacheUsage",
    .params = "",
    .result = FLOO_RESULT_RECORDS,
    .columns = cache_columns },
  { .name = "cache clear",
    .args = "[TO...]",
    .help = "Remove the downloaded files of conversations; without TO all",
    .details = "They can be downloaded again. What a program has open stays.",
    .example = "flooim cache clear Team",
    .method = "Files.ClearCache",
    .params = "C0+" },
  { .name = "transfers", .args = "", .help = "List the transfers of files", .example = "flooim transfers", .run = floo_cli_run_transfers },
  { .name = "transfers cancel",
    .args = "NUMBER...",
    .help = "Cancel transfers",
    .details = "A message whose file is being sent is cancelled with its transfer.",
    .example = "flooim transfers cancel 3",
    .run = floo_cli_run_transfers_cancel },
  { .name = "draft",
    .args = "TO [TEXT...]",
    .help = "Store a draft; without TEXT, remove it",
    .example = "flooim draft bob 'Dear Bob,'",
    .method = "Conversations.SetDraft",
    .params = "C0 K0 T1+" },
  { .name = "pin",
    .args = "TO",
    .help = "Keep a conversation at the top",
    .example = "flooim pin Team",
    .method = "Conversations.Pin",
    .params = "C0" },
  { .name = "unpin",
    .args = "TO",
    .help = "Do not keep a conversation at the top any more",
    .example = "flooim unpin Team",
    .method = "Conversations.Unpin",
    .params = "C0" },
  { NULL },
};
