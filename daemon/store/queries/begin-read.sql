-- SPDX-License-Identifier: GPL-3.0-or-later
-- The snapshot is taken by the first query after it.
BEGIN;
