-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 client_id
-- A message of ours that came by a page before its acknowledgement.
UPDATE messages SET client_id = ?2 WHERE id = ?1 AND client_id IS NULL;
