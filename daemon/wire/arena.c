/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/arena.h"

/* A frame with one short message fits into the first chunk; a full page of them takes a dozen. */
#define FIRST_CHUNK 512u
#define LARGEST_CHUNK (4u << 20)
#define ALIGNMENT 8u

struct _FlooArenaChunk {
  FlooArenaChunk *next;
  gsize size;           /* with this header */
  guint64 data[];
};

static void *
allocate (void *allocator_data, size_t size)
{
  return floo_arena_alloc (allocator_data, size);
}

static void
release (void *allocator_data, void *pointer)
{
  /* The memory is freed with the arena. */
}

void
floo_arena_init (FlooArena *arena, gsize budget)
{
  *arena = (FlooArena) {
    .allocator = { .alloc = allocate, .free = release, .allocator_data = arena },
    .budget = budget,
  };
}

void
floo_arena_clear (FlooArena *arena)
{
  while (arena->chunks != NULL)
    {
      FlooArenaChunk *chunk = arena->chunks;

      arena->chunks = chunk->next;
      g_free (chunk);
    }
  arena->at = arena->end = NULL;
  arena->held = 0;
}

/* Adds a chunk with room for @size bytes, twice as large as the last one where the budget allows. */
static gboolean
grow (FlooArena *arena, gsize size)
{
  gsize left = arena->budget - arena->held;
  gsize needed = sizeof (FlooArenaChunk) + size;
  gsize usual = arena->chunks != NULL ? MIN (2 * arena->chunks->size, LARGEST_CHUNK) : FIRST_CHUNK;
  gsize total = MIN (MAX (needed, usual), left);
  FlooArenaChunk *chunk;

  if (needed > left)
    return FALSE;

  chunk = g_malloc (total);
  chunk->next = arena->chunks;
  chunk->size = total;
  arena->chunks = chunk;
  arena->at = (char *) chunk->data;
  arena->end = (char *) chunk + total;
  arena->held += total;
  return TRUE;
}

void *
floo_arena_alloc (FlooArena *arena, gsize size)
{
  gsize padded;
  char *piece;

  if (size >= arena->budget)
    {
      arena->exhausted = TRUE;
      return NULL;
    }

  padded = (size + 1 + (ALIGNMENT - 1)) & ~(gsize) (ALIGNMENT - 1);
  if (padded > (gsize) (arena->end - arena->at) && !grow (arena, padded))
    {
      arena->exhausted = TRUE;
      return NULL;
    }

  piece = arena->at;
  arena->at += padded;
  piece[size] = '\0';
  return piece;
}
