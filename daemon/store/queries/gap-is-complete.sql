-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation
-- out: complete
SELECT complete FROM conversations WHERE id = ?1;
