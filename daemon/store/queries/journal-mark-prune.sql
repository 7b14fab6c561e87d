-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 key of the first day possible, ?2 key of the first day that stays
DELETE FROM meta WHERE key >= ?1 AND key < (SELECT max(key) FROM meta WHERE key >= ?1 AND key <= ?2);
