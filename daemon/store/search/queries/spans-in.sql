-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 since, ?2 until, ?3 message id
-- out: base of each span that may have messages of this time with lower ids, the highest first
SELECT base FROM spans WHERE newest >= ?1 AND oldest <= ?2 AND first < ?3 ORDER BY base DESC;
