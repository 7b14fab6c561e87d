-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: a row where it is or was in the store
SELECT 1 FROM messages WHERE id = ?1
UNION ALL
SELECT 1 FROM tombstones WHERE id = ?1;
