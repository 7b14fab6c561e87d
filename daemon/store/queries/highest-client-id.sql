-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 the highest possible
-- out: the highest client_id in use, as a row's or as a frame's, 0: none
SELECT max(coalesce((SELECT max(client_id) FROM outbox WHERE client_id <= ?1), 0),
           coalesce((SELECT max(frame) FROM outbox WHERE frame <> 0 AND frame <= ?1), 0),
           coalesce((SELECT max(client_id) FROM messages WHERE client_id IS NOT NULL AND client_id <= ?1), 0));
