/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/outbox/window.h"

#include "base/backoff.h"

#define ANSWER_MS 10000
#define ANSWER_ON_SLOW_LINE_MS 30000
#define MAX_WAITS 1000          /* with more, expired ones are dropped */

typedef struct {
  guint64 generation;
  gint64 conversation;
  gint64 place;
  gsize bytes;
  gint64 sent_at;               /* 0: not yet */
} Frame;

/* The frames under way in one conversation. */
typedef struct {
  guint frames;
  gsize bytes;
  gint64 highest;               /* place, at least that of the last frame under way */
  guint size;                   /* how many frames it may have */
  gboolean refused;             /* one was refused: answers to earlier frames do not open the lane again */
  gint64 answered_at;
} Lane;

typedef struct {
  gint64 next_retry;
  gint64 until;
} Wait;

struct _FlooWindow {
  GMutex lock;
  gboolean open;
  guint64 generation;
  gint64 device_sn;
  gsize bytes;
  gint64 answered_at;
  GHashTable *frames;           /* client_mid -> Frame */
  GHashTable *lanes;            /* conversation -> Lane */
  GHashTable *waits;            /* client_id -> Wait */
  GHashTable *holds;            /* group -> gint64: until when its messages wait for its members */
};

FlooWindow *
floo_window_new (void)
{
  FlooWindow *self = g_new0 (FlooWindow, 1);

  g_mutex_init (&self->lock);
  self->frames = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->lanes = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->holds = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->waits = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  return self;
}

void
floo_window_free (FlooWindow *self)
{
  g_hash_table_unref (self->frames);
  g_hash_table_unref (self->lanes);
  g_hash_table_unref (self->waits);
  g_hash_table_unref (self->holds);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
reset (FlooWindow *self, gboolean open, gint64 device_sn)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);

  self->open = open;
  self->generation++;
  self->device_sn = device_sn;
  self->bytes = 0;
  self->answered_at = 0;
  g_hash_table_remove_all (self->frames);
  g_hash_table_remove_all (self->lanes);
  g_hash_table_remove_all (self->holds);
}

void
floo_window_open (FlooWindow *self, gint64 device_sn)
{
  reset (self, TRUE, device_sn);
}

void
floo_window_close (FlooWindow *self)
{
  reset (self, FALSE, 0);
}

void
floo_window_renew (FlooWindow *self)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);

  self->generation++;
}

guint64
floo_window_get_generation (FlooWindow *self, gint64 *device_sn)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);

  if (device_sn != NULL)
    *device_sn = self->device_sn;
  return self->open ? self->generation : 0;
}

guint
floo_window_room (FlooWindow *self)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);
  guint used = g_hash_table_size (self->frames);

  if (!self->open || used >= FLOO_WINDOW_TOTAL || self->bytes >= FLOO_WINDOW_TOTAL_BYTES)
    return 0;
  return FLOO_WINDOW_TOTAL - used;
}

static gboolean
has_room (const Lane *lane)
{
  return lane == NULL || lane->frames == 0 || (lane->frames < lane->size && lane->bytes < FLOO_WINDOW_BYTES);
}

gboolean
floo_window_has_room (FlooWindow *self, gint64 conversation)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);

  return has_room (g_hash_table_lookup (self->lanes, &conversation));
}

gboolean
floo_window_contains (FlooWindow *self, gint64 client_mid)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);

  return g_hash_table_contains (self->frames, &client_mid);
}

gboolean
floo_window_is_empty (FlooWindow *self)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);

  return g_hash_table_size (self->frames) == 0;
}

static guint
full_size (gint64 conversation)
{
  return conversation == FLOO_WINDOW_NO_ORDER ? FLOO_WINDOW_UNORDERED : FLOO_WINDOW_FRAMES;
}

static Lane *
get_lane (FlooWindow *self, gint64 conversation)
{
  Lane *lane = g_hash_table_lookup (self->lanes, &conversation);

  if (lane != NULL)
    return lane;
  lane = g_new0 (Lane, 1);
  lane->size = full_size (conversation);
  g_hash_table_insert (self->lanes, g_memdup2 (&conversation, sizeof conversation), lane);
  return lane;
}

gboolean
floo_window_add (FlooWindow *self, guint64 generation, gint64 client_mid, gint64 conversation, gint64 place, gsize bytes)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);
  Lane *lane = g_hash_table_lookup (self->lanes, &conversation);
  Frame *frame;

  if (!self->open || generation != self->generation || g_hash_table_contains (self->frames, &client_mid)
      || g_hash_table_size (self->frames) >= FLOO_WINDOW_TOTAL || self->bytes >= FLOO_WINDOW_TOTAL_BYTES || !has_room (lane)
      || (lane != NULL && lane->frames > 0 && place < lane->highest && conversation != FLOO_WINDOW_NO_ORDER))
    return FALSE;
  lane = get_lane (self, conversation);
  lane->frames++;
  lane->bytes += bytes;
  lane->highest = lane->frames == 1 ? place : MAX (lane->highest, place);
  self->bytes += bytes;
  frame = g_new0 (Frame, 1);
  frame->generation = generation;
  frame->conversation = conversation;
  frame->place = place;
  frame->bytes = bytes;
  g_hash_table_insert (self->frames, g_memdup2 (&client_mid, sizeof client_mid), frame);
  return TRUE;
}

/* Returns: (nullable): the lane that the frame was in */
static Lane *
take_out (FlooWindow *self, gint64 client_mid)
{
  const Frame *frame = g_hash_table_lookup (self->frames, &client_mid);
  Lane *lane;

  if (frame == NULL)
    return NULL;
  lane = g_hash_table_lookup (self->lanes, &frame->conversation);
  lane->frames--;
  lane->bytes -= frame->bytes;
  self->bytes -= frame->bytes;
  g_hash_table_remove (self->frames, &client_mid);
  return lane;
}

/* Returns: (nullable): the frame, if it was not added again after this generation */
static Frame *
find_frame (FlooWindow *self, guint64 generation, gint64 client_mid)
{
  Frame *frame = g_hash_table_lookup (self->frames, &client_mid);

  return frame != NULL && frame->generation <= generation ? frame : NULL;
}

void
floo_window_remove (FlooWindow *self, guint64 generation, gint64 client_mid)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);

  if (find_frame (self, generation, client_mid) != NULL)
    take_out (self, client_mid);
}

gboolean
floo_window_send (FlooWindow *self, guint64 generation, gint64 client_mid, gint64 now)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);
  Frame *frame = find_frame (self, generation, client_mid);

  if (frame != NULL && generation == self->generation)
    {
      frame->sent_at = MAX (now, 1);
      return TRUE;
    }
  if (frame != NULL)
    take_out (self, client_mid);
  return FALSE;
}

void
floo_window_answered (FlooWindow *self, gint64 client_mid, gboolean refused, gint64 now)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);
  const Frame *frame = g_hash_table_lookup (self->frames, &client_mid);
  gint64 conversation = frame != NULL ? frame->conversation : 0;
  Lane *lane = take_out (self, client_mid);

  if (lane == NULL)
    return;
  self->answered_at = lane->answered_at = now;
  lane->refused |= refused;
  lane->size = lane->refused ? 1 : MIN (2 * lane->size, full_size (conversation));
  if (lane->frames == 0)
    lane->refused = FALSE;
  if (lane->frames == 0 && lane->size == full_size (conversation))
    g_hash_table_remove (self->lanes, &conversation);
}

void
floo_window_get_overdue (FlooWindow *self, gint64 now, GArray *client_mids)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, self->frames);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const Frame *frame = value;
      const Lane *lane = g_hash_table_lookup (self->lanes, &frame->conversation);
      gint64 age = now - frame->sent_at;

      if (frame->sent_at == 0 || age <= ANSWER_MS)
        continue;
      if (age > ANSWER_ON_SLOW_LINE_MS || (now - lane->answered_at > ANSWER_MS && now - self->answered_at > ANSWER_MS))
        g_array_append_vals (client_mids, key, 1);
    }
}

static gboolean
is_over (gpointer key, gpointer value, gpointer user_data)
{
  return ((const Wait *) value)->until <= *(const gint64 *) user_data;
}

gint64
floo_window_get_wait (FlooWindow *self, gint64 client_id, gint64 next_retry, gint64 max_ms, gint64 now)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);
  gint64 wall;
  Wait *wait;

  if (next_retry == 0)
    return 0;
  wait = g_hash_table_lookup (self->waits, &client_id);
  if (wait == NULL || wait->next_retry != next_retry)
    {
      if (g_hash_table_size (self->waits) >= MAX_WAITS)
        g_hash_table_foreach_remove (self->waits, is_over, &now);
      wall = floo_now_ms ();
      wait = g_new0 (Wait, 1);
      wait->next_retry = next_retry;
      /* It seems to wait longer than any row does, so the clock was set back. */
      wait->until = next_retry <= wall || next_retry > wall + max_ms ? now : now + next_retry - wall;
      g_hash_table_insert (self->waits, g_memdup2 (&client_id, sizeof client_id), wait);
    }
  return MAX (wait->until - now, 0);
}

gboolean
floo_window_hold (FlooWindow *self, gint64 group, gint64 now)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);
  gint64 *until = g_hash_table_lookup (self->holds, &group);

  if (until == NULL)
    {
      until = g_new (gint64, 1);
      *until = now + FLOO_WINDOW_HOLD_MS;
      g_hash_table_insert (self->holds, g_memdup2 (&group, sizeof group), until);
    }
  return *until > now;
}

gint64
floo_window_get_held (FlooWindow *self, gint64 now, gint64 *left)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);
  GHashTableIter iter;
  gpointer group, until;

  g_hash_table_iter_init (&iter, self->holds);
  while (g_hash_table_iter_next (&iter, &group, &until))
    if (*(gint64 *) until > now)
      {
        *left = *(gint64 *) until - now;
        return *(gint64 *) group;
      }
  return 0;
}

void
floo_window_release (FlooWindow *self, gint64 group, gboolean known)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->lock);
  gint64 *until;

  if (known)
    g_hash_table_remove (self->holds, &group);
  else if ((until = g_hash_table_lookup (self->holds, &group)) != NULL)
    *until = 0;
}
