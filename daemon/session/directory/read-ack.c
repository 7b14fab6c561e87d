/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * read-ack.c: groups whose members acknowledge reading: a message to them lists all other members in its config.
 *
 * So the settings of every joined group, and the members of those with read_ack, are fetched once, in the background, one request a second;
 * and at once if a message to such a group is about to be sent, which waits a moment for them. Later changes arrive as notices; a group that
 * turns it on later is found when its details change.
 */
#include "session/directory/read-ack.h"

#include "base/names.h"
#include "session/apply/audience.h"
#include "session/job/job.h"
#include "session/job/pace.h"
#include "session/job/pages.h"
#include "store/tables/contacts.h"
#include "store/tables/lists.h"

#define MEMBERS_PAGE 500u
#define MEMBERS_LIMIT_MS 120000          /* for all pages of a group */

struct _FlooReadAck {
  FlooAccount *account;
  FlooDirectory *directory;     /* our owner */
  FlooOperations *operations;
  const FlooDirectoryListener *listener;
  gpointer data;
  GHashTable *skipped;          /* groups whose requests the service refused, until the next connection */
  gint64 awaited;               /* the group that messages wait for; 0: none */
  FlooPace pace;
};

static void find_step (gpointer data);

/* @known: FALSE: the service refused */
static void
settled (FlooReadAck *self, gint64 group, gboolean known)
{
  if (self->awaited == group)
    self->awaited = 0;
  self->listener->members_settled (group, known, self->data);
}

void
floo_read_ack_await (FlooReadAck *self, gint64 group)
{
  if (g_hash_table_contains (self->skipped, &group))
    {
      settled (self, group, FALSE);
      return;
    }
  self->awaited = group;
  floo_pace_want_now (&self->pace);
}

FlooReadAck *
floo_read_ack_new (FlooAccount *account, FlooDirectory *directory, FlooOperations *operations, const FlooDirectoryListener *listener,
                   gpointer data)
{
  FlooReadAck *self = g_new0 (FlooReadAck, 1);

  self->account = account;
  self->directory = directory;
  self->operations = operations;
  self->listener = listener;
  self->data = data;
  floo_pace_init (&self->pace, account, find_step, self);
  self->skipped = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return self;
}

void
floo_read_ack_offline (FlooReadAck *self)
{
  floo_pace_stop (&self->pace);
  g_hash_table_remove_all (self->skipped);
  self->awaited = 0;
}

void
floo_read_ack_free (FlooReadAck *self)
{
  floo_read_ack_offline (self);
  g_hash_table_unref (self->skipped);
  g_free (self);
}

/* ---- fetching ---- */

/* The next request; 0: nothing is missing. */
typedef struct {
  FlooReadAck *read_ack;
  gint64 awaited;               /* the group that messages wait for; 0: none */
  gboolean is_settled;          /* nothing is missing of that one */
  gint64 settings_of;
  gint64 members_of;
  char *cursor;
  FlooPages pages;              /* of the members */
  GArray *skipped;              /* gint64: as it was when the step began */
} Step;

static void
step_free (gpointer data)
{
  Step *step = data;

  floo_pages_clear (&step->pages);
  g_free (step->cursor);
  g_array_unref (step->skipped);
  floo_account_unref (step->read_ack->account);
  g_free (step);
}

static gboolean
is_skipped (const Step *step, gint64 group)
{
  for (guint i = 0; i < step->skipped->len; i++)
    if (g_array_index (step->skipped, gint64, i) == group)
      return TRUE;
  return FALSE;
}

/* The request that is needed for @group, if any. */
static gboolean
look_at_group (FlooDb *db, Step *step, gint64 group, GError **error)
{
  FlooAudience audience;

  if (group == 0 || is_skipped (step, group))
    return TRUE;
  if (!floo_audience_get (db, group, &audience, error))
    return FALSE;
  if (audience == FLOO_AUDIENCE_NO_SETTINGS)
    step->settings_of = group;
  else if (audience == FLOO_AUDIENCE_NO_MEMBERS)
    step->members_of = group;
  return TRUE;
}

static gboolean
run_find_step (FlooDb *db, gpointer data, GError **error)
{
  Step *step = data;
  g_autoptr (GVariant) groups = floo_contacts_list (db, FLOO_CONTACT_GROUP, error);
  const gint64 *ids;
  gsize n;

  if (groups == NULL)
    return FALSE;
  g_variant_ref_sink (groups);
  ids = g_variant_get_fixed_array (groups, &n, sizeof *ids);
  if (!look_at_group (db, step, step->awaited, error))
    return FALSE;
  step->is_settled = step->settings_of == 0 && step->members_of == 0;
  for (gsize i = 0; i < n && step->settings_of == 0 && step->members_of == 0; i++)
    if (!look_at_group (db, step, ids[i], error))
      return FALSE;
  return TRUE;
}

/* The request of a step has ended: the next one follows in a second, or at once while messages wait. */
static void
step_over (Step *step, const GError *error)
{
  FlooReadAck *self = step->read_ack;
  gint64 group = step->settings_of != 0 ? step->settings_of : step->members_of;

  if (error != NULL)
    g_hash_table_add (self->skipped, g_memdup2 (&group, sizeof group));
  if (error != NULL || step->members_of != 0)
    settled (self, group, error == NULL);
  if (self->awaited != 0)
    floo_pace_want_now (&self->pace);
  floo_pace_done (&self->pace);
  step_free (step);
}

static void
on_settings (GVariant *result, const GError *error, gpointer user_data)
{
  if (result != NULL)
    g_variant_unref (g_variant_ref_sink (result));
  step_over (user_data, error);
}

static void ask_members (gpointer user_data);

static void
on_members (GVariant *result, const GError *error, gpointer user_data)
{
  Step *step = user_data;
  g_autoptr (GVariant) page = result != NULL ? g_variant_ref_sink (result) : NULL;
  g_autoptr (GVariant) members = page != NULL ? g_variant_get_child_value (page, 0) : NULL;
  g_autoptr (GError) endless = NULL;

  if (error != NULL)
    {
      step_over (step, error);
      return;
    }
  g_clear_pointer (&step->cursor, g_free);
  g_variant_get_child (page, 1, "s", &step->cursor);
  if (*step->cursor == '\0')
    {
      step_over (step, NULL);
      return;
    }
  if (floo_pages_next (&step->pages, step->cursor, g_variant_get_data (members), g_variant_get_size (members),
                       g_variant_n_children (members))
      == FLOO_PAGES_MORE)
    {
      floo_pages_continue (&step->pages, ask_members, step);
      return;
    }
  /* The list is incomplete, and a repeated request would not complete it. */
  g_warning ("the list of members of %" G_GINT64_FORMAT " does not end", step->members_of);
  endless = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the list of members does not end");
  step_over (step, endless);
}

static void
ask_members (gpointer user_data)
{
  Step *step = user_data;

  floo_operations_list_members (step->read_ack->operations, step->members_of, step->cursor, MEMBERS_PAGE, on_members, step);
}

static void
on_step_found (FlooStore *store, gpointer data, const GError *error)
{
  Step *step = data;
  FlooReadAck *self = step->read_ack;

  if (step->awaited != 0 && (error != NULL || step->is_settled))
    settled (self, step->awaited, error == NULL);
  if (error != NULL)
    {
      step_free (step);
      floo_pace_failed (&self->pace);
    }
  else if (!floo_account_is_online (self->account) || (step->settings_of == 0 && step->members_of == 0))
    {
      step_free (step);
      floo_pace_idle (&self->pace);
    }
  else if (step->settings_of != 0)
    floo_directory_get_group (self->directory, step->settings_of, TRUE, on_settings, step);
  else
    ask_members (step);
}

void
floo_read_ack_run (FlooReadAck *self)
{
  floo_pace_want (&self->pace);
}

static void
find_step (gpointer data)
{
  FlooReadAck *self = data;
  Step *step;
  GHashTableIter iter;
  gpointer key;

  step = g_new0 (Step, 1);
  floo_account_ref (self->account);
  step->read_ack = self;
  step->awaited = self->awaited;
  step->skipped = g_array_new (FALSE, FALSE, sizeof (gint64));
  floo_pages_init (&step->pages, MEMBERS_LIMIT_MS);
  g_hash_table_iter_init (&iter, self->skipped);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_array_append_vals (step->skipped, key, 1);
  floo_job_read (self->account, run_find_step, on_step_found, step, NULL);
}
