-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 list, ?2 at most that many
-- out: owner, id
SELECT owner, id FROM list_entries WHERE list = ?1 AND stale = 1 ORDER BY owner, id LIMIT ?2;
