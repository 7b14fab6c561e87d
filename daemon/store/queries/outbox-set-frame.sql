-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id, ?2 frame
UPDATE outbox SET frame = ?2 WHERE client_id = ?1;
