/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz.h: the function that libFuzzer and the replay program call.
 *
 * A target is one file fuzz-NAME.c. Without libFuzzer it is linked with replay.c, which runs the
 * corpus in the tree through it as a regression test.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
