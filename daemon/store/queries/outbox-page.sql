-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id after which it begins, ?2 limit
-- out: the row, as floo_outbox_row_read() takes it, of what is not cancelled, oldest first
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error, content, ext, config, attachment, file
FROM outbox WHERE client_id > ?1 AND state <> 6 ORDER BY client_id LIMIT ?2;
