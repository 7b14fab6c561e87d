/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * interface.h: one exported D-Bus interface, driven by a table.
 *
 * GDBus has already checked a call's arguments against the introspection data. The table has further checks, and the function of the session
 * that answers. The introspection data is generated; unit tests compare the tables with it.
 */
#pragma once

#include <gio/gio.h>

#include "bus/options.h"
#include "session/session.h"

G_BEGIN_DECLS

typedef struct _FlooBusMethod FlooBusMethod;

/**
 * FlooBusCall:
 * @args: the arguments, a tuple
 * @options: of a method with options; else empty
 * @object: of an interface of many objects: which one
 * @invocation: (transfer full): to be passed to floo_bus_reply() with the answer
 *
 * One call. It is valid until the handler returns, including its texts.
 */
typedef struct {
  const FlooBusMethod *method;
  FlooSession *session;
  GVariant *args;
  const FlooOptions *options;
  guint64 object;
  GDBusMethodInvocation *invocation;
} FlooBusCall;

/* Must call floo_bus_reply() once with call->invocation, now or later. */
typedef void (*FlooBusHandler) (const FlooBusCall *call);

/**
 * FlooBusMethod:
 * @handler: (nullable): NULL: the method is one of the session's table of operations
 * @options: (nullable): rows of the last argument, "options"
 */
struct _FlooBusMethod {
  const char *name;
  FlooBusHandler handler;
  const FlooOption *options;
};

/**
 * FlooBusBound:
 * @arg: name of an argument, of whatever method of the interface; an integer or an array of integers
 * @min:
 * @max: of each, both included
 * @max_n: most elements of an array
 */
typedef struct {
  const char *arg;
  gint64 min;
  gint64 max;
  guint max_n;
} FlooBusBound;

/**
 * FlooBusTable:
 * @methods: those with a handler or with options; all others of the introspection are operations of the session's table
 * @bounds: (nullable): ends with a row whose arg is NULL
 * @describe_properties: (nullable): adds all properties but Version
 * @get_object_properties: (nullable): the same of an interface of many objects, as a floating a{sv}; NULL: the object is gone
 */
typedef struct {
  const GDBusInterfaceInfo *info;
  guint32 version;
  const FlooBusMethod *methods;
  guint n_methods;
  const FlooBusBound *bounds;
  void (*describe_properties) (FlooSession *session, GVariantDict *properties);
  GVariant *(*get_object_properties) (FlooSession *session, guint64 object);
} FlooBusTable;

/* One file each; the array ends with NULL. */
extern const FlooBusTable floo_bus_account, floo_bus_conversations, floo_bus_events, floo_bus_files, floo_bus_groups, floo_bus_roster;
extern const FlooBusTable *const floo_bus_tables[];

/**
 * floo_bus_reply:
 * @invocation: (transfer full): a GDBusMethodInvocation
 *
 * A FlooReply that answers a call. Errors are normalised with floo_error_normalise().
 */
void floo_bus_reply (GVariant *result, const GError *error, gpointer invocation);

/**
 * floo_bus_begin_call:
 *
 * Counts a call as under way, in calls.c: it is answered with Timeout if there is no answer in time; a later one is dropped.
 *
 * Returns: FALSE with FLOO_ERROR_RATE_LIMITED where too much is under way already, by this client or in all
 */
gboolean floo_bus_begin_call (GDBusMethodInvocation *invocation, GError **error);
/* A call is about to be answered. Returns: FALSE: it is too late, and @invocation is released */
gboolean floo_bus_end_call (GDBusMethodInvocation *invocation);

/* Counts the bytes of a reply as outgoing (bus.h); in bus.c. */
void floo_bus_count_reply (GDBusConnection *connection, gsize bytes);

/**
 * floo_bus_call_take_fd:
 * @at: which argument, of type h
 *
 * Returns: (transfer full): the descriptor that the caller passed; -1: there is none, and the call is answered with InvalidArguments
 */
int floo_bus_call_take_fd (const FlooBusCall *call, guint at);

/* A FlooFdReply: answers a call whose result is one descriptor. */
void floo_bus_reply_fd (int fd, const GError *error, gpointer invocation);

#define FLOO_TYPE_BUS_INTERFACE (floo_bus_interface_get_type ())
G_DECLARE_FINAL_TYPE (FlooBusInterface, floo_bus_interface, FLOO, BUS_INTERFACE, GDBusInterfaceSkeleton)

/* @table: must never be freed */
FlooBusInterface *floo_bus_interface_new (const FlooBusTable *table, FlooSession *session);
/* One of many objects with this interface. */
FlooBusInterface *floo_bus_interface_new_for_object (const FlooBusTable *table, FlooSession *session, guint64 object);

/* Emits PropertiesChanged with the properties that changed since the last time (or the creation). */
void floo_bus_interface_update_properties (FlooBusInterface *self);

G_END_DECLS
