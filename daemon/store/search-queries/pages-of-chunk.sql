-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 first key, ?2 first key that is another's
-- out: key, data
SELECT key, data FROM pages WHERE key >= ?1 AND key < ?2 ORDER BY key;
