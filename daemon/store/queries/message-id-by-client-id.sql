-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id
-- out: id
SELECT id FROM messages WHERE client_id = ?1;
