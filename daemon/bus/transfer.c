/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfer.c: im.floo.Daemon1.Transfer, an object each */
#include "bus/transfer.h"

#include "base/names.h"
#include "dbus-info.h"

/* PropertiesChanged at most five times a second. */
#define UPDATE_US (G_USEC_PER_SEC / 5)

typedef struct {
  guint64 id;
  GDBusObjectSkeleton *object;
  FlooBusInterface *interface;
  gint64 updated;         /* monotonic us */
  guint timer;
} Entry;

struct _FlooBusTransfers {
  FlooSession *session;
  GDBusObjectManagerServer *manager;
  GHashTable *entries;    /* guint64 -> Entry */
};

/* ---- the interface ---- */

static void
handle_cancel (const FlooBusCall *call)
{
  floo_session_cancel_transfer (call->session, call->object, floo_bus_reply, call->invocation);
}

static void
handle_open (const FlooBusCall *call)
{
  floo_session_open_transfer (call->session, call->object, floo_bus_reply_fd, call->invocation);
}

static const FlooBusMethod methods[] = {
  { "Cancel", handle_cancel },
  { "Open", handle_open },
};

const FlooBusTable floo_bus_transfer = {
  .info = &im_floo_daemon1_transfer_interface,
  .version = 1,
  .methods = methods,
  .n_methods = G_N_ELEMENTS (methods),
  .get_object_properties = floo_session_get_transfer,
};

/* ---- the objects ---- */

static char *
path_of (guint64 id)
{
  return g_strdup_printf (FLOO_TRANSFERS_PATH "/%" G_GUINT64_FORMAT, id);
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_clear_handle_id (&entry->timer, g_source_remove);
  g_object_unref (entry->object);
  g_object_unref (entry->interface);
  g_free (entry);
}

static void
update (Entry *entry)
{
  entry->updated = g_get_monotonic_time ();
  floo_bus_interface_update_properties (entry->interface);
}

static gboolean
on_timer (gpointer user_data)
{
  Entry *entry = user_data;

  entry->timer = 0;
  update (entry);
  return G_SOURCE_REMOVE;
}

static void
add (FlooBusTransfers *self, guint64 id)
{
  g_autofree char *path = path_of (id);
  Entry *entry = g_new0 (Entry, 1);

  entry->id = id;
  entry->object = g_dbus_object_skeleton_new (path);
  entry->interface = floo_bus_interface_new_for_object (&floo_bus_transfer, self->session, id);
  entry->updated = g_get_monotonic_time ();
  g_dbus_object_skeleton_add_interface (entry->object, G_DBUS_INTERFACE_SKELETON (entry->interface));
  g_hash_table_insert (self->entries, &entry->id, entry);
  g_dbus_object_manager_server_export (self->manager, entry->object);
}

static void
take_away (FlooBusTransfers *self, guint64 id)
{
  g_autofree char *path = path_of (id);

  if (g_hash_table_contains (self->entries, &id))
    g_dbus_object_manager_server_unexport (self->manager, path);
  g_hash_table_remove (self->entries, &id);
}

static void
on_changed (FlooSession *session, guint64 id, FlooBusTransfers *self)
{
  Entry *entry = g_hash_table_lookup (self->entries, &id);
  GVariant *present = floo_session_get_transfer (session, id);
  gint64 left;

  if (present != NULL)
    g_variant_unref (g_variant_ref_sink (present));
  if (present == NULL)
    take_away (self, id);
  else if (entry == NULL)
    add (self, id);
  else if (entry->timer == 0)
    {
      left = entry->updated + UPDATE_US - g_get_monotonic_time ();
      if (left <= 0)
        update (entry);
      else
        entry->timer = g_timeout_add ((guint) (left / 1000) + 1, on_timer, entry);
    }
}

FlooBusTransfers *
floo_bus_transfers_new (FlooSession *session, GDBusObjectManagerServer *manager)
{
  FlooBusTransfers *self = g_new0 (FlooBusTransfers, 1);

  self->session = g_object_ref (session);
  self->manager = g_object_ref (manager);
  self->entries = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, entry_free);
  g_signal_connect (session, "transfer-changed", G_CALLBACK (on_changed), self);
  return self;
}

void
floo_bus_transfers_free (FlooBusTransfers *self)
{
  g_signal_handlers_disconnect_by_data (self->session, self);
  g_hash_table_unref (self->entries);
  g_object_unref (self->manager);
  g_object_unref (self->session);
  g_free (self);
}
