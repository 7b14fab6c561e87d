-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: client_id, conversation, ordered, attempts, next_retry of the heads in queued or sending, by client_id
-- What is in no order waits for its message, and reading (1 a message, 2 a conversation) and unreading (3) for what was said of the same
-- before: the last word counts.
SELECT client_id, conversation, ordered, attempts, next_retry
FROM outbox AS o INDEXED BY outbox_heads
WHERE head = 1 AND state IN (1, 2)
  AND (ordered = 1 OR operation = 0 OR NOT EXISTS (SELECT 1 FROM outbox AS t WHERE t.client_id = o.target))
  AND (operation NOT IN (1, 3) OR NOT EXISTS (
    SELECT 1 FROM outbox AS b WHERE b.target = o.target AND b.operation IN (1, 3) AND b.client_id < o.client_id AND b.state IN (1, 2, 5)))
  AND (operation NOT IN (2, 3) OR NOT EXISTS (
    SELECT 1 FROM outbox AS b INDEXED BY outbox_heads
    WHERE b.head = 1 AND b.client_id < o.client_id AND b.conversation = o.conversation AND b.operation IN (2, 3) AND b.state IN (1, 2, 5)))
ORDER BY client_id;
