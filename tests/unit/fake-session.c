/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-session.h"

#include <fcntl.h>
#include <unistd.h>

struct _FlooSession {
  GObject parent_instance;
};

G_DEFINE_FINAL_TYPE (FlooSession, floo_session, G_TYPE_OBJECT)

FakeSession fake;
static guint event_signal;

static void
floo_session_class_init (FlooSessionClass *klass)
{
  event_signal = g_signal_new ("event", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  g_signal_new ("transfer-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);
  g_signal_new ("status-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
floo_session_init (FlooSession *self)
{
}

FlooSession *
fake_session_new (void)
{
  fake_session_reset ();
  fake_session_set_properties ("{'State': <'online'>, 'UserId': <int64 7>, 'Username': <'ann'>, 'AppId': <'app'>, 'DeviceSn': <uint32 3>,"
                               " 'Server': <''>, 'LastError': <('', '')>, 'NextRetry': <int64 0>, 'UnreadTotal': <uint32 0>,"
                               " 'Queued': <uint32 0>, 'Failed': <uint32 0>, 'QrLogin': <'none'>, 'QrLoginExpires': <int64 0>, 'Synced': <true>}");
  return g_object_new (FLOO_TYPE_SESSION, NULL);
}

void
fake_session_reset (void)
{
  if (fake.calls == NULL)
    fake.calls = g_string_new (NULL);
  g_string_truncate (fake.calls, 0);
  g_clear_pointer (&fake.result, g_variant_unref);
  g_clear_error (&fake.error);
  g_clear_pointer (&fake.event, floo_event_free);
}

void
fake_session_answer (const char *type, const char *result)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&fake.result, g_variant_unref);
  if (result == NULL)
    return;
  fake.result = g_variant_parse (G_VARIANT_TYPE (type), result, NULL, NULL, &error);
  g_assert_no_error (error);
}

void
fake_session_set_properties (const char *text)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&fake.properties, g_variant_unref);
  fake.properties = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);
  g_assert_no_error (error);
}

static const char *
text (const char *value)
{
  return value != NULL ? value : "-";
}

static void
answer (FlooSession *self, FlooReply reply, gpointer user_data)
{
  if (fake.error != NULL)
    reply (NULL, fake.error, user_data);
  else
    reply (fake.result, NULL, user_data);
  if (fake.event != NULL)
    g_signal_emit (self, event_signal, 0, fake.event);
}

#define CALLED(...)                                                                                                                        \
  g_string_append_printf (fake.calls, __VA_ARGS__);                                                                                        \
  answer (self, reply, user_data)

void
floo_session_describe_properties (FlooSession *self, GVariantDict *properties)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  if (fake.properties == NULL)
    return;
  g_variant_iter_init (&iter, fake.properties);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    g_variant_dict_insert_value (properties, name, value);
}

void
floo_session_set_caller (FlooSession *self, guint caller)
{
}

guint
floo_session_get_caller (FlooSession *self)
{
  return 1;
}

void
floo_session_set_congested (FlooSession *self, gboolean congested)
{
  fake.congested = congested;
}

void
floo_session_get_status (FlooSession *self, FlooReply reply, gpointer user_data)
{
  CALLED ("get_status\n");
}

void
floo_session_login (FlooSession *self, const FlooLoginRequest *request, FlooReply reply, gpointer user_data)
{
  CALLED ("login %d %s %" G_GINT64_FORMAT " %s %s %s %d\n", (int) request->kind, text (request->name), request->user_id, request->secret,
          text (request->app_id), text (request->dns_server), request->remember);
}

void
floo_session_logout (FlooSession *self, FlooLogoutFlags flags, FlooReply reply, gpointer user_data)
{
  CALLED ("logout %d %d %d\n", (flags & FLOO_LOGOUT_ERASE) != 0, (flags & FLOO_LOGOUT_DISCARD) != 0,
          (flags & FLOO_LOGOUT_EVERYWHERE) != 0);
}

void
floo_session_reconnect (FlooSession *self, FlooReply reply, gpointer user_data)
{
  CALLED ("reconnect\n");
}

void
floo_session_register (FlooSession *self, const char *username, const char *password, gboolean anonymous, const char *app_id,
                       const char *dns_server, FlooReply reply, gpointer user_data)
{
  CALLED ("register%s %s %s %s %s\n", anonymous ? "_anonymous" : "", username, password, text (app_id), text (dns_server));
}

void
floo_session_check_username (FlooSession *self, const char *username, const char *app_id, const char *dns_server, FlooReply reply,
                             gpointer user_data)
{
  CALLED ("check_username %s %s %s\n", username, text (app_id), text (dns_server));
}

void
floo_session_begin_qr_login (FlooSession *self, const char *app_id, const char *dns_server, gboolean remember, FlooReply reply,
                             gpointer user_data)
{
  CALLED ("begin_qr_login %s %s %d\n", text (app_id), text (dns_server), remember);
}

void
floo_session_get_qr_login (FlooSession *self, FlooReply reply, gpointer user_data)
{
  CALLED ("get_qr_login\n");
}

void
floo_session_cancel_qr_login (FlooSession *self, guint caller)
{
  g_string_append_printf (fake.calls, "cancel_qr_login %u\n", caller);
}

void
floo_session_confirm_qr_login (FlooSession *self, const char *code, gboolean allow, FlooReply reply, gpointer user_data)
{
  CALLED ("confirm_qr_login %s %d\n", code, allow);
}

void
floo_session_set_online (FlooSession *self, gboolean online, FlooReply reply, gpointer user_data)
{
  CALLED ("set_online %d\n", online);
}

void
floo_session_find (FlooSession *self, const char *words, guint limit, FlooReply reply, gpointer user_data)
{
  CALLED ("find %s %u\n", words, limit);
}

void
floo_session_get_captcha (FlooSession *self, const char *app_id, const char *dns_server, FlooReply reply, gpointer user_data)
{
  CALLED ("get_captcha %s %s\n", text (app_id), text (dns_server));
}

void
floo_session_send_sms_code (FlooSession *self, const char *mobile, const char *captcha, const char *words, const char *app_id,
                            const char *dns_server, FlooReply reply, gpointer user_data)
{
  CALLED ("send_sms_code %s %s %s %s %s\n", mobile, captcha, words, text (app_id), text (dns_server));
}

void
floo_session_login_by_mobile (FlooSession *self, const char *mobile, const char *code, const FlooLoginRequest *request, FlooReply reply,
                              gpointer user_data)
{
  CALLED ("login_by_mobile %s %s %s %s %d\n", mobile, code, text (request->app_id), text (request->dns_server), request->remember);
}

void
floo_session_bind_mobile (FlooSession *self, const char *mobile, const char *code, FlooReply reply, gpointer user_data)
{
  CALLED ("bind_mobile %s %s\n", mobile, code);
}

void
floo_session_change_mobile (FlooSession *self, const char *mobile, const char *code, const FlooMobileProof *proof, FlooReply reply,
                            gpointer user_data)
{
  CALLED ("change_mobile %s %s %s %s %s\n", mobile, code, text (proof->password), text (proof->present_mobile), text (proof->present_code));
}

void
floo_session_reset_password (FlooSession *self, const char *mobile, const char *code, const char *password, const char *app_id,
                             const char *dns_server, FlooReply reply, gpointer user_data)
{
  CALLED ("reset_password %s %s %s %s %s\n", mobile, code, password, text (app_id), text (dns_server));
}

void
floo_session_groups_get_qr_code (FlooSession *self, gint64 id, FlooReply reply, gpointer user_data)
{
  CALLED ("groups_get_qr_code %" G_GINT64_FORMAT "\n", id);
}

void
floo_session_groups_join_by_qr_code (FlooSession *self, const char *code, FlooReply reply, gpointer user_data)
{
  CALLED ("groups_join_by_qr_code %s\n", code);
}

void
floo_session_call_operation (FlooSession *self, const char *interface, const char *method, GVariant *args, FlooReply reply,
                             gpointer user_data)
{
  g_autofree char *words = g_variant_print (args, TRUE);

  CALLED ("operation %s %s %s\n", interface, method, words);
}

void
floo_session_change_password (FlooSession *self, const char *old, const char *password, FlooReply reply, gpointer user_data)
{
  CALLED ("change_password %s %s\n", old, password);
}

void
floo_session_delete_account (FlooSession *self, const char *password, FlooReply reply, gpointer user_data)
{
  CALLED ("delete_account %s\n", password);
}

static void
append_ids (const gint64 *ids, guint n)
{
  for (guint i = 0; i < n; i++)
    g_string_append_printf (fake.calls, "%" G_GINT64_FORMAT " ", ids[i]);
}

void
floo_session_roster_list (FlooSession *self, gboolean refresh, FlooReply reply, gpointer user_data)
{
  CALLED ("roster_list %d\n", refresh);
}

void
floo_session_roster_get_items (FlooSession *self, const gint64 *ids, guint n, gboolean refresh, FlooReply reply, gpointer user_data)
{
  append_ids (ids, n);
  CALLED ("roster_get_items %d\n", refresh);
}

void
floo_session_groups_list_joined (FlooSession *self, gboolean refresh, FlooReply reply, gpointer user_data)
{
  CALLED ("groups_list_joined %d\n", refresh);
}

void
floo_session_groups_get_brief (FlooSession *self, const gint64 *ids, guint n, FlooReply reply, gpointer user_data)
{
  append_ids (ids, n);
  CALLED ("groups_get_brief\n");
}

void
floo_session_groups_get_info (FlooSession *self, gint64 id, gboolean refresh, FlooReply reply, gpointer user_data)
{
  CALLED ("groups_get_info %" G_GINT64_FORMAT " %d\n", id, refresh);
}

void
floo_session_list_conversations (FlooSession *self, const char *cursor, guint limit, gboolean pinned_first, gboolean unread, const char *type,
                                 FlooReply reply, gpointer user_data)
{
  CALLED ("list_conversations %s %u %d %d %s\n", cursor, limit, pinned_first, unread, text (type));
}

void
floo_session_get_conversation (FlooSession *self, gint64 id, FlooReply reply, gpointer user_data)
{
  CALLED ("get_conversation %" G_GINT64_FORMAT "\n", id);
}

void
floo_session_get_messages (FlooSession *self, gint64 conversation, FlooMessagesKind kind, gint64 anchor, guint limit, gboolean local,
                           FlooReply reply, gpointer user_data)
{
  CALLED ("get_messages %" G_GINT64_FORMAT " %d %" G_GINT64_FORMAT " %u %d\n", conversation, (int) kind, anchor, limit, local);
}

void
floo_session_get_message (FlooSession *self, gint64 id, FlooReply reply, gpointer user_data)
{
  CALLED ("get_message %" G_GINT64_FORMAT "\n", id);
}

void
floo_session_get_readers (FlooSession *self, gint64 message, FlooReply reply, gpointer user_data)
{
  CALLED ("get_readers %" G_GINT64_FORMAT "\n", message);
}

void
floo_session_send (FlooSession *self, const FlooSendRequest *request, FlooReply reply, gpointer user_data)
{
  CALLED ("send %s %" G_GINT64_FORMAT " %s %s %s %s %s %u %s\n", request->to_type, request->to, request->type, request->content,
          text (request->options.ext), text (request->options.config), text (request->attachment), request->priority,
          text (request->options.token));
}

void
floo_session_set_typing (FlooSession *self, gint64 user, gboolean typing, FlooReply reply, gpointer user_data)
{
  CALLED ("set_typing %" G_GINT64_FORMAT " %d\n", user, typing);
}

void
floo_session_mark_read (FlooSession *self, gint64 conversation, gint64 message, gboolean only, FlooReply reply, gpointer user_data)
{
  CALLED ("mark_read %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d\n", conversation, message, only);
}

void
floo_session_send_mention (FlooSession *self, const FlooMentionRequest *request, FlooReply reply, gpointer user_data)
{
  CALLED ("send_mention %" G_GINT64_FORMAT " %s %u %d %s %s %s %s\n", request->group, request->content, request->n_users, request->all,
          text (request->options.ext), text (request->options.token), text (request->mentioned_message), text (request->options.push_text));
}

void
floo_session_send_location (FlooSession *self, const char *to_type, gint64 to, double latitude, double longitude, const char *address,
                            const FlooSendOptions *options, FlooReply reply, gpointer user_data)
{
  CALLED ("send_location %s %" G_GINT64_FORMAT " %g %g %s\n", to_type, to, latitude, longitude, address);
}

void
floo_session_operate (FlooSession *self, FlooOperation operation, gint64 message, const FlooEdit *edit, FlooReply reply, gpointer user_data)
{
  CALLED ("operate %d %" G_GINT64_FORMAT " %s %s %s\n", (int) operation, message, text (edit != NULL ? edit->content : NULL),
          text (edit != NULL ? edit->config : NULL), text (edit != NULL ? edit->ext : NULL));
}

void
floo_session_delete_message_here (FlooSession *self, gint64 message, FlooReply reply, gpointer user_data)
{
  CALLED ("delete_message_here %" G_GINT64_FORMAT "\n", message);
}

void
floo_session_delete_conversation (FlooSession *self, gint64 conversation, FlooDeleteKind how, FlooReply reply, gpointer user_data)
{
  CALLED ("delete_conversation %" G_GINT64_FORMAT " %d\n", conversation, (int) how);
}

void
floo_session_set_draft (FlooSession *self, gint64 conversation, const char *to_type, const char *text, FlooReply reply, gpointer user_data)
{
  CALLED ("set_draft %" G_GINT64_FORMAT " %s %s\n", conversation, to_type, text);
}

void
floo_session_list_outbox (FlooSession *self, const char *cursor, guint limit, FlooReply reply, gpointer user_data)
{
  CALLED ("list_outbox %s %u\n", cursor, limit);
}

void
floo_session_resend (FlooSession *self, gint64 client_id, FlooReply reply, gpointer user_data)
{
  CALLED ("resend %" G_GINT64_FORMAT "\n", client_id);
}

void
floo_session_cancel_send (FlooSession *self, gint64 client_id, FlooReply reply, gpointer user_data)
{
  CALLED ("cancel_send %" G_GINT64_FORMAT "\n", client_id);
}

void
floo_session_fetch_history (FlooSession *self, gint64 conversation, gint64 from, guint limit, FlooReply reply, gpointer user_data)
{
  CALLED ("fetch_history %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %u\n", conversation, from, limit);
}

/* Logs the content, which shows that it is the caller's file. */
static void
note_fd (int fd)
{
  char content[64] = "";
  ssize_t n = read (fd, content, sizeof content - 1);

  g_string_append_printf (fake.calls, "[%.*s] ", (int) MAX (n, 0), content);
  close (fd);
}

void
floo_session_upload (FlooSession *self, const char *to_type, gint64 to, const char *type, int fd, const char *name, FlooReply reply,
                     gpointer user_data)
{
  note_fd (fd);
  CALLED ("upload %s %" G_GINT64_FORMAT " %s %s\n", to_type, to, type, name);
}

void
floo_session_download (FlooSession *self, gint64 message, const FlooFileForm *form, FlooReply reply, gpointer user_data)
{
  CALLED ("download %" G_GINT64_FORMAT " %d %s\n", message, form->thumbnail, text (form->format));
}

void
floo_session_get_avatar (FlooSession *self, const char *to_type, gint64 id, gboolean thumbnail, FlooReply reply, gpointer user_data)
{
  CALLED ("get_avatar %s %" G_GINT64_FORMAT " %d\n", to_type, id, thumbnail);
}

void
floo_session_set_avatar (FlooSession *self, int fd, const char *name, FlooReply reply, gpointer user_data)
{
  note_fd (fd);
  CALLED ("set_avatar %s\n", name);
}

void
floo_session_groups_set_avatar (FlooSession *self, gint64 group, int fd, const char *name, FlooReply reply, gpointer user_data)
{
  note_fd (fd);
  CALLED ("groups_set_avatar %" G_GINT64_FORMAT " %s\n", group, name);
}

void
floo_session_groups_share_file (FlooSession *self, gint64 group, int fd, const char *name, const char *type, FlooReply reply,
                                gpointer user_data)
{
  note_fd (fd);
  CALLED ("groups_share_file %" G_GINT64_FORMAT " %s %s\n", group, name, text (type));
}

void
floo_session_groups_download_file (FlooSession *self, gint64 group, gint64 file_id, FlooReply reply, gpointer user_data)
{
  CALLED ("groups_download_file %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", group, file_id);
}

void
floo_session_send_file (FlooSession *self, const FlooSendFileRequest *request, FlooReply reply, gpointer user_data)
{
  note_fd (request->fd);
  CALLED ("send_file %s %" G_GINT64_FORMAT " %s %s %u %u %u %s %s\n", request->to_type, request->to, request->type, request->name,
          request->width, request->height, request->duration, text (request->options.ext), text (request->options.token));
}

void
floo_session_forward_many (FlooSession *self, const FlooForwardRequest *request, FlooReply reply, gpointer user_data)
{
  CALLED ("forward many %zu %zu %s\n", g_variant_n_children (request->messages), g_variant_n_children (request->targets),
          text (request->options.token));
}

void
floo_session_forward (FlooSession *self, gint64 message, const char *to_type, gint64 to, const FlooSendOptions *options,
                      FlooReply reply, gpointer user_data)
{
  CALLED ("forward %" G_GINT64_FORMAT " %s %" G_GINT64_FORMAT " %s\n", message, to_type, to, text (options->token));
}

void
floo_session_get_cache_usage (FlooSession *self, FlooReply reply, gpointer user_data)
{
  CALLED ("get_cache_usage\n");
}

void
floo_session_clear_cache (FlooSession *self, const gint64 *conversations, guint n, FlooReply reply, gpointer user_data)
{
  CALLED ("clear_cache %u\n", n);
}

void
floo_session_list_transfers (FlooSession *self, FlooReply reply, gpointer user_data)
{
  CALLED ("list_transfers\n");
}

GVariant *
floo_session_get_transfer (FlooSession *self, guint64 id)
{
  GVariantDict dict;

  if (fake.transfer == NULL)
    return NULL;
  g_variant_dict_init (&dict, fake.transfer);
  return g_variant_dict_end (&dict);
}

void
floo_session_cancel_transfer (FlooSession *self, guint64 id, FlooReply reply, gpointer user_data)
{
  CALLED ("cancel_transfer %" G_GUINT64_FORMAT "\n", id);
}

void
floo_session_open_transfer (FlooSession *self, guint64 id, FlooFdReply reply, gpointer user_data)
{
  g_string_append_printf (fake.calls, "open_transfer %" G_GUINT64_FORMAT "\n", id);
  reply (fake.error == NULL ? open ("/proc/self/comm", O_RDONLY | O_CLOEXEC) : -1, fake.error, user_data);
}

void
floo_session_search (FlooSession *self, const FlooSearchRequest *request, FlooReply reply, gpointer user_data)
{
  CALLED ("search %s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %u %" G_GINT64_FORMAT "\n",
          request->text, request->conversation, request->from, text (request->type), request->since, request->until, request->limit,
          request->before);
}

void
floo_session_get_position (FlooSession *self, FlooReply reply, gpointer user_data)
{
  CALLED ("get_position\n");
}

void
floo_session_replay (FlooSession *self, const char *journal, guint64 since, guint limit, FlooReply reply, gpointer user_data)
{
  CALLED ("replay %s %" G_GUINT64_FORMAT " %u\n", journal, since, limit);
}
