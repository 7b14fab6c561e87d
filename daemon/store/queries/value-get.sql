-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 key
-- out: value
SELECT value FROM account WHERE key = ?1;
