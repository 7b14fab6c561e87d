/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/discovery/ring.h"

#include "base/backoff.h"

#define FAILURES_TO_MOVE_ON 5u
/* Failures further apart than this are not in a row. */
#define FORGET_FAILURES_MS (30 * G_TIME_SPAN_MINUTE / 1000)

/* Failures of a host; kept across discoveries, so that a dead one is not the first again each time. */
typedef struct {
  guint failures; /* in a row */
  gint64 failed_at; /* wall clock, ms */
} Health;

struct _FlooRing {
  const char *kind;
  GPtrArray *urls; /* of const char *, unowned */
  guint at;
  GHashTable *health; /* url -> Health */
};

FlooRing *
floo_ring_new (const char *kind)
{
  FlooRing *self = g_new0 (FlooRing, 1);

  self->kind = kind;
  self->urls = g_ptr_array_new ();
  self->health = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
floo_ring_free (FlooRing *self)
{
  g_ptr_array_unref (self->urls);
  g_hash_table_unref (self->health);
  g_free (self);
}

void
floo_ring_clear (FlooRing *self)
{
  g_ptr_array_set_size (self->urls, 0);
  self->at = 0;
}

void
floo_ring_add (FlooRing *self, const char *url)
{
  g_ptr_array_add (self->urls, (gpointer) url);
}

const char *
floo_ring_get (const FlooRing *self)
{
  return self->at < self->urls->len ? self->urls->pdata[self->at] : NULL;
}

guint
floo_ring_count (const FlooRing *self)
{
  return self->urls->len;
}

gboolean
floo_ring_has_host (const FlooRing *self, const char *host)
{
  for (guint i = 0; i < self->urls->len; i++)
    {
      g_autoptr (GUri) uri = g_uri_parse (self->urls->pdata[i], G_URI_FLAGS_NONE, NULL);

      if (uri != NULL && g_uri_get_host (uri) != NULL && g_ascii_strcasecmp (g_uri_get_host (uri), host) == 0)
        return TRUE;
    }
  return FALSE;
}

/* Failures in a row of the host at @index. */
static guint
count_failures (const FlooRing *self, guint index)
{
  const Health *health = g_hash_table_lookup (self->health, self->urls->pdata[index]);

  return health != NULL && floo_now_ms () - health->failed_at <= FORGET_FAILURES_MS ? health->failures : 0;
}

/* Goes to the first host with the fewest failures. */
static void
choose (FlooRing *self)
{
  self->at = 0;
  for (guint i = 1; i < self->urls->len; i++)
    if (count_failures (self, i) < count_failures (self, self->at))
      self->at = i;
}

/* Returns: the failures in a row of the host in use, this one included */
static guint
add_failure (FlooRing *self)
{
  guint failures = count_failures (self, self->at) + 1;
  Health *health = g_new (Health, 1);

  *health = (Health){ failures, floo_now_ms () };
  g_hash_table_insert (self->health, g_strdup (floo_ring_get (self)), health);
  return failures;
}

static gboolean
is_exhausted (const FlooRing *self)
{
  for (guint i = 0; i < self->urls->len; i++)
    if (count_failures (self, i) < FAILURES_TO_MOVE_ON)
      return FALSE;
  return TRUE;
}

FlooFailover
floo_ring_failed (FlooRing *self, gboolean unreachable)
{
  guint failures;

  if (self->urls->len == 0)
    return FLOO_FAILOVER_STAY;
  failures = add_failure (self);
  if (is_exhausted (self))
    {
      g_message ("All addresses of %s fail", self->kind);
      g_hash_table_remove_all (self->health);
      choose (self);
      return FLOO_FAILOVER_EXHAUSTED;
    }
  if (unreachable && self->urls->len > 1)
    {
      self->at = (self->at + 1) % self->urls->len;
      g_message ("%s is unreachable; trying %s", self->kind, floo_ring_get (self));
      return FLOO_FAILOVER_NEXT;
    }
  if (failures >= FAILURES_TO_MOVE_ON)
    {
      choose (self);
      g_message ("%s fails; trying %s", self->kind, floo_ring_get (self));
    }
  return FLOO_FAILOVER_STAY;
}

void
floo_ring_answered (FlooRing *self)
{
  if (self->at < self->urls->len)
    g_hash_table_remove (self->health, floo_ring_get (self));
}

static gboolean
is_unknown (gpointer url, gpointer health, gpointer urls)
{
  return !g_ptr_array_find_with_equal_func (urls, url, g_str_equal, NULL);
}

void
floo_ring_start (FlooRing *self)
{
  g_hash_table_foreach_remove (self->health, is_unknown, self->urls);
  choose (self);
}
