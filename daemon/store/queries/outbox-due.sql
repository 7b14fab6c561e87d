-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 now, ?2 limit, ?3 a time until which none waits: the clock was set back since it was written
-- out: the row, as floo_outbox_row_read() takes it, of the heads in queued or sending; an operation waits for its message,
-- and reading (1 a message, 2 a conversation) and unreading (3) for what was said of the same before: the last word counts
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, error, content, ext, config, attachment, file
FROM outbox AS o INDEXED BY outbox_heads
WHERE head = 1 AND state IN (1, 2) AND (next_retry <= ?1 OR next_retry > ?3)
  AND (operation = 0 OR NOT EXISTS (SELECT 1 FROM outbox AS t WHERE t.client_id = o.target))
  AND (operation NOT IN (1, 3) OR NOT EXISTS (
    SELECT 1 FROM outbox AS b WHERE b.target = o.target AND b.operation IN (1, 3) AND b.client_id < o.client_id AND b.state IN (1, 2, 5)))
  AND (operation NOT IN (2, 3) OR NOT EXISTS (
    SELECT 1 FROM outbox AS b INDEXED BY outbox_heads
    WHERE b.head = 1 AND b.client_id < o.client_id AND b.conversation = o.conversation AND b.operation IN (2, 3) AND b.state IN (1, 2, 5)))
ORDER BY client_id LIMIT ?2;
