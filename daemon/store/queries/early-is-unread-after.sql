-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 message, ?2 id of an operation
-- out: a row where the message was made unread after it
SELECT 1 FROM early WHERE message = ?1 AND type = 3 AND id > ?2 LIMIT 1;
