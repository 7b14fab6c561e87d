-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id, ?2 doubt, ?3 the message that the answer named
UPDATE outbox SET doubt = ?2, named = ?3 WHERE client_id = ?1;
