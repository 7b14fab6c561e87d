-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 list, ?2 owner
UPDATE lists SET complete = 1, cursor = NULL WHERE list = ?1 AND owner = ?2;
