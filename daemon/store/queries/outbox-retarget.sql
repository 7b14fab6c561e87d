-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id of a message, ?2 its id
UPDATE outbox SET target = ?2 WHERE target = ?1 AND operation <> 0;
