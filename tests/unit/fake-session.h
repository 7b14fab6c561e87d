/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake-session.h: a FlooSession that records the calls of the bus layer and answers as the test tells it to.
 */
#pragma once

#include "session/session.h"

typedef struct {
  GString *calls;           /* one line a call: name and arguments; "-" is NULL */
  GVariant *result;         /* (nullable): the reply to every call */
  GError *error;            /* (nullable): the reply instead */
  FlooEvent *event;         /* (nullable): comes right after the answer */
  GVariant *properties;     /* a{sv} */
  GVariant *transfer;       /* (nullable): a{sv} of the one transfer there is */
  gboolean congested;
} FakeSession;

extern FakeSession fake;

FlooSession *fake_session_new (void);
/* Also clears the recorded calls. */
void fake_session_reset (void);
/* @result: (nullable): text of a tuple; consumed */
void fake_session_answer (const char *type, const char *result);
void fake_session_set_properties (const char *text);
