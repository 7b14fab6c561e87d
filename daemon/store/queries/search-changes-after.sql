-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 seq, ?2 limit
-- out: seq, message, conversation
SELECT seq, message, conversation FROM search_changes WHERE seq > ?1 ORDER BY seq LIMIT ?2;
