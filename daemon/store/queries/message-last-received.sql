-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 highest id
-- out: the newest message up to it that this device has not sent; where there is none among the newest thousand, the lowest of these; NULL: none
SELECT coalesce(max(id) FILTER (WHERE client_id IS NULL), iif(count(*) = 1000, min(id), NULL))
FROM (SELECT id, client_id FROM messages WHERE conversation = ?1 AND id <= ?2 ORDER BY id DESC LIMIT 1000);
