-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: unread
SELECT unread FROM conversations WHERE id = ?1;
