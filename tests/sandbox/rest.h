/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rest.h: REST operations: one table row each, checked before its handler runs.
 */
#pragma once

#include "sandbox.h"

G_BEGIN_DECLS

/* Envelope codes. Those below 1000 are for errors that no client of the SDK makes, and for which the service's list has no code. */
enum {
  SB_OK = 200,
  SB_BAD_REQUEST = 400,
  SB_VOID_TOKEN = 402,
  SB_NOT_FOUND = 404,
  SB_NO_USER = 10000,
  SB_WRONG_CODE = 10001,
  SB_BAD_NAME = 10002,
  SB_BAD_PARAMETER = 10002,
  SB_NO_TOKEN = 10003,
  SB_NAME_TAKEN = 10004,
  SB_ALREADY_FRIENDS = 10005,
  SB_USER_BLOCKED = 10006,
  SB_NO_APPLICATION = 10007,
  SB_NO_PERMISSION = 10010,
  SB_NO_APPLICATIONS = 10012,
  SB_TOO_MANY_FAILURES = 10028,
  SB_WRONG_PASSWORD = 11001,
  SB_MOBILE_TAKEN = 11012,
  SB_WRONG_CAPTCHA = 11014,
  SB_VERIFIED_TOO_MANY = 11031,
  SB_NO_GROUP = 20001,
  SB_OWNER_STAYS = 20004,
  SB_NEW_OWNER_NO_MEMBER = 20005,
  SB_GROUP_FULL = 20010,
  SB_NEEDS_MEMBER = 20011,
  SB_NEEDS_ADMIN = 20012,
  SB_NEEDS_OWNER = 20013,
  SB_APPLICATION_OVER = 20014,
  SB_INVITATION_OVER = 20015,
  SB_ALREADY_MEMBER = 20017,
  SB_GROUP_BLOCKED = 20018,
  SB_NO_ANNOUNCEMENT = 20020,
  SB_NO_FILE = 20022,
  SB_FILE_FORBIDDEN = 20023,
  SB_QR_INVALID = 20024,
  SB_QR_EXPIRED = 20025,
  SB_NO_APP = 40000,
  SB_NO_REGISTRATION = 40001,
};

typedef enum { SB_END_OF_PARAMS, SB_INT32, SB_INT64, SB_BOOL, SB_STRING, SB_IDS } SbType;
typedef enum { SB_QUERY, SB_BODY } SbPlace;

typedef struct {
  const char *name;
  SbType type;
  SbPlace place;
  gboolean required;
} SbParam;

/* Who may call. The group is the parameter group_id. */
typedef enum {
  SB_ANYBODY,         /* no token */
  SB_OPEN,            /* anybody; a token is allowed, as the SDK sends one after a login */
  SB_USER,
  SB_GROUP_MEMBER,
  SB_GROUP_ADMIN,     /* the owner, too */
  SB_GROUP_OWNER,
  SB_GROUP_ANY        /* a group that exists, whoever calls */
} SbAccess;

#define SB_MAX_PARAMS 20

typedef struct _SbCall SbCall;

typedef struct {
  const char *method;
  const char *path;
  SbAccess access;
  void (*handle) (SbCall *call);
  SbParam params[SB_MAX_PARAMS];    /* up to SB_END_OF_PARAMS */
} SbOperation;

/* operations.c; ends with a row without path. */
extern const SbOperation sb_operations[];

/**
 * SbCall:
 *
 * One call. A handler finds the checked arguments in @args, by their names and in their types, wherever they were in the request,
 * and answers with one of the functions below.
 */
struct _SbCall {
  Sandbox *sandbox;
  const SbOperation *operation;
  JsonObject *args;
  guint given;          /* a bit for each of the operation's parameters, set if it is given */
  SbUser *user;         /* who calls; NULL for SB_ANYBODY, (nullable) for SB_OPEN */
  SbGroup *group;       /* SB_GROUP_*: the group */
  SbMember *member;     /* the caller's place in it, (nullable) for SB_GROUP_ANY */
  int code;
  char *message;
  JsonNode *data;
  char *cursor;
  gint64 total;         /* -1: not in the envelope */
  gboolean ordered;     /* by the control endpoint: errors in it are no violations of a client */
};

/* Arguments that are missing give 0, FALSE, NULL. */
gboolean sb_call_has (SbCall *call, const char *name);
gint64 sb_call_int (SbCall *call, const char *name);
gboolean sb_call_bool (SbCall *call, const char *name);
const char *sb_call_text (SbCall *call, const char *name);
JsonArray *sb_call_ids (SbCall *call, const char *name);
/* The user that an id argument names; NULL: the call is answered with SB_NO_USER. */
SbUser *sb_call_user (SbCall *call, const char *name);

/* Answers. If a handler calls none of these the answer is data true. */
void sb_call_fail (SbCall *call, int code, const char *format, ...) G_GNUC_PRINTF (3, 4);
/* (transfer full) */
void sb_call_node (SbCall *call, JsonNode *data);
void sb_call_object (SbCall *call, JsonObject *object);
void sb_call_array (SbCall *call, JsonArray *array);
/**
 * sb_call_page:
 * @all: (transfer full): the whole list
 *
 * Answers with the page that the arguments cursor and limit ask for; the cursor is the index of the next element.
 */
void sb_call_page (SbCall *call, JsonArray *all);

/* Copies the arguments named as members of @object have the name into it; the names are those of @only, ended by NULL. */
void sb_call_merge (SbCall *call, JsonObject *object, const char *const *only);
/* Copies members from one object to another; @names ends with NULL. */
void sb_copy_members (JsonObject *to, JsonObject *from, const char *const *names);
JsonObject *sb_object_copy (JsonObject *object);
JsonArray *sb_array_copy (JsonArray *array);

/* Whether a fault has answered (or delayed) a request in place of its handler. */
gboolean sb_rest_misbehave (Sandbox *sandbox, SoupServerMessage *msg, const char *path);
/* Sends the answers that faults have delayed. */
void sb_rest_release (Sandbox *sandbox);

/**
 * sb_rest_call:
 * @arguments: by name, whether they belong in the query or in the body
 *
 * Runs an operation as if @user had called it from another device.
 *
 * Returns: (transfer full) (nullable): the envelope; NULL where there is no such operation
 */
JsonObject *sb_rest_call (Sandbox *sandbox, SbUser *user, const char *method, const char *path, JsonObject *arguments);

/* Answers one request, whatever it is. */
void sb_rest_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *path);

G_END_DECLS
