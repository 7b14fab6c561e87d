/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chat.h: a conversation with something to tell, or told: its entry, and its last unread messages.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  gint64 id;
  char key[24]; /* of its notification */
  char *name;   /* (nullable): no entry came yet */
  gboolean is_group, is_system;
  guint unread;
  gboolean muted;
  gboolean known; /* its entry came since the last message */
  gboolean fresh; /* there is something that was not told */
  gboolean in_summary;
  gint64 told_at; /* monotonic: when it got a notification of its own; 0: it has none */
  gint64 last_message;
  gint64 mention;      /* id of the last message that mentions the user; 0: none */
  gint64 told_mention; /* the one that was told */
  GQueue lines;        /* the last messages, oldest first */
} FlooChat;

FlooChat *floo_chat_new (gint64 id);
void floo_chat_free (gpointer chat);

/* Whether a message is one to be told: from somebody else, not read, and not a program's. @more: its last field */
gboolean floo_chat_is_news (const char *type, int status, GVariant *more);

/* @sender: (nullable): name of who wrote it, where that is known */
void floo_chat_add_line (FlooChat *chat, gint64 message, const char *sender, const char *type, const char *content);
/* FALSE: it was not among them. */
gboolean floo_chat_remove_line (FlooChat *chat, gint64 message);

/* @only_mention: only the message that mentions the user. Returns: (transfer full): a line a message */
char *floo_chat_dup_text (FlooChat *chat, gboolean only_mention);

/* Keeps that it is told, for the next start. */
void floo_chat_save (FlooChat *chat, GKeyFile *file);
/* Returns: (transfer full) (nullable): NULL where the group of @file is not one of a conversation */
FlooChat *floo_chat_load (GKeyFile *file, const char *group);

G_END_DECLS
