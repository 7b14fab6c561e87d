/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * intake.h: what users send: messages and operations, checked against the rules
 * (relations, groups, bans, words, times) and delivered.
 */
#pragma once

#include "sandbox.h"

#include "wire/frame.h"

G_BEGIN_DECLS

/* A text with this word is refused, as by the service's censor. */
#define SB_CENSORED_WORD "forbidden-word"

typedef struct {
  Floo__Status__ErrorCode code;
  const char *reason;         /* static; NULL where accepted as new */
  gint64 client_mid;
  gint64 server_mid;          /* 0: none */
  gint64 time;                /* ms */
  gint64 edit_timestamp;      /* ms, APPEND and REPLACE */
  gboolean duplicate;
} SbVerdict;

/**
 * sb_intake_submit:
 * @device: (nullable): none for control and bot
 * @message: (transfer full): as the user made it; client_mid set where @device is
 * @verdict: (out)
 *
 * Checks, and delivers what is accepted. A client_mid that the device used before gets the same answer, and is not delivered again.
 *
 * Returns: (transfer none) (nullable): the message that was stored
 */
SbMessage *sb_intake_submit (Sandbox *sandbox, SbUser *user, SbDevice *device, SbMessage *message, SbVerdict *verdict);

/* The same for a meta from a socket; records as violations what a correct client does not write. */
void sb_intake_meta (Sandbox *sandbox, SbDevice *device, FlooFrame *frame, const Floo__Meta *meta, SbVerdict *verdict);

/* Whether @from's messages reach the user @to; otherwise *reason is the service's message. */
gboolean sb_intake_may_message (Sandbox *sandbox, SbUser *from, SbUser *to, const char **reason);

G_END_DECLS
