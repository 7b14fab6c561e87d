-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 time before which they go, ?2 rows to look at: the lowest ids, which are the oldest
DELETE FROM applied WHERE id IN (SELECT id FROM (SELECT id, time FROM applied ORDER BY id LIMIT ?2) WHERE time < ?1);
