-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id
UPDATE outbox SET head = 1 WHERE client_id = ?1 AND head = 0;
