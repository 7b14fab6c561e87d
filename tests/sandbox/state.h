/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state.h: the state of the sandbox: users, their devices and tokens, groups, messages and who has received which.
 *
 * Every message, operation and notice is one SbMessage with a number of its own; the numbers only grow. A user's SbInbox of a
 * conversation lists those that concern him, in order of their numbers, and a device's SbPosition tells how far in that list the
 * device has come. So a burst is a row of appends, and a page a binary search.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "floo.pb-c.h"

G_BEGIN_DECLS

/* The message id before the first one: beyond 2^53, where a double is not exact. */
#define SB_FIRST_MESSAGE_ID G_GINT64_CONSTANT (9007199254741000)
/* The same with --small-ids. */
#define SB_SMALL_MESSAGE_ID G_GINT64_CONSTANT (1000000)
#define SB_APP_ID "sandbox"

typedef struct _SbConnection SbConnection;
typedef struct _SbUser SbUser;

/**
 * SbMessage:
 *
 * A message, an operation on one, or a notice. Owned by the state that it was added to, for good.
 */
typedef struct {
  gint64 id;
  gint64 client_mid;          /* of the device that sent it, 0: none */
  gint64 from;
  guint32 from_device;        /* 0: no client's device (control, bot, REST) */
  gint64 to;                  /* user or group, 0: none */
  gint64 timestamp;           /* ms */
  Floo__Meta__NameSpace ns;
  GBytes *payload;            /* all but ns MESSAGE and PUSH: the encoded payload */
  guint32 only_device;        /* concerns only this device of its users; 0: all */

  /* ns MESSAGE and PUSH */
  Floo__MessageBody__Type type;
  int ctype;
  char *content;
  char *config;               /* (nullable), likewise the next two */
  char *attachment;
  char *ext;
  Floo__MessageOperation__OpType op;
  gint64 op_mid;
  gint64 op_conversation;
  gboolean op_has_conversation;
  gboolean at_most_once;
  guint32 priority;
  gint64 edit_timestamp;      /* ms, of the operation or of the last one applied; 0: never */

  /* As it was sent, once an operation has changed it: a device that is behind gets this first, since the operation follows later. */
  char *first_content;
  char *first_config;
  char *first_ext;

  int status;                 /* what the sender sees: Floo__MessageBody__Status */
  gboolean played;
  gboolean recalled;
  guint deliveries;           /* times that it was sent to a device */
  guint duplicates;           /* how often its client_mid was sent again */
} SbMessage;

/* A user's view of one conversation. */
typedef struct {
  gint64 conversation;
  GPtrArray *queue;           /* SbMessage, borrowed: all that is to be delivered */
  GPtrArray *history;         /* SbMessage, borrowed: only messages, without deleted ones */
  gint64 start;               /* a new device begins after this id, or before what is unread, */
  gint64 lost;                /* but after this one */
  gint64 read_upto;           /* messages of others up to here are read, */
  GHashTable *read;           /* these ids are, too, */
  GHashTable *unread;         /* and these are not */
} SbInbox;

/* How far a device is in one conversation. */
typedef struct {
  gint64 conversation;
  gint64 acked;               /* everything up to this id has arrived */
  gint64 sent;                /* sent on the present connection, up to this id */
  gint64 given;               /* the greatest @sent of any connection: the most that a key may acknowledge */
  gboolean last;              /* the page up to @sent was marked as the last: the next request acknowledges it */
  gboolean nameless;          /* pages were sent without xid: a request for the next ones cannot repeat it */
} SbPosition;

/* The answer that one client_mid got. */
typedef struct {
  gint64 client_mid;
  SbMessage *message;         /* (nullable): typing is not kept */
  gint64 server_mid;
  gint64 time;                /* ms */
  gint64 edit_timestamp;
} SbAck;

typedef struct {
  guint32 sn;
  char *guid;
  SbUser *user;               /* borrowed */
  int platform;               /* Floo__Provision__OsType */
  char *agent;
  char *token;                /* that it logged in with */
  char *push_token;
  GHashTable *positions;      /* conversation -> SbPosition */
  GHashTable *acks;           /* client_mid -> SbAck */
  SbConnection *connection;   /* (nullable), borrowed */
} SbDevice;

typedef enum { SB_FRIEND = 0, SB_DELETED = 1, SB_STRANGER = 2, SB_BLOCKED = 3 } SbRelation;

/* One user's data about another one. */
typedef struct {
  gint64 id;
  SbRelation relation;        /* never SB_BLOCKED: that is @blocked */
  gboolean blocked;
  gboolean muted;
  char *alias;
  char *ext;
} SbContact;

struct _SbUser {
  gint64 id;
  char *name;
  char *password;
  gboolean bot;
  gboolean frozen;            /* may not log in */
  gboolean banned;            /* may not send */
  gboolean removed;
  char *verified_mobile;      /* (nullable): the number that he was verified by */
  guint failures;             /* wrong passwords in a row */
  JsonObject *profile;        /* the record UserProfile */
  JsonObject *settings;       /* the record UserSettings */
  GHashTable *contacts;       /* id -> SbContact */
  GPtrArray *contact_order;   /* SbContact, borrowed, in the order of their addition */
  JsonArray *applications;    /* of RosterApplicationItem: who wants to be a friend */
  GPtrArray *devices;         /* SbDevice */
  GHashTable *inboxes;        /* conversation -> SbInbox */
  JsonArray *pins;            /* conversation ids */
};

typedef enum { SB_NO_MEMBER, SB_MEMBER, SB_ADMIN, SB_OWNER } SbRole;

typedef struct {
  gint64 id;
  SbRole role;
  char *display_name;
  gint64 join_time;           /* ms */
  gint64 ban_until;           /* ms; 0: not banned, -1: for ever */
  int mute_mode;
  int push_mode;
} SbMember;

typedef struct {
  gint64 id;
  JsonObject *info;           /* the record GroupInfoAndSettings, without a member's own settings */
  GHashTable *members;        /* id -> SbMember */
  GPtrArray *member_order;    /* SbMember, borrowed */
  JsonArray *blocked;         /* of GroupBlockedListItem */
  JsonArray *announcements;   /* of GroupAnnouncement, oldest first */
  JsonArray *files;           /* of GroupSharedFile */
  JsonArray *invitations;     /* of GroupInvitation */
  JsonArray *applications;    /* of GroupApplication */
  char *qr;                   /* (nullable): the code for joining */
  gint64 qr_expires;          /* ms */
} SbGroup;

typedef struct {
  GRand *rand;
  GHashTable *users;          /* id -> SbUser */
  GPtrArray *user_order;      /* SbUser, borrowed */
  GHashTable *groups;         /* id -> SbGroup */
  GHashTable *tokens;         /* token -> SbUser, borrowed */
  GPtrArray *messages;        /* SbMessage, in order of their ids */
  gint64 next_message;        /* the last id in use */
  gint64 next_user;
  gint64 next_group;
  gint64 next_record;         /* announcements, files */
  guint32 next_device;
  gint64 last_edit;           /* ms; edit_timestamps never repeat */
} SbState;

SbState *sb_state_new (guint32 seed);
void sb_state_free (SbState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SbState, sb_state_free)

/* The service's clock, ms: this machine's plus the skew (of all sandboxes of the process). */
gint64 sb_now (void);
void sb_set_clock_skew (gint64 ms);
/* Returns: (transfer full): 32 hexadecimal digits from the seed. */
char *sb_state_random_text (SbState *state);

SbUser *sb_state_add_user (SbState *state, gint64 id, const char *name, const char *password);
/* (nullable): removed users are not found. */
SbUser *sb_state_user (SbState *state, gint64 id);
SbUser *sb_state_user_by_name (SbState *state, const char *name);
SbUser *sb_state_user_by_mobile (SbState *state, const char *mobile);
SbUser *sb_state_user_by_token (SbState *state, const char *token);
/* Returns: (transfer none): a new token of @user. */
const char *sb_state_add_token (SbState *state, SbUser *user);
/* Voids a token, or, where @token is NULL, all of the user's. */
void sb_state_void_tokens (SbState *state, SbUser *user, const char *token);

SbContact *sb_user_contact (SbUser *user, gint64 id);                 /* (nullable) */
SbContact *sb_user_ensure_contact (SbUser *user, gint64 id);
gboolean sb_user_is_friend (SbUser *user, gint64 id);
SbDevice *sb_user_device_by_guid (SbUser *user, const char *guid);    /* (nullable) */
SbDevice *sb_user_device (SbUser *user, guint32 sn);                  /* (nullable) */
/* A new device begins at the position of the user's other devices, or before the unread messages; it gets all of conversations that begin later. */
SbDevice *sb_state_add_device (SbState *state, SbUser *user, const char *guid);
/* Forgets a device; its token becomes void with it. It must have no connection any more. */
void sb_state_remove_device (SbState *state, SbDevice *device);

SbGroup *sb_state_add_group (SbState *state, gint64 id, const char *name, gint64 owner);
SbGroup *sb_state_group (SbState *state, gint64 id);                  /* (nullable); destroyed ones are not found */
SbMember *sb_group_member (SbGroup *group, gint64 id);                /* (nullable) */
SbMember *sb_group_add_member (SbGroup *group, gint64 id, SbRole role, gint64 join_time);
void sb_group_remove_member (SbGroup *group, gint64 id);
gboolean sb_group_is_blocked (SbGroup *group, gint64 id);
/* Whether a ban with this end is still in force; -1 is for ever. */
gboolean sb_is_banned (gint64 until, gint64 now);

SbInbox *sb_user_inbox (SbUser *user, gint64 conversation);           /* made where there is none */
SbInbox *sb_user_find_inbox (SbUser *user, gint64 conversation);      /* (nullable) */
SbPosition *sb_device_position (SbDevice *device, gint64 conversation);

/* ns MESSAGE: a new message with empty content, not added yet. */
SbMessage *sb_message_new (gint64 from, gint64 to);
void sb_message_free (SbMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SbMessage, sb_message_free)
/* Whether it is a message that is stored: neither an operation nor a notice nor typing. */
gboolean sb_message_is_message (const SbMessage *message);
/**
 * sb_state_add_message:
 * @message: (transfer full): gets the next id, and now as timestamp where it has none
 */
SbMessage *sb_state_add_message (SbState *state, SbMessage *message);
SbMessage *sb_state_message (SbState *state, gint64 id);              /* (nullable) */
/* Adds a message of the state to a conversation of a user. */
void sb_inbox_add (SbInbox *inbox, SbMessage *message);
/* Removes it from the history, and with @queue from the undelivered messages. */
void sb_inbox_remove (SbInbox *inbox, gint64 id, gboolean queue);
/* Index of the first message of @list with an id greater than @id. */
guint sb_messages_after (GPtrArray *list, gint64 id);
/* Whether @list has the message @id. */
gboolean sb_messages_have (GPtrArray *list, gint64 id);
/* Whether a device is to get a message of its user's queue. */
gboolean sb_device_wants (const SbDevice *device, const SbMessage *message);
/* The read state of @message as @user sees it: Floo__MessageBody__Status. */
int sb_inbox_status (const SbInbox *inbox, const SbUser *user, const SbMessage *message);

/* The id of the first message of others that @user has not read; G_MAXINT64: he has read all. */
gint64 sb_inbox_first_unread (const SbInbox *inbox, const SbUser *user);

/* A set of ids, and a table by ids whose values own the key. */
GHashTable *sb_id_set_new (void);
void sb_id_set_add (GHashTable *set, gint64 id);
/* The index of @id in the array of ids, or -1. */
int sb_ids_find (JsonArray *ids, gint64 id);
/* The index of the element of an array of objects whose @member is @value, or -1. */
int sb_objects_find (JsonArray *objects, const char *member, gint64 value);
JsonObject *sb_objects_get (JsonArray *objects, const char *member, gint64 value);  /* (nullable) */

G_END_DECLS
