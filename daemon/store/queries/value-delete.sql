-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 key
DELETE FROM account WHERE key = ?1;
