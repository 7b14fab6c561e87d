/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arena.h: the memory of one frame.
 *
 * Unpacking a page of messages needs several small allocations per field. Here they are taken from few growing chunks, which
 * are freed together. A budget bounds the allocations for a hostile frame.
 */
#pragma once

#include <glib.h>
#include <protobuf-c/protobuf-c.h>

G_BEGIN_DECLS

typedef struct _FlooArenaChunk FlooArenaChunk;

typedef struct {
  ProtobufCAllocator allocator;  /* for protobuf-c; freeing through it does nothing */
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
 * The byte after the requested size exists and is 0, so that bytes that protobuf-c
 * copies into an allocation of their length are a C string.
 *
 * Returns: (nullable): memory aligned to 8 bytes, not cleared but for the byte behind it; NULL beyond the budget
 */
void *floo_arena_alloc (FlooArena *arena, gsize size);

G_END_DECLS
