/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory.h: gives memory back to the system after something large.
 *
 * The C library keeps what was freed for later, in one heap for each thread that ever asked for some: after a storm of large replies that
 * is many times what the daemon needs.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Once, before there is any thread: large blocks are mappings of their own, which go back when they are freed. */
void floo_memory_init (void);

/* So many bytes are used for a moment, or were until now, on any thread. Some time after many such, when things are calm, the heaps are trimmed. */
void floo_memory_note (gsize bytes);

G_END_DECLS
