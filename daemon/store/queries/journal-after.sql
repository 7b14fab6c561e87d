-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 serial (excluded), ?2 limit
-- out: serial, time, signal, refs, body
SELECT serial, time, signal, refs, body FROM journal WHERE serial > ?1 ORDER BY serial LIMIT ?2;
