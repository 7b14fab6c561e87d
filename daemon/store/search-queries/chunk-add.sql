-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 docs, ?3 highest, ?4 lowest, ?5 newest, ?6 oldest, ?7 directory
INSERT INTO chunks (id, docs, dead, highest, lowest, newest, oldest, directory) VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7);
