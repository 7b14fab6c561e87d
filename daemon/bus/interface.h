/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * interface.h: one exported D-Bus interface, driven by a table.
 *
 * GDBus has checked a call's arguments against the introspection before it comes here. The table says what else is checked, and which
 * function of the session answers. The introspection data is the generated one; unit tests hold the tables against it.
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
 * @invocation: (transfer full): goes to floo_bus_reply() with the answer
 *
 * One call. It is good until the handler returns, texts in it included.
 */
typedef struct {
  const FlooBusMethod *method;
  FlooSession *session;
  GVariant *args;
  const FlooOptions *options;
  guint64 object;
  GDBusMethodInvocation *invocation;
} FlooBusCall;

/* Must see to it that floo_bus_reply() is called once with call->invocation, now or later. */
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
 * The border: a FlooReply that answers a call, at once. Whatever error comes from inside leaves under one of our names.
 */
void floo_bus_reply (GVariant *result, const GError *error, gpointer invocation);

/**
 * floo_bus_begin_call:
 *
 * Counts a call as under way, in calls.c: it is answered with Timeout where nobody answers it in time; what comes later is dropped.
 *
 * Returns: FALSE with FLOO_ERROR_RATE_LIMITED where too much is under way already, by this client or in all
 */
gboolean floo_bus_begin_call (GDBusMethodInvocation *invocation, GError **error);
/* An answer is there. Returns: FALSE: it is too late: @invocation is released */
gboolean floo_bus_end_call (GDBusMethodInvocation *invocation);

/* Adds a reply to what is on its way out of the daemon (bus.h); in bus.c. */
void floo_bus_count_reply (GDBusConnection *connection, gsize bytes);

/**
 * floo_bus_call_take_fd:
 * @at: which argument, of type h
 *
 * Returns: (transfer full): the descriptor that the caller handed over; -1: there is none, and the call is answered with InvalidArguments
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

/* Emits PropertiesChanged with the properties that are not what they were at the last time (or at the creation). */
void floo_bus_interface_update_properties (FlooBusInterface *self);

G_END_DECLS
