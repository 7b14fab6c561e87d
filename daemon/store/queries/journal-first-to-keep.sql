-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 the last serial that is old enough, ?2 the last one that is beyond the number of events, ?3 the last serial, which stays, ?4 rows to look at
-- out: the first serial that stays
SELECT coalesce(
  (SELECT serial FROM (SELECT serial FROM journal ORDER BY serial LIMIT ?4)
   WHERE serial >= ?3 OR (serial > ?2 AND serial > ?1) LIMIT 1),
  (SELECT max(serial) + 1 FROM (SELECT serial FROM journal ORDER BY serial LIMIT ?4)),
  0);
