-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 key
-- out: data
SELECT data FROM pages WHERE key = ?1;
