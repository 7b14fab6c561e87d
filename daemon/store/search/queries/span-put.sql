-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 base, ?2 first, ?3 messages, ?4 oldest, ?5 newest
INSERT OR REPLACE INTO spans (base, first, messages, oldest, newest) VALUES (?1, ?2, ?3, ?4, ?5);
