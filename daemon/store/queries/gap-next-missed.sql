-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id after which it goes on
-- out: conversation, id; the lowest gap in which something was missed
SELECT conversation, id FROM gaps WHERE missed = 1 AND id > ?1 ORDER BY id LIMIT 1;
