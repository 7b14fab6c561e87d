-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: how many messages wait
SELECT count(*) FROM outbox WHERE state IN (1, 2, 5) AND operation = 0;
