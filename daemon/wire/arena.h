/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arena.h: the memory of one frame.
 *
 * Unpacking a page of messages takes several small pieces a field. Here they are cut from few growing chunks and
 * go all at once. A budget bounds what a hostile frame can make us allocate.
 */
#pragma once

#include <glib.h>
#include <protobuf-c/protobuf-c.h>

G_BEGIN_DECLS

typedef struct _FlooArenaChunk FlooArenaChunk;

typedef struct {
  ProtobufCAllocator allocator;  /* what protobuf-c allocates through; freeing through it does nothing */
  FlooArenaChunk *chunks;        /* the newest first */
  char *at, *end;                /* the free part of the newest */
  gsize held;                    /* bytes of all chunks */
  gsize budget;
  gboolean exhausted;            /* an allocation was refused */
} FlooArena;

/* @budget: bytes that the chunks may come to. The arena must not be moved afterwards. */
void floo_arena_init (FlooArena *arena, gsize budget);
void floo_arena_clear (FlooArena *arena);

/**
 * floo_arena_alloc:
 *
 * One byte more than asked for is there and is 0, so that the bytes that protobuf-c
 * copies into an allocation of their length are a C string where they lie.
 *
 * Returns: (nullable): memory aligned to 8 bytes, not cleared but for the byte behind it; NULL beyond the budget
 */
void *floo_arena_alloc (FlooArena *arena, gsize size);

G_END_DECLS
