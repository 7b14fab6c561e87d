-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: a row where it is a message that this device has not sent
SELECT 1 FROM messages WHERE id = ?1 AND client_id IS NULL;
