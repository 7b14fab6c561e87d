-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 first key, ?2 first key that stays
DELETE FROM blocks WHERE key >= ?1 AND key < ?2;
