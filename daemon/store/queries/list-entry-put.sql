-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 list, ?2 owner, ?3 id, ?4 generation, ?5 stale, ?6 expires, ?7 details
INSERT INTO list_entries (list, owner, id, generation, stale, expires, details) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (list, owner, id) DO UPDATE SET generation = ?4, stale = ?5, expires = ?6, details = ?7;
