/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory.h: returns memory to the system after large allocations.
 *
 * The C library keeps freed memory, in one heap for each thread that ever allocated some: after a burst of large replies that is many
 * times what the daemon needs.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Once, before there is any thread: large blocks are mappings of their own, which go back when they are freed. */
void floo_memory_init (void);

/* Notes that @bytes are, or were until now, allocated temporarily on any thread. After enough of them, and once there are fewer, the heaps
 * are trimmed. */
void floo_memory_note (gsize bytes);

G_END_DECLS
