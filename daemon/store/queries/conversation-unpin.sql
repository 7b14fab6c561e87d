-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
UPDATE conversations SET pinned = 0 WHERE id = ?1 AND pinned = 1;
