-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 key of the first day possible, ?2 key of the day looked for
-- out: the last serial before that day began, or the latest known day before it; no row: none is known
SELECT value FROM meta WHERE key >= ?1 AND key <= ?2 ORDER BY key DESC LIMIT 1;
