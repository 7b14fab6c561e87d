/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inbound-frames.h: the data of the simulated service, as the frames that it sends.
 */
#pragma once

#include "inbound-service.h"

typedef struct {
  Floo__SyncDL dl;
  Floo__XID xid;
  GPtrArray *metas;
  GPtrArray *memory;
} Page;

static void
page_init (Page *page, gint64 conversation)
{
  floo__sync_dl__init (&page->dl);
  floo__xid__init (&page->xid);
  page->xid.has_uid = TRUE;
  page->xid.uid = (guint64) conversation;
  page->dl.xid = &page->xid;
  page->metas = g_ptr_array_new ();
  page->memory = g_ptr_array_new_with_free_func (g_free);
}

static gpointer
keep (Page *page, gpointer memory)
{
  g_ptr_array_add (page->memory, memory);
  return memory;
}

static Floo__XID *
xid_of (Page *page, gint64 uid)
{
  Floo__XID *xid = keep (page, g_new (Floo__XID, 1));

  floo__xid__init (xid);
  xid->has_uid = TRUE;
  xid->uid = (guint64) uid;
  return xid;
}

static ProtobufCBinaryData
pack (Page *page, const ProtobufCMessage *message)
{
  ProtobufCBinaryData packed = { .len = protobuf_c_message_get_packed_size (message) };

  packed.data = keep (page, g_malloc (packed.len + 1));
  protobuf_c_message_pack (message, packed.data);
  return packed;
}

static ProtobufCBinaryData
pack_body (Page *page, Service *service, const Thing *thing, gboolean whole)
{
  Floo__MessageBody body = FLOO__MESSAGE_BODY__INIT;
  Floo__MessageOperation operation = FLOO__MESSAGE_OPERATION__INIT;
  const Present *present = g_hash_table_lookup (service->present, &thing->id);
  const char *content = whole ? present->content : thing->content;
  const char *config = whole ? present->config : thing->config;

  body.has_type = body.has_ctype = body.has_status = TRUE;
  body.type = thing->kind == OPERATION       ? FLOO__MESSAGE_BODY__TYPE__OPER
              : thing->conversation == GROUP ? FLOO__MESSAGE_BODY__TYPE__GROUPCHAT
                                             : FLOO__MESSAGE_BODY__TYPE__CHAT;
  body.status = present != NULL ? present->status : 0;
  body.has_content = TRUE;
  body.content = floo_wire_text (content != NULL ? content : "");
  body.has_config = config != NULL;
  body.config = floo_wire_text (config != NULL ? config : "");
  body.edit_timestamp = (guint64) (thing->kind == OPERATION ? thing->edit_timestamp : whole ? present->edit_timestamp : 0);
  body.has_edit_timestamp = body.edit_timestamp != 0;
  operation.has_type = operation.has_mid = TRUE;
  operation.type = thing->kind == OPERATION ? thing->type : 0;
  operation.mid = (guint64) thing->mid;
  if (thing->kind == OPERATION && thing->conversation != 0)
    operation.xid = xid_of (page, thing->conversation);
  body.operation = &operation;
  return pack (page, &body.base);
}

static ProtobufCBinaryData
pack_deletion (Page *page, const Thing *thing)
{
  Floo__Conversation conversation = FLOO__CONVERSATION__INIT;
  Floo__ConversationOperation operation = FLOO__CONVERSATION_OPERATION__INIT;

  conversation.has_type = operation.has_type = TRUE;
  conversation.type = FLOO__CONVERSATION__TYPE__OPER;
  operation.type = FLOO__CONVERSATION_OPERATION__OP_TYPE__DELETE_EVERYWHERE;
  operation.xid = xid_of (page, thing->conversation);
  conversation.operation = &operation;
  return pack (page, &conversation.base);
}

static ProtobufCBinaryData
pack_notice (Page *page, const Thing *thing)
{
  Floo__RosterNotice roster = FLOO__ROSTER_NOTICE__INIT;
  Floo__GroupNotice group = FLOO__GROUP_NOTICE__INIT;
  Floo__XID *to[] = { xid_of (page, thing->to) };

  roster.has_type = group.has_type = roster.has_content = group.has_content = TRUE;
  roster.type = (Floo__RosterNotice__Type) thing->type;
  group.type = (Floo__GroupNotice__Type) thing->type;
  roster.content = group.content = floo_wire_text (thing->content);
  roster.from = group.from = xid_of (page, thing->from);
  roster.n_to = group.n_to = 1;
  roster.to = group.to = to;
  group.gid = xid_of (page, GROUP);
  return pack (page, thing->kind == GROUPS ? &group.base : &roster.base);
}

static void
page_add (Page *page, Service *service, const Thing *thing, gboolean whole)
{
  static const Floo__Meta__NameSpace spaces[] = { FLOO__META__NAME_SPACE__MESSAGE, FLOO__META__NAME_SPACE__MESSAGE,
                                                  FLOO__META__NAME_SPACE__CONVERSATION,
                                                  FLOO__META__NAME_SPACE__ROSTER_NOTICE, FLOO__META__NAME_SPACE__GROUP_NOTICE };
  Floo__Meta *meta = keep (page, g_new (Floo__Meta, 1));

  floo__meta__init (meta);
  meta->has_id = meta->has_timestamp = meta->has_ns = meta->has_payload = TRUE;
  meta->id = (guint64) thing->id;
  meta->timestamp = TIME_BASE + (guint64) thing->id;
  meta->ns = spaces[thing->kind];
  meta->from = xid_of (page, thing->from);
  meta->to = xid_of (page, thing->to);
  if (thing->kind == DELETION)
    meta->payload = pack_deletion (page, thing);
  else if (thing->kind == ROSTER || thing->kind == GROUPS)
    meta->payload = pack_notice (page, thing);
  else
    meta->payload = pack_body (page, service, thing, whole);
  g_ptr_array_add (page->metas, meta);
}

static FlooFrame *
decode (const ProtobufCMessage *payload, Floo__Frame__Command command)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = floo_frame_encode (command, payload);
  FlooFrame *frame = floo_frame_decode (bytes, FLOO_FROM_SERVICE, &error);

  g_assert_no_error (error);
  return frame;
}

static FlooFrame *
page_end (Page *page)
{
  FlooFrame *frame;

  page->dl.n_metas = page->metas->len;
  page->dl.metas = (Floo__Meta **) page->metas->pdata;
  frame = decode (&page->dl.base, FLOO__FRAME__COMMAND__SYNC);
  g_ptr_array_unref (page->metas);
  g_ptr_array_unref (page->memory);
  return frame;
}
