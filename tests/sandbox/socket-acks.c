/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acknowledgements, and how they misbehave. */
#include "socket-private.h"

static void
send_answer (SbConnection *self, const SbVerdict *verdict, gboolean with_server_mid)
{
  Floo__SyncDL dl = FLOO__SYNC_DL__INIT;
  Floo__Status status = FLOO__STATUS__INIT;
  gboolean bare = verdict->code == FLOO__STATUS__ERROR_CODE__OK && self->sandbox->settings.status_form == SB_STATUS_ERRORS_ONLY;

  status.has_code = TRUE;
  status.code = verdict->code;
  if (verdict->reason != NULL)
    {
      status.has_reason = TRUE;
      status.reason = floo_wire_text (verdict->reason);
    }
  dl.status = bare ? NULL : &status;
  dl.has_client_mid = TRUE;
  dl.client_mid = (guint64) verdict->client_mid;
  if (verdict->server_mid != 0 && with_server_mid)
    {
      dl.has_server_mid = TRUE;
      dl.server_mid = (guint64) verdict->server_mid;
    }
  dl.has_server_time = TRUE;
  dl.server_time = (guint64) verdict->time;
  if (verdict->edit_timestamp != 0)
    {
      dl.has_edit_timestamp = TRUE;
      dl.edit_timestamp = (guint64) verdict->edit_timestamp;
    }
  sb_connection_send (self, FLOO__FRAME__COMMAND__SYNC, &dl.base);
}

/* A delayed answer: with the user and the device number, since there may be another connection by then. */
typedef struct {
  Sandbox *sandbox;
  gint64 user;
  guint32 device;
  SbVerdict verdict;
} LateAnswer;

static void
on_late_answer (gpointer user_data)
{
  LateAnswer *late = user_data;
  SbUser *user = sb_state_user (late->sandbox->state, late->user);
  SbDevice *device = user == NULL ? NULL : sb_user_device (user, late->device);

  if (device != NULL && device->connection != NULL)
    send_answer (device->connection, &late->verdict, TRUE);
  g_free (late);
}

void
sb_connections_release (Sandbox *sandbox)
{
  sandbox_hasten (sandbox, on_late_answer);
}

void
sb_connection_answer (SbConnection *self, const SbVerdict *verdict)
{
  SbFaults *faults = &self->sandbox->faults;
  SbAckMode mode = faults->ack != SB_ACK_NORMAL && sandbox_take (&faults->ack_count) ? faults->ack : SB_ACK_NORMAL;
  guint delay_ms = faults->ack_delay_ms;
  gboolean with_server_mid
      = mode != SB_ACK_NO_SERVER_MID && !(verdict->duplicate && self->sandbox->settings.bare_duplicate);

  if (mode == SB_ACK_RANDOM)
    {
      /* Both random numbers are drawn each time, so that a loss does not change the order of the other answers. */
      gboolean lost = (guint) g_rand_int_range (faults->ack_rand, 0, 100) < faults->ack_lost;

      delay_ms = (guint) g_rand_int_range (faults->ack_rand, 0, (gint32) delay_ms + 1);
      mode = lost ? SB_ACK_DROP : SB_ACK_LATE;
    }
  if (mode == SB_ACK_DROP)
    return;
  if (mode == SB_ACK_LATE)
    {
      LateAnswer late = { self->sandbox, self->device->user->id, self->device->sn, *verdict };

      sandbox_after (self->sandbox, delay_ms, on_late_answer, g_memdup2 (&late, sizeof late), g_free);
      return;
    }
  send_answer (self, verdict, with_server_mid);
  if (mode == SB_ACK_TWICE)
    send_answer (self, verdict, with_server_mid);
}
