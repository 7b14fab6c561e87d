-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id of a message
-- out: client_id of the operations that wait for it
SELECT client_id FROM outbox WHERE target = ?1 AND operation <> 0 AND state IN (1, 2, 5) ORDER BY client_id;
