/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "strict.h"

#include "trace.h"

#define MAX_CLIENT_MID (G_GINT64_CONSTANT (1) << 53)

#define OP(name) FLOO__MESSAGE_OPERATION__OP_TYPE__##name

/* ---- the frame ---- */

static const ProtobufCMessage *
payload_of (const FlooFrame *frame)
{
  if (frame->provision != NULL)
    return &frame->provision->base;
  return frame->sync_ul != NULL ? &frame->sync_ul->base : NULL;
}

void
sb_strict_frame (Sandbox *sandbox, gint64 user, GBytes *bytes, const FlooFrame *frame)
{
  g_autoptr (GBytes) expected = floo_frame_encode (frame->command, payload_of (frame));

  if (!g_bytes_equal (bytes, expected))
    sb_trace_violation (sandbox, user, "the frame of command %d is not written as the SDK does: %" G_GSIZE_FORMAT " bytes, should be %"
                        G_GSIZE_FORMAT, (int) frame->command, g_bytes_get_size (bytes), g_bytes_get_size (expected));
}

void
sb_strict_provision (Sandbox *sandbox, const Floo__Provision *p)
{
  const struct {
    const char *name;
    gboolean there, due;
  } fields[] = {
    { "status", p->status != NULL, FALSE },
    { "xid", p->xid != NULL, TRUE },
    { "xid.uid", p->xid != NULL && p->xid->has_uid, TRUE },
    { "xid.deviceSN", p->xid != NULL && p->xid->has_devicesn, TRUE },
    { "password", p->has_password, FALSE },
    { "token", p->has_token, TRUE },
    { "os_type", p->has_os_type, TRUE },
    { "sdk_vsn", p->has_sdk_vsn, TRUE },
    { "is_manual_login", p->has_is_manual_login, FALSE },
    { "device_guid", p->has_device_guid, TRUE },
    { "device_notifier", p->has_device_notifier, FALSE },
    { "device_token", p->has_device_token, FALSE },
    { "device_info", p->has_device_info, TRUE },
    { "last_login_time", p->has_last_login_time, FALSE },
  };
  gint64 user = p->xid != NULL ? (gint64) p->xid->uid : 0;

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if (fields[i].there != fields[i].due)
      sb_trace_violation (sandbox, user, "PROVISION: %s %s", fields[i].name,
                          fields[i].due ? "is missing" : "should not be there");
}

void
sb_strict_fetch (Sandbox *sandbox, SbDevice *device, const Floo__SyncUL *ul)
{
  gint64 user = device->user->id;
  const SbPosition *position = sb_device_position (device, ul->xid != NULL ? (gint64) ul->xid->uid : 0);
  gboolean history = ul->has_is_full_sync && ul->is_full_sync;

  /* An empty xid is that of a page with an empty xid: of the system's conversation. */
  if (ul->xid == NULL || (history && !ul->xid->has_uid))
    sb_trace_violation (sandbox, user, "SYNC: neither xid nor meta");
  if (history && (!ul->has_key || !ul->has_full_sync_num || ul->full_sync_num <= 0))
    sb_trace_violation (sandbox, user, "SYNC of the history: key and a positive full_sync_num are due");
  if (!history && (ul->has_is_full_sync || ul->has_full_sync_num))
    sb_trace_violation (sandbox, user, "SYNC: full_sync_num without is_full_sync");
  /* The fields of UNREAD and NOTICE, or those of the page that the key is from; a client has not seen the end of a page that is too large. */
  if (!history && ul->xid != NULL && ul->xid->has_devicesn != (ul->has_key && sandbox->settings.xid_form == SB_XID_FULL)
      && !(ul->has_key && (position->nameless || sandbox->settings.page_bytes == 0)))
    sb_trace_violation (sandbox, user, "SYNC: xid is not written as it was told: %s deviceSN",
                        ul->has_key ? "without its page's" : "with a");
  if (!history && ul->has_key && ul->key == 0)
    sb_trace_violation (sandbox, user, "SYNC: key 0 is left out");
}

/* ---- messages and operations ---- */

/* The receiver of an operation and the form of its xid. */
typedef enum { TO_PEER, TO_SELF } Target;
typedef enum { XID_NONE, XID_ZERO_DEVICE, XID_ANY } XidForm;

static const struct {
  Target target;
  XidForm xid;
} operation_forms[] = {
  [OP (READ_ACK)] = { TO_PEER, XID_NONE },
  [OP (READ_ALL)] = { TO_SELF, XID_ZERO_DEVICE },
  [OP (READ_CANCEL)] = { TO_SELF, XID_ZERO_DEVICE },
  [OP (DELIVER_ACK)] = { TO_PEER, XID_ANY },
  [OP (RECALL)] = { TO_PEER, XID_ZERO_DEVICE },
  [OP (DELETE)] = { TO_SELF, XID_ZERO_DEVICE },
  [OP (PLAY_ACK)] = { TO_PEER, XID_ANY },
  [OP (APPEND)] = { TO_PEER, XID_NONE },
  [OP (REPLACE)] = { TO_PEER, XID_NONE },
};

typedef struct {
  Sandbox *sandbox;
  const SbDevice *device;
  const char *what;     /* "READ_ACK", "message", ... */
} Check;

static void
expect (const Check *check, gboolean condition, const char *otherwise)
{
  if (!condition)
    sb_trace_violation (check->sandbox, check->device->user->id, "%s: %s", check->what, otherwise);
}

static gboolean
contains (gboolean has, const ProtobufCBinaryData *text, const char *part)
{
  return has && g_strstr_len ((const char *) text->data, (gssize) text->len, part) != NULL;
}

static void
check_canonical (const Check *check, const Floo__Meta *meta, const ProtobufCMessage *payload)
{
  gsize len = protobuf_c_message_get_packed_size (payload);
  g_autofree guint8 *packed = g_malloc (len + 1);

  protobuf_c_message_pack (payload, packed);
  expect (check, len == meta->payload.len && memcmp (packed, meta->payload.data, len) == 0,
          "the payload is not written in the order of its fields");
}

static void
check_from (const Check *check, const Floo__Meta *meta)
{
  expect (check, meta->has_id && meta->id > 0 && (gint64) meta->id < MAX_CLIENT_MID, "Meta.id should be in 1 .. 2^53");
  expect (check, meta->from != NULL && meta->from->has_uid && meta->from->has_devicesn, "Meta.from should have uid and deviceSN");
}

static void
check_operation (const Check *check, const Floo__Meta *meta, const Floo__MessageBody *body)
{
  const Floo__MessageOperation *op = body->operation;
  XidForm form = operation_forms[op->type].xid;
  gboolean to_self = meta->to != NULL && meta->to->uid == (guint64) check->device->user->id;

  expect (check, !meta->has_timestamp, "operations carry no Meta.timestamp");
  if (form == XID_NONE)
    expect (check, op->xid == NULL, "its operation has no xid");
  if (form == XID_ZERO_DEVICE)
    expect (check, op->xid != NULL && op->xid->has_uid && op->xid->has_devicesn && op->xid->devicesn == 0,
            "operation.xid should name the conversation, with an explicit deviceSN 0");
  if (operation_forms[op->type].target == TO_SELF)
    expect (check, to_self && meta->to->devicesn == check->device->sn, "goes to oneself with one's own deviceSN");
  else
    expect (check, meta->to != NULL && meta->to->devicesn == 0, "Meta.to should have deviceSN 0");
  if (op->type == OP (APPEND) || op->type == OP (REPLACE))
    expect (check, body->ctype == FLOO__MESSAGE_BODY__CONTENT_TYPE__TEXT, "ctype should be TEXT");
  else
    expect (check, body->ctype == FLOO__MESSAGE_BODY__CONTENT_TYPE__COMMAND, "ctype should be COMMAND");
}

static void
check_body (const Check *check, const Floo__Meta *meta, const Floo__MessageBody *body)
{
  gboolean typing = body->has_qos && body->qos == FLOO__MESSAGE_BODY__QO_S__AT_MOST_ONCE;
  gboolean mention = contains (body->has_config, &body->config, "\"mentionList\"");

  expect (check, meta->to != NULL && meta->to->has_uid && meta->to->has_devicesn, "Meta.to should have uid and deviceSN");
  expect (check, body->has_content, "content should be written, the empty one, too");
  expect (check, body->has_ctype || typing, "ctype should be written");
  expect (check, body->operation != NULL && body->operation->has_type && body->operation->has_mid,
          "operation should be written with type and mid");
  expect (check, !body->has_status && !body->has_edit_timestamp && !body->has_is_system && !body->has_sender_name,
          "status, edit_timestamp, is_system and sender_name are the service's");
  if (body->operation == NULL)
    return;
  if (body->type == FLOO__MESSAGE_BODY__TYPE__OPER && body->operation->type > 0
      && body->operation->type < (int) G_N_ELEMENTS (operation_forms))
    check_operation (check, meta, body);
  else
    {
      expect (check, meta->to != NULL && meta->to->devicesn == 0, "Meta.to should have deviceSN 0");
      expect (check, meta->has_timestamp == !(typing || mention),
              meta->has_timestamp ? "typing and mention carry no Meta.timestamp" : "Meta.timestamp is missing");
      expect (check, body->operation->mid == 0 && body->operation->xid == NULL, "no operation is {0, 0}");
    }
}

static const char *
name_of (const Floo__MessageBody *body)
{
  if (body->operation == NULL || body->operation->type == OP (UNKNOWN))
    return "message";
  return floo_wire_enum_name (&floo__message_operation__op_type__descriptor, body->operation->type);
}

void
sb_strict_meta (Sandbox *sandbox, const SbDevice *device, const Floo__Meta *meta, const Floo__MessageBody *body,
                const Floo__Conversation *conversation)
{
  Check check = { sandbox, device, "meta" };

  if (body != NULL)
    {
      check.what = name_of (body);
      check_from (&check, meta);
      check_body (&check, meta, body);
      check_canonical (&check, meta, &body->base);
    }
  else if (conversation != NULL)
    {
      const Floo__ConversationOperation *op = conversation->operation;

      check.what = "deletion of a conversation";
      check_from (&check, meta);
      expect (&check, meta->to == NULL && !meta->has_timestamp, "Meta has neither to nor timestamp");
      expect (&check, op != NULL && op->has_type && op->xid != NULL && op->xid->has_uid && op->xid->devicesn == device->sn,
              "operation should have type and xid with one's own deviceSN");
      check_canonical (&check, meta, &conversation->base);
    }
}
