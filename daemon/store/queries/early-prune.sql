-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 time before which they go, ?2 how many stay, ?3 rows to look at: the lowest ids, which are the oldest
DELETE FROM early WHERE id IN (
  SELECT id FROM (SELECT id, time FROM early ORDER BY id LIMIT ?3)
  WHERE time < ?1 OR id <= (SELECT id FROM early ORDER BY id DESC LIMIT 1 OFFSET ?2));
