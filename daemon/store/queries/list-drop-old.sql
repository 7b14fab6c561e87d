-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 list, ?2 owner, -1: whatever it is, ?3 generation
DELETE FROM list_entries WHERE list = ?1 AND (?2 = -1 OR owner = ?2) AND generation < ?3;
