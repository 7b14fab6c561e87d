-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- out: sync_key
SELECT sync_key FROM conversations WHERE id = ?1;
