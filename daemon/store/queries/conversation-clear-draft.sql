-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id
-- What was in the list by its draft alone (conversation-set-draft) leaves it.
UPDATE conversations SET draft = NULL, draft_timestamp = 0, listed = iif(present & 2, 0, listed), present = present & 1 WHERE id = ?1;
