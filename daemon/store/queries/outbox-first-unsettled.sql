-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation
-- out: the lowest client_id that holds up what is behind it, NULL: none
SELECT min(client_id) FROM outbox WHERE conversation = ?1 AND state IN (1, 2, 5) AND ordered = 1;
