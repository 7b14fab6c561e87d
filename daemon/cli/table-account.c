/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table-account.c: the account: logging in, profile, settings, devices. */
#include "cli/commands.h"
#include "cli/text.h"

#define NO_PICTURE { "no-picture", 0, NULL, "Ask for the code by SMS without the picture, where the service allows that" }

static const FlooCliOption login_options[] = {
  { "user", 'u', "NAME", "The user's name, or # and the id" },
  { "app-id", 'a', "ID", "The application's id" },
  { "dns-server", 0, "URL", "Another discovery server than the service's" },
  { "password-stdin", 0, NULL, "Read the password from standard input: one line" },
  { "no-remember", 0, NULL, "Do not keep the password for later logins" },
  { "qr", 0, NULL, "By a QR code that a device which is logged in scans and confirms" },
  { "mobile", 0, "NUMBER", "By a code that is sent to the account's mobile number" },
  NO_PICTURE,
  { NULL },
};

static const FlooCliOption register_options[] = {
  { "user", 'u', "NAME", "The name of the new user" },
  { "app-id", 'a', "ID", "The application's id" },
  { "dns-server", 0, "URL", "Another discovery server than the service's" },
  { "password-stdin", 0, NULL, "Read the password from standard input: one line" },
  { "anonymous", 0, NULL, "A user for a visitor, where the application allows that" },
  { NULL },
};

static const FlooCliOption picture_options[] = {
  NO_PICTURE,
  { NULL },
};

static const FlooCliOption confirm_options[] = {
  { "decline", 0, NULL, "Do not let it log in" },
  { NULL },
};

static const FlooCliOption logout_options[] = {
  { "erase", 0, NULL, "Delete the messages and files kept on this machine" },
  { "discard", 0, NULL, "Give up messages that are not sent yet" },
  { "everywhere", 0, NULL, "End the sessions on the user's other web devices, too" },
  { NULL },
};

static const FlooCliOption status_options[] = {
  { "watch", 'w', NULL, "Print a line whenever it changes" },
  { NULL },
};

static const FlooCliOption password_options[] = {
  { "password-stdin", 0, NULL, "Read the passwords from standard input: the present one, then the new one, a line each" },
  { "mobile", 0, "NUMBER", "Without the present one: by a code that is sent to the account's mobile number; needs no login" },
  { "app-id", 'a', "ID", "With --mobile: the application's id" },
  { "dns-server", 0, "URL", "With --mobile: another discovery server than the service's" },
  NO_PICTURE,
  { NULL },
};

static const FlooCliOption delete_options[] = {
  { "yes", 0, NULL, "Yes, for ever" },
  { "password-stdin", 0, NULL, "Read the password from standard input: one line" },
  { NULL },
};

static const FlooColumn device_columns[] = {
  { "SN", "device_sn", FLOO_COLUMN_PLAIN },
  { "PLATFORM", "platform", FLOO_COLUMN_PLAIN },
  { "DEVICE", "user_agent", FLOO_COLUMN_PLAIN },
  { NULL },
};

const FlooCliCommand floo_cli_account_commands[] = {
  { .name = "login",
    .args = "",
    .help = "Log in; asks for what is not given",
    .details
    = "The daemon stays logged in, over restarts, too, until flooim logout. The password is never in a command line, where others could "
      "see it. With --qr the code is drawn on the terminal, and renewed when it expires; with --json a line says what each has to say. With "
      "--mobile a picture is shown first, and the code is sent for the text that it shows.",
    .example = "flooim login\nsecret-tool lookup service im | flooim login -a APP -u me --password-stdin\nflooim login --qr",
    .options = login_options,
    .run = floo_cli_run_login,
    .of_daemon = TRUE },
  { .name = "status",
    .args = "",
    .help = "Tell how the account and the connection are",
    .details = "It tells state, last error, next try, unread and unsent messages, and where data and secrets are.",
    .example = "flooim status\nflooim status --json | jq -r .State",
    .options = status_options,
    .run = floo_cli_run_status,
    .of_daemon = TRUE },
  { .name = "logout",
    .args = "",
    .help = "Log out",
    .details
    = "Messages stay on this machine, and unsent ones wait for the next login of the same user. With --erase they are deleted, which is "
      "refused while there are unsent ones, unless --discard gives them up.",
    .example = "flooim logout",
    .options = logout_options,
    .run = floo_cli_run_logout,
    .of_daemon = TRUE },
  { .name = "register",
    .args = "",
    .help = "Make a new user, where the application allows it",
    .details = "It prints the new user's id, and does not log in.",
    .example = "flooim register --user newcomer",
    .options = register_options,
    .run = floo_cli_run_register },
  { .name = "password",
    .args = "",
    .help = "Change the password",
    .details = "The service ends all sessions of the user; this daemon logs in again by itself.",
    .example = "flooim password\nprintf '%s\\n' \"$OLD\" \"$NEW\" | flooim password --password-stdin",
    .options = password_options,
    .run = floo_cli_run_password },
  { .name = "delete-account",
    .args = "",
    .help = "Delete the account at the service, for ever",
    .details = "With it goes what is kept of it here.",
    .example = "flooim delete-account --yes",
    .options = delete_options,
    .run = floo_cli_run_delete_account },
  { .name = "profile",
    .args = "",
    .help = "Show your profile",
    .example = "flooim profile",
    .method = "Account.GetProfile",
    .params = "1",
    .result = FLOO_RESULT_RECORD },
  { .name = "profile set",
    .args = "KEY VALUE...",
    .help = "Change your profile",
    .details = "Keys: nick_name, description, public_info, private_info, mobile.",
    .example = "flooim profile set nick_name 'Alice L.'",
    .run = floo_cli_run_profile_set },
  { .name = "profile avatar",
    .args = "PATH",
    .help = "Change your picture",
    .example = "flooim profile avatar me.png",
    .run = floo_cli_run_profile_avatar },
  { .name = "settings",
    .args = "",
    .help = "Show your settings",
    .example = "flooim settings",
    .method = "Account.GetSettings",
    .params = "",
    .result = FLOO_RESULT_RECORD },
  { .name = "settings set",
    .args = "KEY VALUE...",
    .help = "Change a setting",
    .details
    = "Keys are those that flooim settings shows; a value is a number, a text, or yes or no. auth_mode, who may add you: 0 anyone, 1 after "
      "consent, 2 after the right answer, 3 nobody.",
    .example = "flooim settings set no_push yes",
    .run = floo_cli_run_settings_set },
  { .name = "devices",
    .args = "",
    .help = "List the devices that you are logged in with",
    .example = "flooim devices",
    .method = "Account.ListDevices",
    .params = "",
    .result = FLOO_RESULT_RECORDS,
    .columns = device_columns },
  { .name = "devices kick",
    .args = "SN",
    .help = "End the session of a device",
    .example = "flooim devices kick 3",
    .method = "Account.KickDevice",
    .params = "N0" },
  { .name = "devices confirm",
    .args = "",
    .help = "Let another device log in, by the QR code that it shows",
    .details = "What the code says is asked for, or read from standard input: one line, as a scanner prints it.",
    .example = "zbarcam --raw --oneshot | flooim devices confirm",
    .options = confirm_options,
    .run = floo_cli_run_devices_confirm },
  { .name = "mobile",
    .args = "",
    .help = "Tell whether the account is verified, and by which mobile number",
    .example = "flooim mobile",
    .method = "Account.GetVerification",
    .params = "",
    .result = FLOO_RESULT_RECORD },
  { .name = "mobile bind",
    .args = "NUMBER",
    .help = "Bind a mobile number to the account, which has none",
    .details = "A code is sent to it, which is asked for.",
    .example = "flooim mobile bind +8613900000000",
    .options = picture_options,
    .run = floo_cli_run_mobile_bind },
  { .name = "mobile change",
    .args = "NUMBER",
    .help = "Change the account's mobile number",
    .details = "The password is asked for, and the code that is sent to the new number.",
    .example = "flooim mobile change +8613900000000",
    .options = picture_options,
    .run = floo_cli_run_mobile_change },
  { .name = "mobile verify",
    .args = "NUMBER",
    .help = "Verify the account by a mobile number",
    .details = "Some applications want it before one may write. A code is sent to the number, which is asked for.",
    .example = "flooim mobile verify +8613900000000",
    .options = picture_options,
    .run = floo_cli_run_mobile_verify },
  { NULL },
};
