/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notices.h"

#include "socket.h"
#include "sync.h"

static GBytes *
pack (const ProtobufCMessage *message)
{
  gsize len = protobuf_c_message_get_packed_size (message);
  guint8 *data = g_malloc (len);

  protobuf_c_message_pack (message, data);
  return g_bytes_new_take (data, len);
}

static SbMessage *
notice_new (Floo__Meta__NameSpace ns, gint64 from, gint64 to, const ProtobufCMessage *payload)
{
  SbMessage *message = sb_message_new (from, to);

  message->ns = ns;
  message->payload = pack (payload);
  message->timestamp = sb_now ();
  return message;
}

static void
set_xid (Floo__XID *xid, gint64 id)
{
  floo__xid__init (xid);
  xid->has_uid = xid->has_devicesn = TRUE;
  xid->uid = (guint64) id;
}

/* ---- roster ---- */

static SbMessage *
add_roster_notice (Sandbox *sandbox, Floo__RosterNotice__Type type, gint64 from, gint64 to, const char *content)
{
  Floo__RosterNotice notice = FLOO__ROSTER_NOTICE__INIT;
  Floo__XID from_xid, to_xid, *tos = &to_xid;

  set_xid (&from_xid, from);
  set_xid (&to_xid, to);
  notice.has_type = TRUE;
  notice.type = type;
  notice.from = &from_xid;
  notice.n_to = 1;
  notice.to = &tos;
  notice.has_content = TRUE;
  notice.content = floo_wire_text (content != NULL ? content : "");
  return sb_state_add_message (sandbox->state, notice_new (FLOO__META__NAME_SPACE__ROSTER_NOTICE, from, to, &notice.base));
}

void
sb_notice_roster (Sandbox *sandbox, Floo__RosterNotice__Type type, gint64 from, gint64 to, const char *content)
{
  SbMessage *message = add_roster_notice (sandbox, type, from, to, content);
  SbUser *sender = sb_state_user (sandbox->state, from);
  SbUser *receiver = sb_state_user (sandbox->state, to);

  if (sender != NULL)
    sb_deliver_to (sandbox, message, sender, 0, TRUE);
  if (receiver != NULL && receiver != sender)
    sb_deliver_to (sandbox, message, receiver, 0, TRUE);
}

void
sb_notice_roster_one (Sandbox *sandbox, Floo__RosterNotice__Type type, gint64 from, gint64 to, const char *content,
                      SbUser *receiver)
{
  sb_deliver_to (sandbox, add_roster_notice (sandbox, type, from, to, content), receiver, 0, TRUE);
}

/* ---- groups ---- */

static SbMessage *
add_group_notice (Sandbox *sandbox, SbGroup *group, Floo__GroupNotice__Type type, gint64 from, const gint64 *to, guint n_to,
                  const char *content)
{
  Floo__GroupNotice notice = FLOO__GROUP_NOTICE__INIT;
  Floo__XID from_xid, gid;
  g_autofree Floo__XID *to_xids = g_new (Floo__XID, n_to);
  g_autofree Floo__XID **tos = g_new (Floo__XID *, n_to);

  set_xid (&from_xid, from);
  set_xid (&gid, group->id);
  for (guint i = 0; i < n_to; i++)
    {
      set_xid (&to_xids[i], to[i]);
      tos[i] = &to_xids[i];
    }
  notice.has_type = TRUE;
  notice.type = type;
  notice.gid = &gid;
  notice.from = &from_xid;
  notice.n_to = n_to;
  notice.to = tos;
  notice.has_content = TRUE;
  notice.content = floo_wire_text (content != NULL ? content : "");
  return sb_state_add_message (sandbox->state,
                               notice_new (FLOO__META__NAME_SPACE__GROUP_NOTICE, from, group->id, &notice.base));
}

void
sb_notice_group (Sandbox *sandbox, SbGroup *group, Floo__GroupNotice__Type type, gint64 from, const gint64 *to, guint n_to,
                 const char *content, SbAudience audience)
{
  SbMessage *message = add_group_notice (sandbox, group, type, from, to, n_to, content);
  gint64 conversation = sandbox->settings.group_notices_system ? 0 : group->id;
  g_autoptr (GHashTable) ids = sb_id_set_new ();
  GHashTableIter iter;
  gpointer id;

  sb_id_set_add (ids, from);
  for (guint i = 0; i < n_to; i++)
    sb_id_set_add (ids, to[i]);
  for (guint i = 0; i < group->member_order->len; i++)
    {
      SbMember *member = group->member_order->pdata[i];

      if (audience == SB_TO_MEMBERS || (audience == SB_TO_ADMINS && member->role >= SB_ADMIN))
        sb_id_set_add (ids, member->id);
    }
  g_hash_table_iter_init (&iter, ids);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    {
      SbUser *user = sb_state_user (sandbox->state, *(gint64 *) id);

      if (user != NULL)
        sb_deliver_to (sandbox, message, user, conversation, TRUE);
    }
}

/* ---- users ---- */

static SbMessage *
user_notice_new (SbUser *user, Floo__UserNotice__Type type, const char *content)
{
  Floo__UserNotice notice = FLOO__USER_NOTICE__INIT;

  notice.has_type = TRUE;
  notice.type = type;
  notice.has_content = TRUE;
  notice.content = floo_wire_text (content != NULL ? content : "");
  return notice_new (FLOO__META__NAME_SPACE__USER_NOTICE, 0, user->id, &notice.base);
}

void
sb_notice_user (Sandbox *sandbox, SbUser *user, Floo__UserNotice__Type type, const char *content, SbDevice *only)
{
  SbMessage *message = user_notice_new (user, type, content);

  message->only_device = only == NULL ? 0 : only->sn;
  sb_deliver_to (sandbox, sb_state_add_message (sandbox->state, message), user, 0, TRUE);
}

void
sb_notice_push (Sandbox *sandbox, SbDevice *device, Floo__UserNotice__Type type)
{
  g_autoptr (SbMessage) message = user_notice_new (device->user, type, NULL);

  message->id = ++sandbox->state->next_message;
  sb_sync_push_device (sandbox, device, 0, message);
}

void
sb_notice_devices (Sandbox *sandbox, SbDevice *device, Floo__UserNotice__Type type)
{
  for (guint i = 0; i < device->user->devices->len; i++)
    {
      SbDevice *other = device->user->devices->pdata[i];

      if (other != device && other->connection != NULL)
        sb_notice_push (sandbox, other, type);
    }
}

void
sb_notice_kick (Sandbox *sandbox, SbUser *user, SbDevice *device, Floo__UserNotice__Type type)
{
  for (guint i = user->devices->len; i > 0; i--)
    {
      SbDevice *each = user->devices->pdata[i - 1];

      if (device != NULL && each != device)
        continue;
      sb_notice_push (sandbox, each, type);
      if (each->connection != NULL)
        sb_connection_end (each->connection, SB_END_CLOSE);
      sb_state_remove_device (sandbox->state, each);
    }
  if (device == NULL)
    sb_state_void_tokens (sandbox->state, user, NULL);
}
