-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation
-- out: the row, as floo_outbox_row_read() takes it, and whether its target is still in the outbox, of those that are not settled and go in
-- order, by client_id
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error, content, ext, config, attachment, file,
       operation <> 0 AND EXISTS (SELECT 1 FROM outbox AS t WHERE t.client_id = o.target)
FROM outbox AS o
WHERE conversation = ?1 AND state IN (1, 2, 5) AND ordered = 1
ORDER BY client_id;
