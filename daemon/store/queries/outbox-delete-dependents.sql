-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id of a message
DELETE FROM outbox WHERE target = ?1 AND operation <> 0;
