-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: how many messages failed
SELECT count(*) FROM outbox WHERE operation = 0 AND state = 4;
