-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id
-- out: client_id, where it is a message
SELECT client_id FROM outbox WHERE client_id = ?1 AND operation = 0;
