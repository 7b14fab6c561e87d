-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 list, ?2 owner, ?3 id
-- out: details, stale
SELECT details, stale FROM list_entries WHERE list = ?1 AND owner = ?2 AND id = ?3;
