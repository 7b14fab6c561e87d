-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id, ?2 id of the operation, ?3 its time
UPDATE outbox SET accepted = ?2, edited = ?3, error = NULL, next_retry = 0 WHERE client_id = ?1;
