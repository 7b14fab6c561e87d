-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: type
SELECT type FROM conversations WHERE id = ?1 AND present <> 0;
