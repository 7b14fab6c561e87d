/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * operation.h: the forms of operations on messages: to whom they are sent, on whose messages clients may request them, and their frames.
 */
#pragma once

#include "base/message.h"
#include "wire/frame.h"

G_BEGIN_DECLS

typedef enum { FLOO_ADDRESSEE_CONVERSATION, FLOO_ADDRESSEE_SENDER, FLOO_ADDRESSEE_OURSELVES } FlooAddressee;

typedef struct {
  FlooAddressee addressee;      /* OURSELVES: with our own device number */
  gboolean names_conversation;  /* operation.xid is written */
  Floo__MessageBody__ContentType content_type;
  gboolean ours_only;           /* FALSE: on messages of anybody */
  gboolean others_only;
  const char *participle;       /* for errors; NULL: clients do not request it by itself */
} FlooOperationForm;

/* Returns: (nullable): NULL where @operation is none on messages */
const FlooOperationForm *floo_operation_get_form (int operation);

G_END_DECLS
