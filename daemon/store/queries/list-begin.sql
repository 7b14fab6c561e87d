-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 list, ?2 owner, ?3 where the reading goes on
INSERT INTO lists (list, owner, generation, cursor) VALUES (?1, ?2, 1, ?3)
ON CONFLICT (list, owner) DO UPDATE SET generation = iif(generation < 9007199254740992, generation, 0) + 1, cursor = ?3;
