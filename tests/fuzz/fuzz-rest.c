/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the service answers to each REST operation: the envelope, its records, and their effect on a store. The first byte says which
 * operation, the second which arguments, the rest is the HTTP body.
 *
 * Nothing is committed, so that each input finds the same store.
 */
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/store-fixture.h"
#include "base/json.h"
#include "bus/interface.h"
#include "fuzz.h"
#include "net/http/envelope.h"
#include "session/operations/table.h"

static Fixture fixture;

typedef struct {
  FlooOperationCall op;
  GError *error; /* of the effect */
  gboolean done;
} Job;

static void
clean_up (void)
{
  fixture_tear_down (&fixture, NULL);
}

/* Adds friends, groups and members for the operations. */
static gboolean
run_seed (FlooDb *db, gpointer data, GError **error)
{
  static const gint64 users[] = { 1001, 1002, 1003 }, groups[] = { 2001, 2002 };
  gboolean changed;

  return floo_contacts_set_list (db, FLOO_CONTACT_USER, users, G_N_ELEMENTS (users), &changed, error)
         && floo_contacts_set_list (db, FLOO_CONTACT_GROUP, groups, G_N_ELEMENTS (groups), &changed, error);
}

static void
on_seeded (FlooStore *store, gpointer data, const GError *error)
{
  g_assert_no_error (error);
  *(gboolean *) data = TRUE;
}

static void
be_quiet (const char *domain, GLogLevelFlags level, const char *text, gpointer user_data)
{
}

static void
set_up (void)
{
  gboolean done = FALSE;

  g_log_set_handler (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, be_quiet, NULL);
  fixture_set_up (&fixture, NULL);
  floo_store_write (fixture.store, run_seed, on_seeded, &done, NULL);
  run_until (done);
  atexit (clean_up);
}

static const GDBusMethodInfo *
find_info (const FlooRestOperation *row)
{
  const char *dot = strchr (row->name, '.');

  for (guint i = 0; floo_bus_tables[i] != NULL; i++)
    {
      const char *last = strrchr (floo_bus_tables[i]->info->name, '.') + 1;

      if (strlen (last) == (gsize) (dot - row->name) && g_str_has_prefix (row->name, last))
        return g_dbus_interface_info_lookup_method ((GDBusInterfaceInfo *) floo_bus_tables[i]->info, dot + 1);
    }
  return NULL;
}

/* A value of the D-Bus type; @variant selects one of several. */
static GVariant *
make_value (const char *signature, guint variant)
{
  static const gint64 ids[] = { 1002, 2001, 1, 5000 };
  static const char *const texts[] = { "", "text", "same" };

  switch (*signature)
    {
    case 'x':
      return g_variant_new_int64 (ids[variant % G_N_ELEMENTS (ids)]);
    case 's':
      return g_variant_new_string (texts[variant % G_N_ELEMENTS (texts)]);
    case 'b':
      return g_variant_new_boolean (variant & 1);
    case 'u':
      return g_variant_new_uint32 (variant % 3);
    case 'i':
      return g_variant_new_int32 ((gint32) (variant % 5) - 1);
    default:
      if (strcmp (signature, "ax") == 0)
        return g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, ids, variant % (G_N_ELEMENTS (ids) + 1), sizeof *ids);
      g_assert_cmpstr (signature, ==, "a{sv}");
      return g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0);
    }
}

static GVariant *
make_arguments (const FlooRestOperation *row, guint variant)
{
  const GDBusMethodInfo *info = find_info (row);
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_TUPLE);

  g_assert_nonnull (info);
  for (guint i = 0; info->in_args != NULL && info->in_args[i] != NULL; i++)
    g_variant_builder_add_value (&builder, make_value (info->in_args[i]->signature, variant >> i));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* Returns: (transfer full) (nullable): the reply that the answer makes, a tuple */
static GVariant *
decode (const FlooRestOperation *row, FlooRestAnswer *answer, GError **error)
{
  GVariant *values[2] = { NULL, NULL };
  gsize n = 1;

  if (row->result == FLOO_RESULT_NONE)
    n = 0;
  else if (row->result == FLOO_RESULT_IDS)
    values[0] = floo_ids_from_json (answer->data, error);
  else if (row->result == FLOO_RESULT_JSON)
    values[0] = g_variant_new_take_string (floo_json_to_text (answer->data));
  else if (row->result == FLOO_RESULT_RECORD)
    values[0] = floo_record_from_json (row->record, answer->data, error);
  else if (row->result == FLOO_RESULT_FIELD)
    {
      GVariant *record = floo_record_from_json (row->record, answer->data, error);
      g_autoptr (GVariant) sunk = record != NULL ? g_variant_ref_sink (record) : NULL;

      values[0] = sunk != NULL ? g_variant_lookup_value (sunk, row->record->key, NULL) : NULL;
    }
  else
    values[0] = floo_records_from_json (row->record, answer->data, 0, error);
  if (row->result == FLOO_RESULT_PAGE && values[0] != NULL)
    values[n++] = g_variant_new_string (answer->cursor);
  return n > 0 && values[0] == NULL ? NULL : g_variant_ref_sink (g_variant_new_tuple (values, n));
}

static gboolean
run_effect (FlooDb *db, gpointer data, GError **error)
{
  Job *job = data;
  const FlooRestOperation *row = job->op.row;

  if (row->effect != NULL && row->effect (db, &job->op, &job->error) && row->cache != NULL)
    {
      g_clear_pointer (&job->op.result, g_variant_unref);
      row->cache (db, &job->op, &job->error);
    }
  g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_CANCELLED, "nothing is kept");
  return FALSE;
}

static void
on_effect_done (FlooStore *store, gpointer data, const GError *error)
{
  Job *job = data;

  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_CANCELLED);
  job->done = TRUE;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static guint n_operations;
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = NULL;
  Job job = { 0 };

  if (fixture.store == NULL)
    set_up ();
  while (floo_operations[n_operations].name != NULL)
    n_operations++;
  if (size < 2)
    return 0;
  body = g_bytes_new (data + 2, size - 2);
  answer = floo_envelope_open (body, 200, &error);
  g_assert_true ((answer == NULL) == (error != NULL));
  if (answer == NULL)
    return 0;
  job.op.row = &floo_operations[data[0] % n_operations];
  job.op.result = decode (job.op.row, answer, &error);
  g_assert_true ((job.op.result == NULL) == (error != NULL));
  if (job.op.result == NULL)
    return 0;
  g_assert_true (g_variant_is_of_type (job.op.result, G_VARIANT_TYPE (floo_operation_get_reply_type (job.op.row))));
  job.op.args = make_arguments (job.op.row, data[1]);
  job.op.self_id = FIXTURE_SELF;
  job.op.online = (data[1] & 1) != 0;
  job.op.asked = floo_contacts_get_moment ();
  floo_store_write (fixture.store, run_effect, on_effect_done, &job, NULL);
  run_until (job.done);
  /* No answer of the service causes an error of the store. */
  if (job.error != NULL)
    g_assert_cmpint (job.error->code, !=, FLOO_ERROR_STORAGE);
  g_clear_error (&job.error);
  g_clear_pointer (&job.op.result, g_variant_unref);
  g_variant_unref (job.op.args);
  return 0;
}
