-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: listed, shown, last_message
SELECT listed, shown, last_message FROM conversations WHERE id = ?1;
