-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 a message
-- out: the row, as floo_outbox_row_read() takes it, of the appends (8) and replacements (9) to it that went out and have not taken effect,
-- oldest first. One that went out more than once and was refused is among them: another copy of it may have been accepted.
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error, content, ext, config, attachment, file
FROM outbox INDEXED BY outbox_edits WHERE target = ?1 AND state IN (2, 6) AND operation IN (8, 9)
UNION ALL
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error, content, ext, config, attachment, file
FROM outbox INDEXED BY outbox_targets WHERE target = ?1 AND operation <> 0 AND operation IN (8, 9) AND state = 1 AND attempts > 1
ORDER BY client_id;
