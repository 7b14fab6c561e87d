-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 user
-- out: ids of the conversations whose last message is by this user
SELECT id FROM conversations WHERE last_from = ?1 AND listed = 1;
