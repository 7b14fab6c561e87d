-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: the row, as floo_outbox_row_read() takes it, newest first
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error, content, ext, config, attachment, file
FROM outbox ORDER BY client_id DESC;
