-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 how many
-- out: id; those with users and groups in which something happened last
SELECT id FROM conversations WHERE listed = 1 AND type <> 2 AND activity > 0 ORDER BY activity DESC, id DESC LIMIT ?1;
