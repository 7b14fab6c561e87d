/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * intake-private.h: shared by the files of the intake.
 */
#pragma once

#include "intake.h"

/* One submission on its way through the checks. */
typedef struct {
  Sandbox *sandbox;
  SbUser *user;
  SbMessage *message;     /* what is submitted */
  SbMessage *target;      /* what an operation works on */
  SbVerdict *verdict;
} SbIntake;

/* Sets the verdict; FALSE. @reason: static */
gboolean sb_intake_refuse (SbIntake *in, Floo__Status__ErrorCode code, const char *reason);
/* Whether a message or operation may go to its receiver. */
gboolean sb_intake_check_target (SbIntake *in);
/* Whether the content is allowed: sizes, words, bans. */
gboolean sb_intake_check_content (SbIntake *in);
/* Checks an operation and applies it to the state. */
gboolean sb_intake_operate (SbIntake *in);
