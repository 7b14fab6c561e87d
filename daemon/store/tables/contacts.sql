-- SPDX-License-Identifier: GPL-3.0-or-later
-- The table contacts (contacts.h).

-- name: contact-add
-- in: ?1 kind, ?2 id
-- What we were in the group before tells nothing.
INSERT INTO contacts (kind, id, listed) VALUES (?1, ?2, 1)
ON CONFLICT (kind, id) DO UPDATE SET listed = 1, admin = 0, my_name = NULL, my_ban = 0, standing = 0 WHERE listed = 0;

-- name: contact-get-details
-- in: ?1 kind, ?2 id
-- out: details
SELECT details FROM contacts WHERE kind = ?1 AND id = ?2;

-- name: contact-get-name
-- in: ?1 kind, ?2 id
-- out: name, and whether there are no details and nobody wants them
SELECT name, details IS NULL AND listed = 0 AND wanted = 0 FROM contacts WHERE kind = ?1 AND id = ?2;

-- name: contact-hint-name
-- in: ?1 user, ?2 the name that a message of theirs came with, which holds until details are known
INSERT INTO contacts (kind, id, wanted, name) VALUES (0, ?1, 1, ?2) ON CONFLICT (kind, id) DO UPDATE SET name = ?2 WHERE details IS NULL AND name IS NOT ?2;

-- name: contact-is-hidden
-- in: ?1 group, ?2 user
-- out: whether we do not see details of this one, who is a member of the group
SELECT hidden = 1 AND NOT EXISTS (SELECT 1 FROM contacts WHERE kind = 0 AND id = ?2 AND listed = 1) FROM contacts WHERE kind = 1 AND id = ?1;

-- name: contact-is-listed
-- in: ?1 kind, ?2 id
-- out: listed
SELECT listed FROM contacts WHERE kind = ?1 AND id = ?2;

-- name: contact-is-missing
-- in: ?1 kind, ?2 id
-- out: whether there are no fresh details
SELECT details IS NULL OR stale = 1 FROM contacts WHERE kind = ?1 AND id = ?2;

-- name: contact-mark-fresh
-- in: ?1 kind, ?2 id
UPDATE contacts SET stale = 0 WHERE kind = ?1 AND id = ?2 AND stale = 1;

-- name: contact-mark-stale
-- in: ?1 kind, ?2 id
UPDATE contacts SET stale = 1 WHERE kind = ?1 AND id = ?2 AND stale = 0;

-- name: contact-names
-- out: kind, id, listed, avatar, activity of the conversation (NULL: none), alias, nick_name, username, name: of contacts, joined groups, and
-- whoever there is a conversation with
SELECT c.kind, c.id, c.listed, c.avatar, v.activity, json_extract(c.details, '$.alias'), json_extract(c.details, '$.nick_name'),
       json_extract(c.details, '$.username'), json_extract(c.details, '$.name')
FROM contacts AS c LEFT JOIN conversations AS v ON v.id = c.id AND v.present = 1
WHERE c.details IS NOT NULL AND (c.listed = 1 OR v.id IS NOT NULL);

-- name: contact-put
-- in: ?1 kind, ?2 id, ?3 details, ?4 name, ?5 avatar, ?6 muted, ?7 whether they are fresh, ?8 whether we own the group, ?9 until when all are banned there,
-- ?10 whether it hides details of members
-- A user of whom the service does not tell a name keeps the one that messages came with.
INSERT INTO contacts (kind, id, details, name, avatar, muted, owned, all_banned, hide_info) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?8, ?9, ?10)
ON CONFLICT (kind, id) DO UPDATE SET
  details = ?3, name = iif(?1 = 0, coalesce(?4, name), ?4), avatar = ?5, muted = ?6, owned = ?8, all_banned = ?9, hide_info = ?10,
  stale = iif(?7, 0, stale);

-- name: contact-remove
-- in: ?1 kind, ?2 id
UPDATE contacts SET listed = 0, my_name = NULL WHERE kind = ?1 AND id = ?2 AND listed = 1;

-- name: contact-want
-- in: ?1 kind, ?2 id
INSERT INTO contacts (kind, id, wanted) VALUES (?1, ?2, 1) ON CONFLICT (kind, id) DO UPDATE SET wanted = 1;

-- name: contacts-listed
-- in: ?1 kind
-- out: id, ascending
SELECT id FROM contacts INDEXED BY contacts_listed WHERE kind = ?1 AND listed = 1 ORDER BY id;

-- name: contacts-missing
-- in: ?1 kind, ?2 limit
-- out: id of what is listed or wanted without fresh details
SELECT id FROM contacts INDEXED BY contacts_missing
WHERE kind = ?1 AND (listed = 1 OR wanted = 1) AND (details IS NULL OR stale = 1) LIMIT ?2;

-- name: recipient-kinds
-- in: ?1 id
-- out: 1 where a user of this id is known, + 2 where a group is; only what the service has said counts
SELECT coalesce(sum(1 << kind), 0) FROM contacts WHERE kind IN (0, 1) AND id = ?1 AND (listed = 1 OR name IS NOT NULL);
