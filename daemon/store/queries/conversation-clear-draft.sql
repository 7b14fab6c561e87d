-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
UPDATE conversations SET draft = NULL, draft_timestamp = 0 WHERE id = ?1;
