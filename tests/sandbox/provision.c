/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logging in on the socket. */
#include "socket-private.h"

#include <string.h>

#include "notices.h"
#include "strict.h"
#include "waits.h"

static Floo__Status__ErrorCode
check_login (SbConnection *self, FlooFrame *frame, SbUser **user, const char **reason)
{
  Sandbox *sandbox = self->sandbox;
  const Floo__Provision *provision = frame->provision;
  const char *token = floo_frame_text (frame, provision->has_token, &provision->token);
  const char *guid = floo_frame_text (frame, provision->has_device_guid, &provision->device_guid);
  gint64 uid = provision->xid != NULL && provision->xid->has_uid ? (gint64) provision->xid->uid : 0;

  *user = sb_state_user_by_token (sandbox->state, token);
  *reason = "";
  if (sandbox->faults.provision_code != FLOO__STATUS__ERROR_CODE__UNKNOWN && sandbox_take (&sandbox->faults.provision_count))
    {
      *reason = sandbox->faults.provision_reason;
      return sandbox->faults.provision_code;
    }
  if (*user == NULL || (*user)->id != uid)
    {
      *reason = "invalid token";
      return FLOO__STATUS__ERROR_CODE__INVALID_TOKEN;
    }
  if (*guid == '\0')
    {
      *reason = "device_guid is missing";
      return FLOO__STATUS__ERROR_CODE__INVALID_PARAMETER;
    }
  if ((*user)->frozen)
    {
      *reason = "user is frozen";
      return FLOO__STATUS__ERROR_CODE__USER_FROZEN;
    }
  if (strcmp (sandbox->settings.app_status, "frozen") == 0)
    {
      *reason = "app is frozen";
      return FLOO__STATUS__ERROR_CODE__APP_FROZEN;
    }
  return FLOO__STATUS__ERROR_CODE__OK;
}

/* A second connection of the same device takes the place of the first. */
static void
take_over (SbConnection *self, SbDevice *device)
{
  SbConnection *old = device->connection;

  if (old == NULL || old == self)
    return;
  sb_notice_push (self->sandbox, device, FLOO__USER_NOTICE__TYPE__KICK_BY_SAME_DEVICE);
  device->connection = NULL;
  old->device = NULL;
  sb_connection_end (old, SB_END_CLOSE);
}

static void
bind_device (SbConnection *self, FlooFrame *frame, SbUser *user)
{
  Sandbox *sandbox = self->sandbox;
  const Floo__Provision *provision = frame->provision;
  const char *guid = floo_frame_text (frame, TRUE, &provision->device_guid);
  SbDevice *device = sb_user_device_by_guid (user, guid);
  gboolean added = device == NULL;
  GHashTableIter iter;
  gpointer value;

  if (added)
    device = sb_state_add_device (sandbox->state, user, guid);
  take_over (self, device);
  if (self->device != NULL && self->device != device)
    self->device->connection = NULL;
  self->device = device;
  device->connection = self;
  device->platform = provision->has_os_type ? (int) provision->os_type : 0;
  g_free (device->agent);
  device->agent = g_strdup (floo_frame_text (frame, provision->has_device_info, &provision->device_info));
  g_free (device->token);
  device->token = g_strdup (floo_frame_text (frame, provision->has_token, &provision->token));
  g_hash_table_iter_init (&iter, device->positions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      SbPosition *position = value;

      position->sent = position->acked;
      position->last = FALSE;
    }
  sb_notice_devices (sandbox, device, added ? FLOO__USER_NOTICE__TYPE__DEVICE_ADDED : FLOO__USER_NOTICE__TYPE__DEVICE_LOGIN);
}

void
sb_connection_provision (SbConnection *self, FlooFrame *frame)
{
  Floo__Provision answer = FLOO__PROVISION__INIT;
  Floo__Status status = FLOO__STATUS__INIT;
  Floo__XID xid = FLOO__XID__INIT;
  const char *reason;
  SbUser *user;

  sb_strict_provision (self->sandbox, frame->provision);
  status.has_code = TRUE;
  status.code = check_login (self, frame, &user, &reason);
  answer.status = &status;
  if (status.code == FLOO__STATUS__ERROR_CODE__OK)
    {
      if (self->sandbox->settings.status_form == SB_STATUS_ERRORS_ONLY)
        answer.status = NULL;
      bind_device (self, frame, user);
      xid.has_uid = xid.has_devicesn = TRUE;
      xid.uid = (guint64) user->id;
      xid.devicesn = self->device->sn;
      answer.xid = &xid;
    }
  else
    {
      status.has_reason = TRUE;
      status.reason = floo_wire_text (reason);
    }
  sb_connection_send (self, FLOO__FRAME__COMMAND__PROVISION, &answer.base);
  sb_waits_check (self->sandbox);
}
