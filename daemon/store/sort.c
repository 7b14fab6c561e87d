/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sort.h"

/* So few are sorted by insertion. */
#define FEW 32

static void
sort_few (guint64 *numbers, gsize n)
{
  for (gsize i = 1; i < n; i++)
    {
      guint64 number = numbers[i];
      gsize j = i;

      for (; j > 0 && numbers[j - 1] > number; j--)
        numbers[j] = numbers[j - 1];
      numbers[j] = number;
    }
}

/* Puts all numbers into the parts of their byte at @shift, whose ends are then in @ends. */
static void
divide (guint64 *numbers, gsize n, guint shift, gsize ends[256])
{
  gsize at[256] = { 0 };
  gsize sum = 0;

  for (gsize i = 0; i < n; i++)
    at[numbers[i] >> shift & 0xff]++;
  for (guint part = 0; part < 256; part++)
    {
      sum += at[part];
      ends[part] = sum;
      at[part] = sum - at[part];
    }
  for (guint part = 0; part < 256; part++)
    while (at[part] < ends[part])
      {
        guint64 number = numbers[at[part]];
        guint other;

        /* Each finds its place, and sends on the one that was there. */
        while ((other = number >> shift & 0xff) != part)
          {
            guint64 next = numbers[at[other]];

            numbers[at[other]++] = number;
            number = next;
          }
        numbers[at[part]++] = number;
      }
}

/* All numbers have the same bits above the byte at @shift. */
static void
sort_by (guint64 *numbers, gsize n, guint shift)
{
  gsize ends[256];
  gsize start = 0;

  if (n <= FEW)
    {
      sort_few (numbers, n);
      return;
    }
  divide (numbers, n, shift, ends);
  for (guint part = 0; part < 256 && shift > 0; start = ends[part++])
    if (ends[part] - start > 1)
      sort_by (numbers + start, ends[part] - start, shift - 8);
}

void
floo_sort (guint64 *numbers, gsize n)
{
  sort_by (numbers, n, 56);
}
