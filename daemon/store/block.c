/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/block.h"

#include "store/bits.h"

/*
 * A block is (bits.h): k of the ids and the shift of the times in 6 bits each; the first id and the first time, shifted, in 64; of each
 * further message what its id is less than the one before, and what its shifted time differs, folded, both in Rice's code.
 */

#define PARAMETER_BITS 6
/* Shifted differences are 1 or 2 in the mean. */
#define TIME_PARAMETER 1

static guint
id_parameter (const FlooBlock *block)
{
  guint64 sum = 0;

  for (guint i = 1; i < block->n; i++)
    sum += (guint64) block->ids[i - 1] - (guint64) block->ids[i];
  return floo_rice_parameter (sum / block->n);
}

static guint
time_shift (const FlooBlock *block)
{
  guint64 sum = 0;

  for (guint i = 1; i < block->n; i++)
    sum += (guint64) ABS (block->times[i] - block->times[i - 1]);
  return floo_rice_parameter (sum / block->n);
}

void
floo_block_put (GByteArray *bytes, const FlooBlock *block)
{
  FlooBitWriter bits = { .bytes = bytes };
  guint k = id_parameter (block), shift = time_shift (block);

  floo_bits_put (&bits, k, PARAMETER_BITS);
  floo_bits_put (&bits, shift, PARAMETER_BITS);
  floo_bits_put (&bits, (guint64) block->ids[0], 64);
  floo_bits_put (&bits, (guint64) (block->times[0] >> shift), 64);
  for (guint i = 1; i < block->n; i++)
    {
      floo_bits_put_rice (&bits, (guint64) block->ids[i - 1] - (guint64) block->ids[i], k);
      floo_bits_put_rice (&bits, floo_fold ((block->times[i] >> shift) - (block->times[i - 1] >> shift)), TIME_PARAMETER);
    }
  floo_bits_end_byte (&bits);
}

gboolean
floo_block_get (FlooBlock *block, guint n, gconstpointer data, gsize size)
{
  FlooBitReader bits = { data, 0, size * 8 };
  guint k = (guint) floo_bits_get (&bits, PARAMETER_BITS), shift = (guint) floo_bits_get (&bits, PARAMETER_BITS);
  guint64 id = floo_bits_get (&bits, 64), time = floo_bits_get (&bits, 64);

  block->n = n;
  block->slack = (gint64) ((G_GUINT64_CONSTANT (1) << shift) - 1);
  for (guint i = 0; i < n && !floo_bits_is_over (&bits); i++)
    {
      if (i > 0)
        {
          id -= floo_bits_get_rice (&bits, k);
          time += (guint64) floo_unfold (floo_bits_get_rice (&bits, TIME_PARAMETER));
        }
      block->ids[i] = (gint64) id;
      block->times[i] = (gint64) (time << shift);
    }
  return !floo_bits_is_over (&bits);
}
