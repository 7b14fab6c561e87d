-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 key
-- out: data
SELECT data FROM blocks WHERE key = ?1;
