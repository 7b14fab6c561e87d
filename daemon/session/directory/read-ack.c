/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * read-ack.c: groups whose members acknowledge reading: a message there names all other members in its config.
 *
 * So the settings of every joined group, and the members of those with read_ack, are fetched once, in the background, one request a second;
 * and at once where somebody sends to such a group, whose message waits for them a moment. What changes later comes by notices; a group
 * where it is turned on meanwhile is found when its details change.
 */
#include "session/directory/read-ack.h"

#include <string.h>

#include "base/json.h"
#include "base/names.h"
#include "base/record.h"
#include "session/job/job.h"
#include "session/job/pages.h"
#include "store/tables/contacts.h"
#include "store/tables/lists.h"

#define STEP_MS 1000
#define MEMBERS_PAGE 500u
#define MEMBERS_LIMIT_MS 120000          /* for all pages of a group */
#define WAIT_MS 5000                     /* the longest that a message waits */

struct _FlooReadAck {
  FlooAccount *account;
  FlooDirectory *directory;     /* our owner */
  FlooOperations *operations;
  GHashTable *skipped;          /* groups that the service would not tell of; until the next connection */
  gboolean busy;
  gboolean again;               /* something changed while it was busy */
  guint timer;
  GHashTable *lines;            /* gint64 group -> Line; only those with a place in them */
};

/* The messages to one group that are not in the outbox yet, in the order in which they were accepted. */
typedef struct {
  gint64 group;
  GQueue places;                /* FlooReadAckPlace */
  guint n_waiting;              /* those that are not being looked at */
} Line;

struct _FlooReadAckPlace {
  FlooReadAck *read_ack;
  Line *line;
  gboolean is_checked;          /* the members are missing: it waits. Else the store is still looking */
  gboolean is_released;         /* goes on as soon as those before it have gone */
  GSourceOnceFunc resume;
  gpointer data;
  guint timer;
};

static void
line_free (gpointer data)
{
  Line *line = data;

  g_assert (g_queue_is_empty (&line->places));
  g_free (line);
}

/* Those at the front of @line that may go on do; it is gone where it was their last. */
static void
flush (FlooReadAck *self, Line *line)
{
  GQueue ready = G_QUEUE_INIT;
  FlooReadAckPlace *place;

  while ((place = g_queue_peek_head (&line->places)) != NULL && place->is_checked && place->is_released)
    {
      g_queue_push_tail_link (&ready, g_queue_pop_head_link (&line->places));
      line->n_waiting--;
    }
  if (g_queue_is_empty (&line->places))
    g_hash_table_remove (self->lines, &line->group);
  while ((place = g_queue_pop_head (&ready)) != NULL)
    {
      g_clear_handle_id (&place->timer, g_source_remove);
      place->resume (place->data);
      g_free (place);
    }
}

static void
release (FlooReadAck *self, Line *line)
{
  for (GList *l = line->places.head; l != NULL; l = l->next)
    ((FlooReadAckPlace *) l->data)->is_released = TRUE;
  flush (self, line);
}

/* Messages to @group (0: to all) wait no longer. */
static void
resume (FlooReadAck *self, gint64 group)
{
  g_autoptr (GList) lines = NULL;
  Line *line;

  if (group == 0)
    {
      lines = g_hash_table_get_values (self->lines);
      for (GList *l = lines; l != NULL; l = l->next)
        release (self, l->data);
    }
  else if ((line = g_hash_table_lookup (self->lines, &group)) != NULL)
    release (self, line);
}

/* The first one's time is the first to be over; those behind it go on with it. */
static gboolean
on_waited (gpointer user_data)
{
  FlooReadAckPlace *place = user_data;

  place->timer = 0;
  release (place->read_ack, place->line);
  return G_SOURCE_REMOVE;
}

static gboolean
can_fetch (FlooReadAck *self, gint64 group)
{
  return floo_account_is_online (self->account) && !g_hash_table_contains (self->skipped, &group);
}

/* A group whose messages wait for its members; 0: none */
static gint64
get_awaited (FlooReadAck *self)
{
  GHashTableIter iter;
  gpointer line;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &line))
    if (((Line *) line)->n_waiting > 0)
      return ((Line *) line)->group;
  return 0;
}

static void
start_waiting (FlooReadAckPlace *place)
{
  FlooReadAck *self = place->read_ack;

  place->is_checked = TRUE;
  place->line->n_waiting++;
  if (place->is_released)
    return;
  place->timer = g_timeout_add (WAIT_MS, on_waited, place);
  g_clear_handle_id (&self->timer, g_source_remove);
  floo_read_ack_run (self);
}

gboolean
floo_read_ack_begin (FlooReadAck *self, gint64 group, GSourceOnceFunc func, gpointer data, FlooReadAckPlace **place)
{
  Line *line = g_hash_table_lookup (self->lines, &group);
  FlooReadAckPlace *last;
  gboolean must_wait = line != NULL && line->n_waiting > 0;

  *place = NULL;
  if (line == NULL && !can_fetch (self, group))
    return TRUE;
  if (line == NULL)
    {
      line = g_new0 (Line, 1);
      line->group = group;
      g_hash_table_insert (self->lines, &line->group, line);
    }
  last = g_queue_peek_tail (&line->places);
  *place = g_new0 (FlooReadAckPlace, 1);
  (*place)->read_ack = self;
  (*place)->line = line;
  (*place)->is_released = !can_fetch (self, group) || (must_wait && last->is_released);
  (*place)->resume = func;
  (*place)->data = data;
  g_queue_push_tail (&line->places, *place);
  if (must_wait)
    start_waiting (*place);
  return !must_wait;
}

void
floo_read_ack_end (FlooReadAck *self, FlooReadAckPlace *place, gboolean missing)
{
  Line *line = place->line;

  if (missing)
    {
      place->is_released |= !can_fetch (self, line->group);
      start_waiting (place);
    }
  else
    {
      g_queue_remove (&line->places, place);
      g_free (place);
    }
  flush (self, line);
}

FlooReadAck *
floo_read_ack_new (FlooAccount *account, FlooDirectory *directory, FlooOperations *operations)
{
  FlooReadAck *self = g_new0 (FlooReadAck, 1);

  self->account = account;
  self->directory = directory;
  self->operations = operations;
  self->skipped = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->lines = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, line_free);
  return self;
}

void
floo_read_ack_offline (FlooReadAck *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  g_hash_table_remove_all (self->skipped);
  resume (self, 0);
}

void
floo_read_ack_free (FlooReadAck *self)
{
  floo_read_ack_offline (self);
  g_hash_table_unref (self->lines);
  g_hash_table_unref (self->skipped);
  g_free (self);
}

/* ---- sending ---- */

/* Whether the group's details say read_ack; @known: they are there with all settings. */
static gboolean
get_read_ack (FlooDb *db, gint64 group, gboolean *known, gboolean *read_ack, GError **error)
{
  g_autoptr (GVariant) items = NULL;
  gint64 owner;

  *known = *read_ack = FALSE;
  items = floo_contacts_get (db, FLOO_CONTACT_GROUP, &floo_record_group_info, &group, 1, NULL, error);
  if (items == NULL)
    return FALSE;
  g_variant_ref_sink (items);
  if (g_variant_n_children (items) > 0)
    {
      g_autoptr (GVariant) details = g_variant_get_child_value (items, 0);

      *known = g_variant_lookup (details, "owner_id", "x", &owner);
      (void) g_variant_lookup (details, "read_ack", "b", read_ack);
    }
  return TRUE;
}

/* All members but ourselves, as a member of the JSON object @config (nullable). */
static char *
merge_members (const char *config, GVariant *ids, gint64 self_id)
{
  g_autoptr (JsonNode) node = config != NULL && *config != '\0' ? floo_json_parse (config, strlen (config), NULL) : NULL;
  JsonArray *members = json_array_new ();
  JsonObject *object = node != NULL ? floo_json_node_object (node) : NULL;
  const gint64 *values;
  gsize n;

  if (object == NULL)
    {
      g_clear_pointer (&node, json_node_unref);
      node = json_node_new (JSON_NODE_OBJECT);
      object = json_object_new ();
      json_node_take_object (node, object);
    }
  values = g_variant_get_fixed_array (ids, &n, sizeof *values);
  for (gsize i = 0; i < n; i++)
    if (values[i] != self_id)
      json_array_add_int_element (members, values[i]);
  json_object_set_array_member (object, "groupMemberList", members);
  return floo_json_to_text (node);
}

gboolean
floo_read_ack_add_members (FlooDb *db, gint64 group, const char *config, char **merged, gboolean *missing, GError **error)
{
  gboolean known, read_ack, complete;
  g_autoptr (GVariant) ids = NULL;
  guint n;

  *merged = NULL;
  if (missing != NULL)
    *missing = FALSE;
  if (!get_read_ack (db, group, &known, &read_ack, error))
    return FALSE;
  if (!read_ack || (config != NULL && strstr (config, "\"groupMemberList\"") != NULL))
    return TRUE;
  if (!floo_lists_get_state (db, FLOO_LIST_MEMBERS, group, &complete, &n, error))
    return FALSE;
  /* Half of the members would be worse than none: the others' reading would never be told. */
  if (!complete)
    {
      if (missing != NULL)
        *missing = TRUE;
      return TRUE;
    }
  ids = floo_lists_get_ids (db, FLOO_LIST_MEMBERS, group, error);
  if (ids == NULL)
    return FALSE;
  g_variant_ref_sink (ids);
  *merged = merge_members (config, ids, floo_db_get_user_id (db));
  return TRUE;
}

/* ---- fetching ---- */

/* What the next request is for; 0: nothing of the kind is missing. */
typedef struct {
  FlooReadAck *read_ack;
  gint64 awaited;               /* the group that a message waits for; 0: none */
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

/* What is to be asked about @group, if anything. */
static gboolean
look_at_group (FlooDb *db, Step *step, gint64 group, GError **error)
{
  gboolean known, read_ack, complete;
  guint count;

  if (group == 0 || is_skipped (step, group))
    return TRUE;
  if (!get_read_ack (db, group, &known, &read_ack, error))
    return FALSE;
  if (!known)
    {
      step->settings_of = group;
      return TRUE;
    }
  if (!read_ack)
    return TRUE;
  if (!floo_lists_get_state (db, FLOO_LIST_MEMBERS, group, &complete, &count, error))
    return FALSE;
  step->members_of = complete ? 0 : group;
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
  for (gsize i = 0; i < n && step->settings_of == 0 && step->members_of == 0; i++)
    if (!look_at_group (db, step, ids[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
on_timer (gpointer user_data)
{
  FlooReadAck *self = user_data;

  self->timer = 0;
  floo_read_ack_run (self);
  return G_SOURCE_REMOVE;
}

/* The request of a step is over: the next one in a second. */
static void
step_over (Step *step, const GError *error)
{
  FlooReadAck *self = step->read_ack;
  gint64 group = step->settings_of != 0 ? step->settings_of : step->members_of;

  self->busy = FALSE;
  if (error != NULL)
    g_hash_table_add (self->skipped, g_memdup2 (&group, sizeof group));
  if (error != NULL || step->members_of != 0)
    resume (self, group);
  if (self->timer == 0 && floo_account_is_online (self->account))
    self->timer = g_timeout_add (get_awaited (self) != 0 ? 0 : STEP_MS, on_timer, self);
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
  /* The store does not know all members, and asking again would not tell it. */
  g_warning ("the list of members of %" G_GINT64_FORMAT " does not end", step->members_of);
  endless = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the list of members does not end");
  step_over (step, endless);
}

static void
ask_members (gpointer user_data)
{
  Step *step = user_data;
  g_autoptr (GVariant) args = g_variant_ref_sink (g_variant_new ("(xsu)", step->members_of, step->cursor != NULL ? step->cursor : "",
                                                                 MEMBERS_PAGE));

  floo_operations_call (step->read_ack->operations, FLOO_IFACE_GROUPS, "ListMembers", args, on_members, step);
}

static void
on_step_found (FlooStore *store, gpointer data, const GError *error)
{
  Step *step = data;
  FlooReadAck *self = step->read_ack;

  if (error != NULL || !floo_account_is_online (self->account) || (step->settings_of == 0 && step->members_of == 0))
    {
      self->busy = FALSE;
      /* All is known that can be. */
      resume (self, 0);
      step_free (step);
      if (self->again && error == NULL)
        floo_read_ack_run (self);
    }
  else if (step->settings_of != 0)
    floo_directory_get_group (self->directory, step->settings_of, TRUE, on_settings, step);
  else
    ask_members (step);
}

void
floo_read_ack_run (FlooReadAck *self)
{
  Step *step;
  GHashTableIter iter;
  gpointer key;

  if (self->busy)
    self->again = TRUE;
  if (self->busy || self->timer != 0 || !floo_account_is_online (self->account))
    return;
  self->busy = TRUE;
  self->again = FALSE;
  step = g_new0 (Step, 1);
  floo_account_ref (self->account);
  step->read_ack = self;
  step->awaited = get_awaited (self);
  step->skipped = g_array_new (FALSE, FALSE, sizeof (gint64));
  floo_pages_init (&step->pages, MEMBERS_LIMIT_MS);
  g_hash_table_iter_init (&iter, self->skipped);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_array_append_vals (step->skipped, key, 1);
  floo_job_read (self->account, run_find_step, on_step_found, step, NULL);
}
