-- SPDX-License-Identifier: GPL-3.0-or-later
-- A new connection: what had no answer on the last one waits for nothing.
UPDATE outbox SET next_retry = 0 WHERE state = 2 AND state IN (1, 2, 5) AND next_retry <> 0;
