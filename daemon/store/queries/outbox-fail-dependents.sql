-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id of a message that failed, ?2 permanent, ?3 error
UPDATE outbox SET state = 4, permanent = ?2, error = ?3 WHERE target = ?1 AND operation <> 0 AND state IN (1, 2, 5);
