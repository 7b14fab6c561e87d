-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 client_id (excluded), ?3 limit
-- out: the row, as floo_outbox_row_read() takes it, oldest first
-- Messages only: no operations, no commands (type 6), nothing that was cancelled (state 6).
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error, content, ext, config, attachment, file
FROM outbox WHERE conversation = ?1 AND client_id > ?2 AND operation = 0 AND type <> 6 AND state <> 6
ORDER BY client_id ASC LIMIT ?3;
