-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id
DELETE FROM outbox WHERE client_id = ?1;
