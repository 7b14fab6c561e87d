-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 lowest key, ?2 key
-- out: key and data of the page that has it, if any does
SELECT key, data FROM pages WHERE key >= ?1 AND key <= ?2 ORDER BY key DESC LIMIT 1;
