-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 client_id of its head
UPDATE outbox SET head = 0 WHERE conversation = ?1 AND head = 1 AND ordered = 1 AND client_id <> ?2;
