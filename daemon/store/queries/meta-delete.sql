-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 key
DELETE FROM meta WHERE key = ?1;
