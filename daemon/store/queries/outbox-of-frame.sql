-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_mid of a frame
-- out: the row, as floo_outbox_row_read() takes it, of all that go out with it, oldest first
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error, content, ext, config, attachment, file
FROM outbox WHERE client_id = ?1 AND frame = 0
UNION ALL
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error, content, ext, config, attachment, file
FROM outbox WHERE frame = ?1 AND frame <> 0
ORDER BY client_id;
