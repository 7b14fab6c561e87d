-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 list, ?2 and ?3 owner and id after which to go on, ?4 owner, -1: whatever it is
-- out: owner, id, details
SELECT owner, id, details FROM list_entries
WHERE list = ?1 AND (owner, id) > (?2, ?3) AND (?4 = -1 OR owner = ?4)
ORDER BY owner, id;
