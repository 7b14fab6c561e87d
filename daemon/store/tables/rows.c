/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/rows.h"

#include <string.h>

#include "base/json.h"

gsize
floo_message_size (const FlooMessage *m)
{
  const char *const texts[] = { m->content, m->ext, m->config, m->attachment, m->sender_name, m->error, m->error };
  gsize size = 256; /* the numbers, the dictionary's keys */

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (texts[i] != NULL)
      size += strlen (texts[i]);
  return size;
}

gboolean
floo_message_is_record (int type, const char *config)
{
  g_autoptr (JsonNode) node = NULL;

  if (type != FLOO_TYPE_RTC)
    return TRUE;
  if (config == NULL || *config == '\0')
    return FALSE;
  node = floo_json_parse (config, strlen (config), NULL);
  return g_strcmp0 (floo_json_get_string (floo_json_node_object (node), "action"), "record") == 0;
}

/* The pieces that APPEND added, after the content itself. */
static gboolean
read_appended (FlooMessageRow *row, FlooDb *db, GError **error)
{
  g_autoptr (FlooQuery) pieces = floo_query_take_ints (db, "appended-get", FLOO_INTS (row->message.id), error);
  gboolean more;

  if (pieces == NULL)
    return FALSE;
  row->whole = g_string_new (row->message.content);
  while (floo_query_next (pieces, &more, error))
    {
      if (!more)
        {
          row->message.content = row->whole->str;
          return TRUE;
        }
      if (floo_query_text (pieces, 0) != NULL)
        g_string_append (row->whole, floo_query_text (pieces, 0));
    }
  return FALSE;
}

gboolean
floo_message_row_read (FlooMessageRow *row, FlooDb *db, FlooQuery *query, GError **error)
{
  FlooMessage *m = &row->message;
  const char *content = floo_query_text (query, 11);

  memset (row, 0, sizeof *row);
  m->id = floo_query_int (query, 0);
  m->conversation = floo_query_int (query, 1);
  m->from = floo_query_int (query, 2);
  m->to_type = (FlooToType) floo_query_int (query, 3);
  m->type = (int) floo_query_int (query, 4);
  m->timestamp = floo_query_int (query, 5);
  m->status = (int) floo_query_int (query, 6);
  m->flags = (guint) floo_query_int (query, 7);
  m->client_id = floo_query_int (query, 8);
  m->edit_timestamp = floo_query_int (query, 9);
  m->content = content != NULL ? content : "";
  m->ext = floo_query_text (query, 12);
  m->config = floo_query_text (query, 13);
  m->attachment = floo_query_text (query, 14);
  m->sender_name = floo_query_text (query, 15);
  m->audience = (guint) CLAMP (floo_query_int (query, 16), 0, G_MAXUINT32);
  m->read_count = (guint) CLAMP (floo_query_int (query, 17), 0, G_MAXUINT32);
  m->to = (m->flags & FLOO_MESSAGE_OUTGOING) || m->to_type == FLOO_TO_GROUP ? m->conversation : db->user_id;
  m->send_state = m->client_id != 0 ? FLOO_SEND_SENT : FLOO_SEND_NONE;
  return floo_query_is_null (query, 10) || read_appended (row, db, error);
}

void
floo_message_row_clear (FlooMessageRow *row)
{
  if (row->whole != NULL)
    g_string_free (row->whole, TRUE);
  row->whole = NULL;
}

void
floo_outbox_row_read (FlooOutboxRow *row, FlooQuery *query)
{
  row->client_id = floo_query_int (query, 0);
  row->conversation = floo_query_int (query, 1);
  row->to_type = (FlooToType) floo_query_int (query, 2);
  row->to = floo_query_int (query, 3);
  row->operation = (int) floo_query_int (query, 4);
  row->target = floo_query_int (query, 5);
  row->type = (int) floo_query_int (query, 6);
  row->priority = (guint) floo_query_int (query, 7);
  row->timestamp = floo_query_int (query, 8);
  row->state = (FlooSendState) floo_query_int (query, 9);
  row->attempts = (guint) floo_query_int (query, 10);
  row->next_retry = floo_query_int (query, 11);
  row->device_sn = floo_query_int (query, 12);
  row->permanent = floo_query_int (query, 13) != 0;
  row->frame = floo_query_int (query, 14);
  row->doubt = (FlooDoubt) floo_query_int (query, 15);
  row->named = floo_query_int (query, 16);
  row->accepted = floo_query_int (query, 17);
  row->edited = floo_query_int (query, 18);
  row->error_code = (int) floo_query_int (query, 19);
  row->not_before = floo_query_int (query, 20);
  row->error = floo_query_text (query, 21);
  row->content = floo_query_text (query, 22);
  row->ext = floo_query_text (query, 23);
  row->config = floo_query_text (query, 24);
  row->attachment = floo_query_text (query, 25);
  row->file = floo_query_text (query, 26);
  if (row->content == NULL)
    row->content = "";
}

void
floo_outbox_row_to_message (const FlooOutboxRow *row, FlooDb *db, FlooMessage *message)
{
  *message = (FlooMessage){
    .id = row->client_id,
    .conversation = row->conversation,
    .from = db->user_id,
    .to = row->conversation,
    .to_type = row->to_type,
    .type = row->type,
    .content = row->content,
    .timestamp = row->timestamp,
    .status = FLOO_STATUS_UNREAD,
    .flags = FLOO_MESSAGE_OUTGOING,
    .client_id = row->client_id,
    .ext = row->ext,
    .config = row->config,
    .attachment = row->attachment,
    .send_state = row->not_before != 0 && row->state == FLOO_SEND_QUEUED ? FLOO_SEND_SCHEDULED : row->state,
    .not_before = row->not_before,
    .error_code = row->error_code,
    .error = row->error,
    .permanent = row->permanent,
  };
}
