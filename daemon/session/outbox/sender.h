/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sender.h: the outbox: accepts, sends and settles its rows.
 */
#pragma once

#include "session/apply/inbound.h"
#include "session/sync/sync.h"

G_BEGIN_DECLS

typedef struct _FlooSender FlooSender;

/* Called on the main loop. */
typedef struct {
  /* A failed message is to be sent again. */
  void (*resent) (gint64 client_id, gpointer data);
  /* Messages to @group wait for its members, until floo_sender_release() or for some seconds. */
  void (*needs_members) (gint64 group, gpointer data);
  /* A row was cancelled. */
  void (*cancelled) (gint64 client_id, gpointer data);
} FlooSenderListener;

/**
 * floo_sender_new:
 * @sync: its history settles uncertain rows; outlives the sender
 * @listener: static
 */
FlooSender *floo_sender_new (FlooAccount *account, FlooSync *sync, const FlooSenderListener *listener, gpointer data);
void floo_sender_free (FlooSender *sender);
void floo_sender_online (FlooSender *sender);
void floo_sender_offline (FlooSender *sender);
/* A scheduled message was accepted, or the service's time has changed. */
void floo_sender_look_at_schedule (FlooSender *sender);
/* Sends what is due. */
void floo_sender_pump (FlooSender *sender);
/* Messages to @group need not wait for its members any more. @known: FALSE: they cannot be fetched on this connection */
void floo_sender_release (FlooSender *sender, gint64 group, gboolean known);
/* Looks for uncertain rows in the history. */
void floo_sender_settle (FlooSender *sender);
/* These frames are answered. */
void floo_sender_answered (FlooSender *sender, const FlooAnswer *answers, guint n);

/* ---- calls of clients; what they reply with is in session.h ---- */

void floo_sender_send (FlooSender *sender, const FlooSendRequest *request, FlooReply reply, gpointer user_data);
void floo_sender_send_mention (FlooSender *sender, const FlooMentionRequest *request, FlooReply reply, gpointer user_data);
void floo_sender_send_location (FlooSender *sender, const char *to_type, gint64 to, double latitude, double longitude, const char *address,
                                const FlooSendOptions *options, FlooReply reply, gpointer user_data);
void floo_sender_set_typing (FlooSender *sender, gint64 user, gboolean typing, FlooReply reply, gpointer user_data);
void floo_sender_mark_read (FlooSender *sender, gint64 conversation, gint64 message, gboolean only, FlooReply reply, gpointer user_data);
void floo_sender_operate (FlooSender *sender, FlooOperation operation, gint64 message, const FlooEdit *edit, FlooReply reply, gpointer user_data);
/* Deletes it only in the store. */
void floo_sender_delete_here (FlooSender *sender, gint64 message, FlooReply reply, gpointer user_data);
void floo_sender_delete_conversation (FlooSender *sender, gint64 conversation, FlooDeleteKind how, FlooReply reply, gpointer user_data);
void floo_sender_set_draft (FlooSender *sender, gint64 conversation, const char *to_type, const char *text, FlooReply reply,
                            gpointer user_data);
void floo_sender_list_outbox (FlooSender *sender, const char *cursor, guint limit, FlooReply reply, gpointer user_data);
void floo_sender_resend (FlooSender *sender, gint64 client_id, FlooReply reply, gpointer user_data);
void floo_sender_cancel_send (FlooSender *sender, gint64 client_id, FlooReply reply, gpointer user_data);

G_END_DECLS
