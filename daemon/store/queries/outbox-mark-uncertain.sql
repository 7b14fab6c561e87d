-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 device_sn that is valid
UPDATE outbox SET state = 5, doubt = 0, named = 0, error = NULL WHERE state = 2 AND state IN (1, 2, 5) AND accepted = 0 AND device_sn <> ?1;
