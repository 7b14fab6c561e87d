-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id
-- out: state of a message
SELECT state FROM outbox WHERE client_id = ?1 AND operation = 0;
