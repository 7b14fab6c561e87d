/* SPDX-License-Identifier: GPL-3.0-or-later */
/* commands.h: the commands that have a function of their own, and the families of the table. */
#pragma once

#include "cli/cli.h"

G_BEGIN_DECLS

/* The table, a family a file; each ends with an empty row. */
extern const FlooCliCommand floo_cli_account_commands[];
extern const FlooCliCommand floo_cli_message_commands[];
extern const FlooCliCommand floo_cli_contact_commands[];
extern const FlooCliCommand floo_cli_group_commands[];
extern const FlooCliCommand floo_cli_tool_commands[];

/* call.c */
int floo_cli_run_call (FlooCli *cli);
int floo_cli_run_replay (FlooCli *cli);
/* introspect.c */
int floo_cli_run_introspect (FlooCli *cli);
/* login.c */
int floo_cli_run_login (FlooCli *cli);
int floo_cli_run_register (FlooCli *cli);
int floo_cli_run_password (FlooCli *cli);
int floo_cli_run_delete_account (FlooCli *cli);
int floo_cli_run_logout (FlooCli *cli);
/* login-ways.c */
int floo_cli_run_mobile_bind (FlooCli *cli);
int floo_cli_run_mobile_verify (FlooCli *cli);
int floo_cli_run_mobile_change (FlooCli *cli);
int floo_cli_run_devices_confirm (FlooCli *cli);
int floo_cli_run_group_qr (FlooCli *cli);
int floo_cli_run_group_join_qr (FlooCli *cli);
/* `flooim login` with --qr or --mobile. FALSE: it has neither. */
gboolean floo_cli_login_otherwise (FlooCli *cli, int *status);
/* `flooim password --mobile` */
int floo_cli_reset_password (FlooCli *cli, const char *mobile, const char *password);
/* status.c */
int floo_cli_run_status (FlooCli *cli);
/* settings.c */
int floo_cli_run_profile_set (FlooCli *cli);
int floo_cli_run_settings_set (FlooCli *cli);
int floo_cli_run_group_set (FlooCli *cli);
int floo_cli_run_contacts_find (FlooCli *cli);
/* sending.c */
int floo_cli_run_send (FlooCli *cli);
int floo_cli_run_send_file (FlooCli *cli);
int floo_cli_run_location (FlooCli *cli);
int floo_cli_run_forward (FlooCli *cli);
int floo_cli_run_append (FlooCli *cli);
/* history.c */
int floo_cli_run_list (FlooCli *cli);
int floo_cli_run_history (FlooCli *cli);
int floo_cli_run_search (FlooCli *cli);
int floo_cli_run_show (FlooCli *cli);
/* readers.c */
int floo_cli_run_readers (FlooCli *cli);
/* watch.c */
int floo_cli_run_watch (FlooCli *cli);
/* outbox.c */
int floo_cli_run_outbox_cancel (FlooCli *cli);
int floo_cli_run_outbox_resend (FlooCli *cli);
int floo_cli_run_transfers (FlooCli *cli);
int floo_cli_run_transfers_cancel (FlooCli *cli);
/* download.c */
int floo_cli_run_download (FlooCli *cli);
int floo_cli_run_avatar (FlooCli *cli);
int floo_cli_run_group_fetch (FlooCli *cli);
int floo_cli_run_group_share (FlooCli *cli);
int floo_cli_run_group_avatar (FlooCli *cli);
int floo_cli_run_profile_avatar (FlooCli *cli);

/* From a descriptor to another, from the beginning of a regular file (call.c). */
gboolean floo_cli_copy_file (int from, int to, GError **error);
/* A file to be handed over, "-" is standard input: a list with its descriptor (sending.c). */
GUnixFDList *floo_cli_open_file (const char *path, GError **error);
/* What a file is called at the other side: --name, or the last part of its path (sending.c). */
char *floo_cli_dup_file_name (FlooCli *cli, const char *path);

G_END_DECLS
