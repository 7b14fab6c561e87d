/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync.h"

#include "socket.h"
#include "trace.h"

#define MAX_HISTORY_COUNT 1000

/* ---- building SyncDL ---- */

typedef struct {
  Floo__Meta meta;
  Floo__XID from;
  Floo__XID to;
} Slot;

/* A SyncDL under construction, with all that it points to. */
typedef struct {
  Floo__SyncDL dl;
  Floo__XID xid;
  Floo__Status status;
  GPtrArray *metas;   /* Slot; a Slot begins with its Floo__Meta */
  gsize bytes;
} Page;

static void
slot_free (Slot *slot)
{
  g_free (slot->meta.payload.data);
  g_free (slot);
}

/* @device: with a deviceSN where the form is full */
static void
set_xid (Floo__XID *xid, const SbSettings *settings, gint64 conversation, gboolean device)
{
  floo__xid__init (xid);
  xid->has_uid = conversation != 0 || settings->xid_form != SB_XID_SPARSE;
  xid->uid = (guint64) conversation;
  xid->has_devicesn = device && settings->xid_form == SB_XID_FULL;
}

static void
page_init (Page *page, const SbSettings *settings, gint64 conversation)
{
  floo__sync_dl__init (&page->dl);
  set_xid (&page->xid, settings, conversation, TRUE);
  page->metas = g_ptr_array_new_with_free_func ((GDestroyNotify) slot_free);
  page->bytes = 0;
  if (!settings->omit_xid)
    page->dl.xid = &page->xid;
  floo__status__init (&page->status);
  page->status.has_code = TRUE;
  page->status.code = FLOO__STATUS__ERROR_CODE__OK;
  if (settings->status_form == SB_STATUS_ALWAYS)
    page->dl.status = &page->status;
}

static void
set_text (protobuf_c_boolean *has, ProtobufCBinaryData *field, const char *text)
{
  if (text == NULL)
    return;
  *has = TRUE;
  *field = floo_wire_text (text);
}

static ProtobufCBinaryData
pack (const ProtobufCMessage *message)
{
  ProtobufCBinaryData packed;

  packed.len = protobuf_c_message_get_packed_size (message);
  packed.data = g_malloc (packed.len);
  protobuf_c_message_pack (message, packed.data);
  return packed;
}

/* @first: the message as it was sent, before operations changed it. */
static ProtobufCBinaryData
pack_body (const SbMessage *m, int status, gboolean first)
{
  Floo__MessageBody body = FLOO__MESSAGE_BODY__INIT;
  Floo__MessageOperation operation = FLOO__MESSAGE_OPERATION__INIT;
  Floo__XID xid = FLOO__XID__INIT;
  gboolean changed = first && m->first_content != NULL;

  body.has_type = body.has_ctype = body.has_status = TRUE;
  body.type = m->type;
  body.ctype = m->ctype;
  body.status = status;
  body.has_content = TRUE;
  body.content = floo_wire_text (changed ? m->first_content : m->content);
  operation.has_type = operation.has_mid = TRUE;
  operation.type = m->op;
  operation.mid = (guint64) m->op_mid;
  if (m->op_has_conversation)
    {
      xid.has_uid = xid.has_devicesn = TRUE;
      xid.uid = (guint64) m->op_conversation;
      operation.xid = &xid;
    }
  body.operation = &operation;
  set_text (&body.has_config, &body.config, changed ? m->first_config : m->config);
  set_text (&body.has_attachment, &body.attachment, m->attachment);
  set_text (&body.has_ext, &body.ext, changed ? m->first_ext : m->ext);
  if (m->at_most_once)
    {
      body.has_qos = TRUE;
      body.qos = FLOO__MESSAGE_BODY__QO_S__AT_MOST_ONCE;
    }
  if (m->priority != 0)
    {
      body.has_priority = TRUE;
      body.priority = m->priority;
    }
  if (m->edit_timestamp != 0 && !changed)
    {
      body.has_edit_timestamp = TRUE;
      body.edit_timestamp = (guint64) m->edit_timestamp;
    }
  return pack (&body.base);
}

static void
page_add (Page *page, const SbMessage *m, int status, gboolean first)
{
  Slot *slot = g_new (Slot, 1);

  floo__meta__init (&slot->meta);
  floo__xid__init (&slot->from);
  floo__xid__init (&slot->to);
  slot->meta.has_id = slot->meta.has_timestamp = slot->meta.has_ns = slot->meta.has_payload = TRUE;
  slot->meta.id = (guint64) m->id;
  slot->meta.timestamp = (guint64) m->timestamp;
  slot->meta.ns = m->ns;
  slot->from.has_uid = slot->from.has_devicesn = TRUE;
  slot->from.uid = (guint64) m->from;
  slot->from.devicesn = m->from_device;
  slot->to.has_uid = slot->to.has_devicesn = TRUE;
  slot->to.uid = (guint64) m->to;
  slot->meta.from = &slot->from;
  slot->meta.to = &slot->to;
  if (m->payload != NULL)
    {
      gsize len;
      gconstpointer data = g_bytes_get_data (m->payload, &len);

      slot->meta.payload = (ProtobufCBinaryData) { .len = len, .data = g_memdup2 (data, len) };
    }
  else
    slot->meta.payload = pack_body (m, status, first);
  page->bytes += slot->meta.payload.len;
  g_ptr_array_add (page->metas, slot);
}

static gboolean
page_is_full (const Page *page, const SbSettings *settings)
{
  return settings->page_bytes > 0 && page->bytes >= (gsize) settings->page_bytes;
}

/* @next_key 0 is written, too. */
static void
page_send (Page *page, SbConnection *connection, gint64 next_key)
{
  page->dl.n_metas = page->metas->len;
  page->dl.metas = (Floo__Meta **) page->metas->pdata;
  page->dl.has_next_key = TRUE;
  page->dl.next_key = (guint64) next_key;
  sb_connection_send (connection, FLOO__FRAME__COMMAND__SYNC, &page->dl.base);
  g_ptr_array_unref (page->metas);
}

/* ---- delivery ---- */

static void
limit_history (Sandbox *sandbox, SbInbox *inbox)
{
  guint limit = (guint) MAX (sandbox->settings.history_limit, 0);

  if (limit > 0 && inbox->history->len > limit)
    g_ptr_array_remove_range (inbox->history, 0, inbox->history->len - limit);
}

void
sb_deliver_to (Sandbox *sandbox, SbMessage *message, SbUser *user, gint64 conversation, gboolean tell)
{
  SbInbox *inbox = sb_user_inbox (user, conversation);

  sb_inbox_add (inbox, message);
  limit_history (sandbox, inbox);
  if (tell)
    sb_sync_notify (sandbox, user, conversation, message);
  if (user->bot && message->from != user->id && sb_message_is_message (message))
    sb_bot_received (sandbox, user, message);
}

static void
deliver_to_group (Sandbox *sandbox, SbGroup *group, SbMessage *message, gboolean tell)
{
  for (guint i = 0; i < group->member_order->len; i++)
    {
      SbMember *member = group->member_order->pdata[i];
      SbUser *user = sb_state_user (sandbox->state, member->id);

      if (user == NULL || (member->mute_mode == 2 && member->id != message->from))
        continue;
      sb_deliver_to (sandbox, message, user, group->id, tell);
    }
}

SbMessage *
sb_deliver (Sandbox *sandbox, SbMessage *message, gboolean tell)
{
  SbGroup *group = sb_state_group (sandbox->state, message->to);
  SbUser *from = sb_state_user (sandbox->state, message->from);
  SbUser *to = sb_state_user (sandbox->state, message->to);

  sb_state_add_message (sandbox->state, message);
  if (group != NULL)
    {
      deliver_to_group (sandbox, group, message, tell);
      return message;
    }
  if (from != NULL)
    sb_deliver_to (sandbox, message, from, message->to, tell);
  if (to != NULL && to != from)
    sb_deliver_to (sandbox, message, to, message->from, tell);
  return message;
}

/* ---- pages ---- */

/* Fills @page with what the device wants after @after. Returns the id up to which the queue was processed; *more: there is more. */
static gint64
fill_page (Sandbox *sandbox, SbDevice *device, SbInbox *inbox, gint64 after, Page *page, gboolean *more)
{
  guint first = sb_messages_after (inbox->queue, after);
  guint max = (guint) sandbox->settings.page_size;

  *more = FALSE;
  for (guint i = first; i < inbox->queue->len; i++)
    {
      SbMessage *message = inbox->queue->pdata[i];

      if (sb_device_wants (device, message))
        {
          if (page->metas->len >= max || (page->metas->len > 0 && page_is_full (page, &sandbox->settings)))
            {
              *more = TRUE;
              return after;
            }
          if (page->metas->len == 0 && i > 0)
            {
              page->dl.has_prev_mid = TRUE;
              page->dl.prev_mid = (guint64) ((SbMessage *) inbox->queue->pdata[i - 1])->id;
            }
          message->deliveries++;
          page_add (page, message, sb_inbox_status (inbox, device->user, message), TRUE);
        }
      after = message->id;
    }
  return after;
}

static void
page_given (SbPosition *position, gint64 sent, gboolean last)
{
  position->sent = sent;
  position->given = MAX (position->given, sent);
  position->last = last;
}

static void
acknowledge (SbDevice *device, SbPosition *position, gint64 id)
{
  SbInbox *inbox = sb_user_inbox (device->user, position->conversation);

  position->acked = MAX (position->acked, id);
  inbox->start = MAX (inbox->start, position->acked);
}

void
sb_sync_page (Sandbox *sandbox, SbDevice *device, gint64 conversation, gint64 key)
{
  SbInbox *inbox = sb_user_inbox (device->user, conversation);
  SbPosition *position = sb_device_position (device, conversation);
  int keys = sandbox->settings.next_key;
  Page page;
  gboolean more;
  gint64 sent, next;

  if (keys == SB_KEYS_REPEAT)
    position->last = FALSE;
  else if (key > sandbox->state->next_message && keys != SB_KEYS_ENDLESS)
    sb_trace_violation (sandbox, device->user->id, "SYNC with a key that was never given: %" G_GINT64_FORMAT, key);
  else if (key != 0)
    acknowledge (device, position, MIN (key, position->given));
  else if (position->last)
    acknowledge (device, position, position->sent);

  page_init (&page, &sandbox->settings, conversation);
  position->nameless |= page.dl.xid == NULL;
  sent = fill_page (sandbox, device, inbox, position->acked, &page, &more);
  page_given (position, sent, !more && sandbox->settings.last_page_zero);
  if (page.metas->len == 0)
    acknowledge (device, position, position->sent);
  next = page.metas->len > 0 && !position->last ? position->sent : 0;
  if (next == 0 && keys == SB_KEYS_STUCK)
    next = key != 0 ? key : position->sent;
  else if (next == 0 && keys == SB_KEYS_ENDLESS)
    next = MAX (key, position->sent) + 1;
  page_send (&page, device->connection, next);
}

static void
push_pages (Sandbox *sandbox, SbDevice *device, gint64 conversation)
{
  SbInbox *inbox = sb_user_inbox (device->user, conversation);
  SbPosition *position = sb_device_position (device, conversation);
  gboolean more = TRUE;

  /* Sending may detect that the connection has ended; and what a stalled one does not accept is sent later. */
  while (more && device->connection != NULL && sb_connection_can_send (device->connection))
    {
      gboolean key = sandbox->settings.push_key;
      Page page;

      page_init (&page, &sandbox->settings, conversation);
      position->nameless |= page.dl.xid == NULL;
      page_given (position, fill_page (sandbox, device, inbox, position->sent, &page, &more), !key);
      page_send (&page, device->connection, key && page.metas->len > 0 ? position->sent : 0);
    }
}

void
sb_sync_notify (Sandbox *sandbox, SbUser *user, gint64 conversation, const SbMessage *message)
{
  Floo__XID xid;
  Floo__Notice notice = FLOO__NOTICE__INIT;

  set_xid (&xid, &sandbox->settings, conversation, FALSE);
  notice.xid = &xid;
  for (guint i = 0; i < user->devices->len; i++)
    {
      SbDevice *device = user->devices->pdata[i];

      if (device->connection == NULL || (message != NULL && !sb_device_wants (device, message)))
        continue;
      if (sandbox->settings.push)
        push_pages (sandbox, device, conversation);
      else
        sb_connection_send (device->connection, FLOO__FRAME__COMMAND__NOTICE,
                            sandbox->settings.notice_message ? &notice.base : &xid.base);
    }
}

void
sb_sync_push (Sandbox *sandbox, SbUser *user, gint64 conversation)
{
  for (guint i = 0; i < user->devices->len; i++)
    {
      SbDevice *device = user->devices->pdata[i];

      if (device->connection != NULL)
        push_pages (sandbox, device, conversation);
    }
}

void
sb_sync_lose (SbUser *user, gint64 conversation)
{
  SbInbox *inbox = sb_user_inbox (user, conversation);
  SbMessage *last = inbox->queue->len > 0 ? inbox->queue->pdata[inbox->queue->len - 1] : NULL;

  inbox->lost = last != NULL ? last->id : 0;
  for (guint i = 0; last != NULL && i < user->devices->len; i++)
    {
      SbDevice *device = user->devices->pdata[i];
      SbPosition *position = sb_device_position (device, conversation);

      page_given (position, last->id, FALSE);
      acknowledge (device, position, last->id);
    }
}

void
sb_sync_push_device (Sandbox *sandbox, SbDevice *device, gint64 conversation, SbMessage *message)
{
  Page page;

  if (device->connection == NULL)
    return;
  page_init (&page, &sandbox->settings, conversation);
  page_add (&page, message, message->status, FALSE);
  page_send (&page, device->connection, 0);
}

void
sb_sync_push_once (Sandbox *sandbox, SbUser *user, gint64 conversation, SbMessage *message)
{
  for (guint i = 0; i < user->devices->len; i++)
    if (sb_device_wants (user->devices->pdata[i], message))
      sb_sync_push_device (sandbox, user->devices->pdata[i], conversation, message);
}

/* ---- UNREAD ---- */

static guint
count_unread (SbDevice *device, SbInbox *inbox)
{
  SbPosition *position = sb_device_position (device, inbox->conversation);
  guint n = 0;

  if (position->last)
    {
      acknowledge (device, position, position->sent);
      position->last = FALSE;
    }
  for (guint i = sb_messages_after (inbox->queue, position->acked); i < inbox->queue->len; i++)
    {
      SbMessage *message = inbox->queue->pdata[i];

      if (sb_device_wants (device, message))
        n++;
      else if (n == 0)
        acknowledge (device, position, message->id);
    }
  return n;
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  gint64 x = (*(SbInbox *const *) a)->conversation, y = (*(SbInbox *const *) b)->conversation;

  return x < y ? -1 : x > y;
}

void
sb_sync_unread (Sandbox *sandbox, SbDevice *device)
{
  typedef struct {
    Floo__ConversationUnread unread;
    Floo__XID xid;
  } Row;
  g_autoptr (GPtrArray) inboxes = g_ptr_array_new ();
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (g_free);
  Floo__UnreadDL dl = FLOO__UNREAD_DL__INIT;
  Floo__Status status;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, device->user->inboxes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (inboxes, value);
  g_ptr_array_sort (inboxes, compare_ids);
  for (guint i = 0; i < inboxes->len; i++)
    {
      SbInbox *inbox = inboxes->pdata[i];
      guint n = count_unread (device, inbox);
      Row *row;

      if (n == 0 && inbox->history->len == 0)
        continue;
      row = g_new (Row, 1);
      floo__conversation_unread__init (&row->unread);
      set_xid (&row->xid, &sandbox->settings, inbox->conversation, FALSE);
      row->unread.xid = &row->xid;
      row->unread.has_n = row->unread.has_type = TRUE;
      row->unread.n = n;
      row->unread.type = g_hash_table_contains (sandbox->state->groups, &inbox->conversation)
                             ? FLOO__CONVERSATION_UNREAD__CONV_TYPE__GROUPCHAT
                             : FLOO__CONVERSATION_UNREAD__CONV_TYPE__CHAT;
      g_ptr_array_add (rows, row);
    }
  floo__status__init (&status);
  status.has_code = TRUE;
  status.code = FLOO__STATUS__ERROR_CODE__OK;
  if (sandbox->settings.status_form == SB_STATUS_ALWAYS)
    dl.status = &status;
  dl.n_unread = rows->len;
  dl.unread = (Floo__ConversationUnread **) rows->pdata;
  sb_connection_send (device->connection, FLOO__FRAME__COMMAND__UNREAD, &dl.base);
}

/* ---- history ---- */

void
sb_sync_history (Sandbox *sandbox, SbDevice *device, gint64 conversation, gint64 key, int count)
{
  SbInbox *inbox = sb_user_inbox (device->user, conversation);
  int keys = sandbox->settings.history_key;
  guint end = key == 0 || keys == SB_KEYS_REPEAT ? inbox->history->len : sb_messages_after (inbox->history, key - 1);
  guint n = (guint) CLAMP (count, 1, MAX_HISTORY_COUNT);
  gint64 lowest = key, next;
  Page page;
  guint i;

  page_init (&page, &sandbox->settings, conversation);
  for (i = end; i > 0 && page.metas->len < n && !page_is_full (&page, &sandbox->settings); i--)
    {
      SbMessage *message = inbox->history->pdata[i - 1];

      page_add (&page, message, sb_inbox_status (inbox, device->user, message), FALSE);
      lowest = message->id;
    }
  next = i > 0 ? ((SbMessage *) inbox->history->pdata[i])->id : 0;
  if (next == 0 && keys != SB_KEYS_NORMAL)
    next = keys == SB_KEYS_STUCK && key != 0 ? key : MAX (lowest - (keys == SB_KEYS_ENDLESS), 1);
  page.dl.has_is_full_sync = TRUE;
  page.dl.is_full_sync = TRUE;
  page_send (&page, device->connection, next);
}
