-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 id, ?3 missed
INSERT OR IGNORE INTO gaps (conversation, id, missed) VALUES (?1, ?2, ?3);
