-- SPDX-License-Identifier: GPL-3.0-or-later
-- What we are in groups (standing.h): columns of the table contacts.

-- name: standing-get
-- in: ?1 group
-- out: role, name, until when we may not write
SELECT role, my_name, banned_until FROM contacts WHERE kind = 1 AND id = ?1;

-- name: standing-forget
-- in: ?1 group
UPDATE contacts SET standing = 1 WHERE kind = 1 AND id = ?1 AND standing = 2;

-- name: standing-mark-known
-- in: ?1 group
UPDATE contacts SET standing = 2 WHERE kind = 1 AND id = ?1 AND listed = 1 AND standing <> 2;

-- name: standing-next
-- out: a group that we are in and whose standing is to be asked for
SELECT id FROM contacts INDEXED BY contacts_standing WHERE kind = 1 AND listed = 1 AND standing <> 2 LIMIT 1;

-- name: standing-set-admin
-- in: ?1 group, ?2 whether we are an admin
UPDATE contacts SET admin = ?2 WHERE kind = 1 AND id = ?1 AND listed = 1 AND admin <> ?2;

-- name: standing-set-ban
-- in: ?1 group, ?2 until when
UPDATE contacts SET my_ban = ?2 WHERE kind = 1 AND id = ?1 AND listed = 1 AND my_ban <> ?2;

-- name: standing-set-name
-- in: ?1 group, ?2 name
UPDATE contacts SET my_name = ?2 WHERE kind = 1 AND id = ?1 AND listed = 1 AND my_name IS NOT ?2;
