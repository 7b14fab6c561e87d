-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 time and ?2 serial up to which events go, ?3 the last serial, which stays, ?4 rows to look at
-- out: the first serial that stays
SELECT coalesce(
  (SELECT serial FROM (SELECT serial, time FROM journal ORDER BY serial LIMIT ?4)
   WHERE serial >= ?3 OR (serial > ?2 AND time >= ?1) LIMIT 1),
  (SELECT max(serial) + 1 FROM (SELECT serial FROM journal ORDER BY serial LIMIT ?4)),
  0);
