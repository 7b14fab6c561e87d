-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 id
INSERT OR IGNORE INTO gaps (conversation, id) VALUES (?1, ?2);
