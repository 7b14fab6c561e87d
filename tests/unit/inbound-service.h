/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inbound-service.h: a simulated service, which makes a history of messages, operations and notices from a seed; what it has of them
 * after each.
 */
#pragma once

#include "session/apply/inbound.h"
#include "store-fixture.h"

#define EVENTS 80
#define PEERS 3
#define GROUP 50
#define OTHER_DEVICE 2
#define FIRST_ID 10000
#define TIME_BASE G_GINT64_CONSTANT (4000000000000)   /* after the store was made */
#define SYSTEM 0

typedef enum { MESSAGE, OPERATION, DELETION, ROSTER, GROUPS } Kind;

/* A message, operation or notice; the ids are in the order of time. */
typedef struct {
  Kind kind;
  gint64 id;
  gint64 queue;               /* the conversation whose pages contain it */
  gint64 conversation;        /* of messages and deletions */
  gint64 from, to;
  int type;                   /* operation, notice */
  gint64 mid;
  char *content, *config;     /* as sent */
  gint64 client_id;           /* a message of this device */
  gint64 edit_timestamp;      /* of edits */
} Thing;

/* The present state of a message at the service. */
typedef struct {
  char *content, *config;
  int status;
  gint64 edit_timestamp;
  gboolean recalled, deleted;
} Present;

typedef struct {
  GRand *rand;
  GPtrArray *things;
  GHashTable *present;        /* id -> Present */
  guint happened;
  gint64 read_up_to[GROUP + 1];
} Service;

static const gint64 conversations[] = { 7, 8, 9, GROUP };
static const gint64 queues[] = { SYSTEM, FIXTURE_SELF, 7, 8, 9, GROUP };

static void
thing_free (gpointer data)
{
  Thing *thing = data;

  g_free (thing->content);
  g_free (thing->config);
  g_free (thing);
}

static void
present_free (gpointer data)
{
  Present *present = data;

  g_free (present->content);
  g_free (present->config);
  g_free (present);
}

static gboolean
chance (GRand *rand, int of_hundred)
{
  return g_rand_int_range (rand, 0, 100) < of_hundred;
}

static gint64
pick (GRand *rand, const gint64 *values, gsize n)
{
  return values[g_rand_int_range (rand, 0, (gint32) n)];
}

/* ---- making the history ---- */

static Thing *
add_thing (Service *service, Kind kind, gint64 queue)
{
  Thing *thing = g_new0 (Thing, 1);

  thing->kind = kind;
  thing->id = FIRST_ID + service->things->len;
  thing->queue = queue;
  g_ptr_array_add (service->things, thing);
  return thing;
}

static void
make_message (Service *service)
{
  gint64 conversation = pick (service->rand, conversations, G_N_ELEMENTS (conversations));
  Thing *thing = add_thing (service, MESSAGE, conversation);

  thing->conversation = conversation;
  thing->from = chance (service->rand, 35) ? FIXTURE_SELF
                : conversation == GROUP    ? 7 + g_rand_int_range (service->rand, 0, PEERS)
                                           : conversation;
  thing->to = thing->from == FIXTURE_SELF || conversation == GROUP ? conversation : FIXTURE_SELF;
  thing->content = g_strdup_printf ("m%" G_GINT64_FORMAT, thing->id);
  if (conversation == GROUP && chance (service->rand, 30))
    thing->config = g_strdup_printf ("{\"mentionList\":[\"%d\"]}", FIXTURE_SELF);
  if (thing->from == FIXTURE_SELF && chance (service->rand, 60))
    thing->client_id = 500 + thing->id;
}

static const Thing *
any_message (Service *service)
{
  for (int tries = 0; tries < 20; tries++)
    {
      const Thing *thing = service->things->pdata[g_rand_int_range (service->rand, 0, (gint32) service->things->len)];

      if (thing->kind == MESSAGE)
        return thing;
    }
  return NULL;
}

/* Chooses who does it, and the queue in which we get it. */
static void
make_operation (Service *service)
{
  static const gint64 of_ours[] = { FLOO__MESSAGE_OPERATION__OP_TYPE__READ_ACK,    FLOO__MESSAGE_OPERATION__OP_TYPE__DELIVER_ACK,
                                    FLOO__MESSAGE_OPERATION__OP_TYPE__PLAY_ACK,    FLOO__MESSAGE_OPERATION__OP_TYPE__APPEND,
                                    FLOO__MESSAGE_OPERATION__OP_TYPE__REPLACE,     FLOO__MESSAGE_OPERATION__OP_TYPE__RECALL,
                                    FLOO__MESSAGE_OPERATION__OP_TYPE__DELETE };
  static const gint64 of_theirs[] = { FLOO__MESSAGE_OPERATION__OP_TYPE__READ_ALL, FLOO__MESSAGE_OPERATION__OP_TYPE__READ_ALL,
                                      FLOO__MESSAGE_OPERATION__OP_TYPE__READ_CANCEL, FLOO__MESSAGE_OPERATION__OP_TYPE__APPEND,
                                      FLOO__MESSAGE_OPERATION__OP_TYPE__REPLACE,  FLOO__MESSAGE_OPERATION__OP_TYPE__RECALL,
                                      FLOO__MESSAGE_OPERATION__OP_TYPE__DELETE };
  const Thing *target = any_message (service);
  gboolean ours = target != NULL && target->from == FIXTURE_SELF;
  Thing *thing;
  int type;

  if (target == NULL)
    return;
  type = (int) (ours ? pick (service->rand, of_ours, G_N_ELEMENTS (of_ours)) : pick (service->rand, of_theirs, G_N_ELEMENTS (of_theirs)));
  thing = add_thing (service, OPERATION, target->conversation);
  thing->type = type;
  thing->mid = target->id;
  thing->from = target->from;
  thing->to = target->to;
  switch (type)
    {
    case FLOO__MESSAGE_OPERATION__OP_TYPE__READ_ACK:
    case FLOO__MESSAGE_OPERATION__OP_TYPE__DELIVER_ACK:
    case FLOO__MESSAGE_OPERATION__OP_TYPE__PLAY_ACK:
      thing->queue = thing->from = target->conversation == GROUP ? 7 : target->conversation;
      thing->to = FIXTURE_SELF;
      break;
    case FLOO__MESSAGE_OPERATION__OP_TYPE__READ_ALL:
    case FLOO__MESSAGE_OPERATION__OP_TYPE__READ_CANCEL:
    case FLOO__MESSAGE_OPERATION__OP_TYPE__DELETE:
      thing->queue = thing->from = thing->to = FIXTURE_SELF;
      thing->conversation = target->conversation;
      break;
    case FLOO__MESSAGE_OPERATION__OP_TYPE__RECALL:
      thing->conversation = target->conversation;
      break;
    default:
      thing->edit_timestamp = 2000000000000 + thing->id;
      thing->content = g_strdup_printf ("+%" G_GINT64_FORMAT, thing->id);
      if (chance (service->rand, 40))
        thing->config = g_strdup_printf ("{\"k%d\":%" G_GINT64_FORMAT "}", g_rand_int_range (service->rand, 0, 3), thing->id);
      break;
    }
}

static void
make_notice (Service *service)
{
  static const gint64 roster[] = { FLOO__ROSTER_NOTICE__TYPE__ADDED, FLOO__ROSTER_NOTICE__TYPE__REMOVED,
                                   FLOO__ROSTER_NOTICE__TYPE__INFO_UPDATED, FLOO__ROSTER_NOTICE__TYPE__MUTED };
  static const gint64 group[] = { FLOO__GROUP_NOTICE__TYPE__JOINED, FLOO__GROUP_NOTICE__TYPE__KICKED,
                                  FLOO__GROUP_NOTICE__TYPE__OWNER_ASSIGNED, FLOO__GROUP_NOTICE__TYPE__INFO_UPDATED };
  gboolean of_group = chance (service->rand, 50);
  Thing *thing = add_thing (service, of_group ? GROUPS : ROSTER, SYSTEM);

  thing->type = (int) (of_group ? pick (service->rand, group, G_N_ELEMENTS (group)) : pick (service->rand, roster, G_N_ELEMENTS (roster)));
  thing->from = chance (service->rand, 50) ? FIXTURE_SELF : 8 + g_rand_int_range (service->rand, 0, 2);
  thing->to = thing->from == FIXTURE_SELF ? 9 : FIXTURE_SELF;
  thing->conversation = of_group ? GROUP : thing->from == FIXTURE_SELF ? thing->to : thing->from;
  thing->content = g_strdup_printf ("{\"property\":\"name\",\"name\":\"n%" G_GINT64_FORMAT "\"}", thing->id);
}

static Service *
service_new (guint32 seed)
{
  Service *service = g_new0 (Service, 1);

  service->rand = g_rand_new_with_seed (seed);
  service->things = g_ptr_array_new_with_free_func (thing_free);
  service->present = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, present_free);
  while (service->things->len < EVENTS)
    {
      int kind = g_rand_int_range (service->rand, 0, 100);

      if (kind < 50 || service->things->len < 8)
        make_message (service);
      else if (kind < 90)
        make_operation (service);
      else if (kind < 97)
        make_notice (service);
      else
        {
          gint64 conversation = pick (service->rand, conversations, G_N_ELEMENTS (conversations));
          Thing *thing = add_thing (service, DELETION, conversation);

          thing->conversation = conversation;
          thing->from = FIXTURE_SELF;
        }
    }
  return service;
}

static void
service_free (Service *service)
{
  g_rand_free (service->rand);
  g_ptr_array_unref (service->things);
  g_hash_table_unref (service->present);
  g_free (service);
}

static void
merge_config (Present *present, const char *config)
{
  if (config == NULL)
    return;
  if (present->config == NULL)
    present->config = g_strdup (config);
  else
    {
      g_autoptr (JsonNode) node = json_from_string (present->config, NULL);
      g_autoptr (JsonNode) changes = json_from_string (config, NULL);
      g_autoptr (GList) names = json_object_get_members (json_node_get_object (changes));

      for (GList *l = names; l != NULL; l = l->next)
        json_object_set_member (json_node_get_object (node), l->data,
                                json_node_copy (json_object_get_member (json_node_get_object (changes), l->data)));
      g_free (present->config);
      present->config = json_to_string (node, FALSE);
    }
}

static void
happen_operation (Service *service, const Thing *thing)
{
  Present *present = g_hash_table_lookup (service->present, &thing->mid);
  g_autofree char *old = NULL;

  switch (thing->type)
    {
    case FLOO__MESSAGE_OPERATION__OP_TYPE__READ_ACK:
      present->status = FLOO_STATUS_READ;
      break;
    case FLOO__MESSAGE_OPERATION__OP_TYPE__DELIVER_ACK:
      present->status = MAX (present->status, FLOO_STATUS_DELIVERED);
      break;
    case FLOO__MESSAGE_OPERATION__OP_TYPE__READ_ALL:
      for (guint i = 0; i < service->happened; i++)
        {
          const Thing *other = service->things->pdata[i];

          if (other->kind == MESSAGE && other->conversation == thing->conversation && other->from != FIXTURE_SELF
              && other->id <= thing->mid)
            ((Present *) g_hash_table_lookup (service->present, &other->id))->status = FLOO_STATUS_READ;
        }
      break;
    case FLOO__MESSAGE_OPERATION__OP_TYPE__READ_CANCEL:
      present->status = FLOO_STATUS_UNREAD;
      break;
    case FLOO__MESSAGE_OPERATION__OP_TYPE__RECALL:
      present->recalled = TRUE;
      break;
    case FLOO__MESSAGE_OPERATION__OP_TYPE__DELETE:
      present->deleted = TRUE;
      break;
    case FLOO__MESSAGE_OPERATION__OP_TYPE__APPEND:
    case FLOO__MESSAGE_OPERATION__OP_TYPE__REPLACE:
      old = g_steal_pointer (&present->content);
      present->content = thing->type == FLOO__MESSAGE_OPERATION__OP_TYPE__APPEND ? g_strconcat (old, thing->content, NULL)
                                                                                 : g_strdup (thing->content);
      merge_config (present, thing->config);
      present->edit_timestamp = thing->edit_timestamp;
      break;
    default:
      break;
    }
}

/* Applies the next one to the service's own state. */
static const Thing *
happen (Service *service)
{
  const Thing *thing = service->things->pdata[service->happened++];

  if (thing->kind == MESSAGE)
    {
      Present *present = g_new0 (Present, 1);

      present->content = g_strdup (thing->content);
      present->config = g_strdup (thing->config);
      g_hash_table_insert (service->present, (gpointer) &thing->id, present);
    }
  else if (thing->kind == OPERATION)
    happen_operation (service, thing);
  return thing;
}
