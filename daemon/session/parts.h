/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parts.h: the session, for the files of this folder: its parts, from the lowest to the highest.
 */
#pragma once

#include "session/account/owner.h"
#include "session/directory/directory.h"
#include "session/files/files.h"
#include "session/login/login.h"
#include "session/operations/operations.h"
#include "session/outbox/sender.h"
#include "session/session.h"
#include "session/sync/sync.h"

G_BEGIN_DECLS

struct _FlooSession {
  GObject parent_instance;

  FlooAccount *account;
  FlooOperations *operations;
  FlooSync *sync;
  FlooDirectory *directory;
  FlooSender *sender;
  FlooFiles *files;
  FlooLogin *login;

  GTask *stop_task;             /* (nullable): waits for the login to settle */
  guint status_idle, counts_timer;
  GSourceOnceFunc ready;        /* (nullable): not called yet */
  gpointer ready_data;
  guint ready_timer;
};

G_END_DECLS
