-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 now, ?2 limit, ?3 a time until which none waits: the clock was set back since it was written
-- out: the row, as floo_outbox_row_read() takes it, of the heads in queued or sending; an operation waits for its message
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, error, content, ext, config, attachment, file
FROM outbox AS o INDEXED BY outbox_heads
WHERE head = 1 AND state IN (1, 2) AND (next_retry <= ?1 OR next_retry > ?3)
  AND (operation = 0 OR NOT EXISTS (SELECT 1 FROM outbox AS t WHERE t.client_id = o.target))
ORDER BY client_id LIMIT ?2;
