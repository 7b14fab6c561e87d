/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calls.c: dispatches the calls of clients to the parts of the session.
 */
#include "session/parts.h"

void
floo_session_login (FlooSession *self, const FlooLoginRequest *request, FlooReply reply, gpointer user_data)
{
  floo_login_log_in (self->login, request, reply, user_data);
}

void
floo_session_logout (FlooSession *self, FlooLogoutFlags flags, FlooReply reply, gpointer user_data)
{
  floo_login_log_out (self->login, flags, reply, user_data);
}

void
floo_session_reconnect (FlooSession *self, FlooReply reply, gpointer user_data)
{
  floo_login_reconnect (self->login, reply, user_data);
}

void
floo_session_register (FlooSession *self, const char *username, const char *password, gboolean anonymous, const char *app_id,
                       const char *dns_server, FlooReply reply, gpointer user_data)
{
  floo_login_register (self->login, username, password, anonymous, app_id, dns_server, reply, user_data);
}

void
floo_session_check_username (FlooSession *self, const char *username, const char *app_id, const char *dns_server, FlooReply reply,
                             gpointer user_data)
{
  floo_login_check_username (self->login, username, app_id, dns_server, reply, user_data);
}

void
floo_session_begin_qr_login (FlooSession *self, const char *app_id, const char *dns_server, gboolean remember, FlooReply reply,
                             gpointer user_data)
{
  floo_login_begin_qr (self->login, app_id, dns_server, remember, reply, user_data);
}

void
floo_session_get_qr_login (FlooSession *self, FlooReply reply, gpointer user_data)
{
  floo_login_get_qr (self->login, reply, user_data);
}

void
floo_session_cancel_qr_login (FlooSession *self, guint caller)
{
  floo_login_cancel_qr (self->login, caller);
}

void
floo_session_confirm_qr_login (FlooSession *self, const char *text, gboolean allow, FlooReply reply, gpointer user_data)
{
  floo_qr_codes_confirm_login (self->account, text, allow, reply, user_data);
}

void
floo_session_get_captcha (FlooSession *self, const char *app_id, const char *dns_server, FlooReply reply, gpointer user_data)
{
  floo_login_get_captcha (self->login, app_id, dns_server, reply, user_data);
}

void
floo_session_send_sms_code (FlooSession *self, const char *mobile, const char *captcha, const char *text, const char *app_id,
                            const char *dns_server, FlooReply reply, gpointer user_data)
{
  floo_login_send_sms_code (self->login, mobile, captcha, text, app_id, dns_server, reply, user_data);
}

void
floo_session_login_by_mobile (FlooSession *self, const char *mobile, const char *code, const FlooLoginRequest *request, FlooReply reply,
                              gpointer user_data)
{
  floo_login_log_in_by_mobile (self->login, mobile, code, request, reply, user_data);
}

void
floo_session_bind_mobile (FlooSession *self, const char *mobile, const char *code, FlooReply reply, gpointer user_data)
{
  floo_login_bind_mobile (self->login, mobile, code, reply, user_data);
}

void
floo_session_change_mobile (FlooSession *self, const char *mobile, const char *code, const FlooMobileProof *proof, FlooReply reply,
                            gpointer user_data)
{
  floo_login_change_mobile (self->login, mobile, code, proof, reply, user_data);
}

void
floo_session_reset_password (FlooSession *self, const char *mobile, const char *code, const char *password, const char *app_id,
                             const char *dns_server, FlooReply reply, gpointer user_data)
{
  floo_login_reset_password (self->login, mobile, code, password, app_id, dns_server, reply, user_data);
}

void
floo_session_groups_get_qr_code (FlooSession *self, gint64 id, FlooReply reply, gpointer user_data)
{
  floo_qr_codes_get_group (self->account, id, reply, user_data);
}

void
floo_session_groups_join_by_qr_code (FlooSession *self, const char *text, FlooReply reply, gpointer user_data)
{
  floo_qr_codes_join_group (self->account, text, reply, user_data);
}

void
floo_session_roster_list (FlooSession *self, gboolean refresh, FlooReply reply, gpointer user_data)
{
  floo_directory_list_users (self->directory, refresh, reply, user_data);
}

void
floo_session_roster_get_items (FlooSession *self, const gint64 *ids, guint n, gboolean refresh, FlooReply reply, gpointer user_data)
{
  floo_directory_get_users (self->directory, ids, n, refresh, reply, user_data);
}

void
floo_session_find (FlooSession *self, const char *text, guint limit, FlooReply reply, gpointer user_data)
{
  floo_directory_find (self->directory, text, limit, reply, user_data);
}

void
floo_session_set_online (FlooSession *self, gboolean online, FlooReply reply, gpointer user_data)
{
  floo_login_set_online (self->login, online, reply, user_data);
}

void
floo_session_groups_list_joined (FlooSession *self, gboolean refresh, FlooReply reply, gpointer user_data)
{
  floo_directory_list_groups (self->directory, refresh, reply, user_data);
}

void
floo_session_groups_get_brief (FlooSession *self, const gint64 *ids, guint n, FlooReply reply, gpointer user_data)
{
  floo_directory_get_groups (self->directory, ids, n, reply, user_data);
}

void
floo_session_groups_get_info (FlooSession *self, gint64 id, gboolean refresh, FlooReply reply, gpointer user_data)
{
  floo_directory_get_group (self->directory, id, refresh, reply, user_data);
}

void
floo_session_call_operation (FlooSession *self, const char *interface, const char *method, GVariant *args, FlooReply reply,
                             gpointer user_data)
{
  floo_operations_call (self->operations, interface, method, args, reply, user_data);
}

void
floo_session_change_password (FlooSession *self, const char *old, const char *password, FlooReply reply, gpointer user_data)
{
  floo_login_change_password (self->login, old, password, reply, user_data);
}

void
floo_session_delete_account (FlooSession *self, const char *password, FlooReply reply, gpointer user_data)
{
  floo_login_delete_account (self->login, password, reply, user_data);
}

void
floo_session_list_conversations (FlooSession *self, const char *cursor, guint limit, gboolean pinned_first, gboolean unread, const char *type,
                                 FlooReply reply, gpointer user_data)
{
  floo_sync_list_conversations (self->sync, cursor, limit, pinned_first, unread, type, reply, user_data);
}

void
floo_session_get_conversation (FlooSession *self, gint64 id, FlooReply reply, gpointer user_data)
{
  floo_sync_get_conversation (self->sync, id, reply, user_data);
}

void
floo_session_get_messages (FlooSession *self, gint64 conversation, FlooMessagesKind kind, gint64 anchor, guint limit, gboolean local,
                           FlooReply reply, gpointer user_data)
{
  floo_sync_get_messages (self->sync, conversation, kind, anchor, limit, local, reply, user_data);
}

void
floo_session_fetch_history (FlooSession *self, gint64 conversation, gint64 from, guint limit, FlooReply reply, gpointer user_data)
{
  floo_sync_fetch_history (self->sync, conversation, from, limit, reply, user_data);
}

void
floo_session_get_message (FlooSession *self, gint64 id, FlooReply reply, gpointer user_data)
{
  floo_sync_get_message (self->sync, id, reply, user_data);
}

void
floo_session_get_readers (FlooSession *self, gint64 message, FlooReply reply, gpointer user_data)
{
  floo_sync_get_readers (self->sync, message, reply, user_data);
}

void
floo_session_search (FlooSession *self, const FlooSearchRequest *request, FlooReply reply, gpointer user_data)
{
  floo_sync_search (self->sync, request, reply, user_data);
}

void
floo_session_send (FlooSession *self, const FlooSendRequest *request, FlooReply reply, gpointer user_data)
{
  floo_sender_send (self->sender, request, reply, user_data);
}

void
floo_session_send_mention (FlooSession *self, const FlooMentionRequest *request, FlooReply reply, gpointer user_data)
{
  floo_sender_send_mention (self->sender, request, reply, user_data);
}

void
floo_session_send_location (FlooSession *self, const char *to_type, gint64 to, double latitude, double longitude, const char *address,
                            const FlooSendOptions *options, FlooReply reply, gpointer user_data)
{
  floo_sender_send_location (self->sender, to_type, to, latitude, longitude, address, options, reply, user_data);
}

void
floo_session_set_typing (FlooSession *self, gint64 user, gboolean typing, FlooReply reply, gpointer user_data)
{
  floo_sender_set_typing (self->sender, user, typing, reply, user_data);
}

void
floo_session_mark_read (FlooSession *self, gint64 conversation, gint64 message, gboolean only, FlooReply reply, gpointer user_data)
{
  floo_sender_mark_read (self->sender, conversation, message, only, reply, user_data);
}

void
floo_session_operate (FlooSession *self, FlooOperation operation, gint64 message, const FlooEdit *edit, FlooReply reply, gpointer user_data)
{
  floo_sender_operate (self->sender, operation, message, edit, reply, user_data);
}

void
floo_session_delete_message_here (FlooSession *self, gint64 message, FlooReply reply, gpointer user_data)
{
  floo_sender_delete_here (self->sender, message, reply, user_data);
}

void
floo_session_delete_conversation (FlooSession *self, gint64 conversation, FlooDeleteKind how, FlooReply reply, gpointer user_data)
{
  floo_sender_delete_conversation (self->sender, conversation, how, reply, user_data);
}

void
floo_session_set_draft (FlooSession *self, gint64 conversation, const char *to_type, const char *text, FlooReply reply,
                        gpointer user_data)
{
  floo_sender_set_draft (self->sender, conversation, to_type, text, reply, user_data);
}

void
floo_session_list_outbox (FlooSession *self, const char *cursor, guint limit, FlooReply reply, gpointer user_data)
{
  floo_sender_list_outbox (self->sender, cursor, limit, reply, user_data);
}

void
floo_session_resend (FlooSession *self, gint64 client_id, FlooReply reply, gpointer user_data)
{
  floo_sender_resend (self->sender, client_id, reply, user_data);
}

void
floo_session_cancel_send (FlooSession *self, gint64 client_id, FlooReply reply, gpointer user_data)
{
  floo_sender_cancel_send (self->sender, client_id, reply, user_data);
}

void
floo_session_upload (FlooSession *self, const char *to_type, gint64 to, const char *type, int fd, const char *name, FlooReply reply,
                     gpointer user_data)
{
  floo_files_upload (self->files, to_type, to, type, fd, name, reply, user_data);
}

void
floo_session_download (FlooSession *self, gint64 message, const FlooFileForm *form, FlooReply reply, gpointer user_data)
{
  floo_files_download (self->files, message, form, reply, user_data);
}

void
floo_session_get_avatar (FlooSession *self, const char *to_type, gint64 id, gboolean thumbnail, FlooReply reply, gpointer user_data)
{
  floo_files_get_avatar (self->files, to_type, id, thumbnail, reply, user_data);
}

void
floo_session_set_avatar (FlooSession *self, int fd, const char *name, FlooReply reply, gpointer user_data)
{
  floo_files_set_avatar (self->files, fd, name, reply, user_data);
}

void
floo_session_groups_set_avatar (FlooSession *self, gint64 group, int fd, const char *name, FlooReply reply, gpointer user_data)
{
  floo_files_set_group_avatar (self->files, group, fd, name, reply, user_data);
}

void
floo_session_groups_share_file (FlooSession *self, gint64 group, int fd, const char *name, const char *type, FlooReply reply,
                                gpointer user_data)
{
  floo_files_share (self->files, group, fd, name, type, reply, user_data);
}

void
floo_session_groups_download_file (FlooSession *self, gint64 group, gint64 file_id, FlooReply reply, gpointer user_data)
{
  floo_files_download_shared (self->files, group, file_id, reply, user_data);
}

void
floo_session_send_file (FlooSession *self, const FlooSendFileRequest *request, FlooReply reply, gpointer user_data)
{
  floo_files_send (self->files, request, reply, user_data);
}

void
floo_session_forward_many (FlooSession *self, const FlooForwardRequest *request, FlooReply reply, gpointer user_data)
{
  floo_files_forward_many (self->files, request, reply, user_data);
}

void
floo_session_forward (FlooSession *self, gint64 message, const char *to_type, gint64 to, const FlooSendOptions *options,
                      FlooReply reply, gpointer user_data)
{
  floo_files_forward (self->files, message, to_type, to, options, reply, user_data);
}

void
floo_session_get_cache_usage (FlooSession *self, FlooReply reply, gpointer user_data)
{
  floo_files_get_cache_usage (self->files, reply, user_data);
}

void
floo_session_clear_cache (FlooSession *self, const gint64 *conversations, guint n, FlooReply reply, gpointer user_data)
{
  floo_files_clear_cache (self->files, conversations, n, reply, user_data);
}

void
floo_session_list_transfers (FlooSession *self, FlooReply reply, gpointer user_data)
{
  floo_files_list_transfers (self->files, reply, user_data);
}

GVariant *
floo_session_get_transfer (FlooSession *self, guint64 id)
{
  return floo_files_get_transfer (self->files, id);
}

void
floo_session_cancel_transfer (FlooSession *self, guint64 id, FlooReply reply, gpointer user_data)
{
  floo_files_cancel_transfer (self->files, id, reply, user_data);
}

void
floo_session_open_transfer (FlooSession *self, guint64 id, FlooFdReply reply, gpointer user_data)
{
  floo_files_open_transfer (self->files, id, reply, user_data);
}

void
floo_session_get_position (FlooSession *self, FlooReply reply, gpointer user_data)
{
  floo_sync_get_position (self->sync, reply, user_data);
}

void
floo_session_replay (FlooSession *self, const char *journal, guint64 since, guint limit, FlooReply reply, gpointer user_data)
{
  floo_sync_replay (self->sync, journal, since, limit, reply, user_data);
}
