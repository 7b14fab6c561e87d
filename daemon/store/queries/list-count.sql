-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 list, ?2 owner
-- out: entries
SELECT count(*) FROM list_entries WHERE list = ?1 AND owner = ?2;
