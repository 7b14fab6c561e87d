-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 now, ?2 a time until which none waits
-- out: when the earliest head is due, NULL: none waits for a time
SELECT min(next_retry) FROM outbox WHERE head = 1 AND state IN (1, 2) AND next_retry > ?1 AND next_retry <= ?2;
