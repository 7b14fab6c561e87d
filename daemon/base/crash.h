/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crash.h: named points at which a test kills the daemon. Nothing in a normal build.
 *
 * The program that tests use is compiled a second time with FLOO_CRASH_POINTS; there the environment variable FLOOIM_CRASH_AT=NAME (or
 * NAME:N, the Nth time it is reached) makes the process end by SIGKILL at the point.
 */
#pragma once

#ifdef FLOO_CRASH_POINTS
void floo_crash_point (const char *name);
#define FLOO_CRASH_POINT(name) floo_crash_point (name)
#else
#define FLOO_CRASH_POINT(name) ((void) 0)
#endif
