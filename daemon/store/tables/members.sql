-- SPDX-License-Identifier: GPL-3.0-or-later
-- Members of a group with their details from contacts (members.h).

-- name: members-describe
-- in: ?1 group, ?2 JSON array of user ids, ?3 the list of admins, ?4 our user id
-- out: place in the array, role (as contacts.role; NULL: not known), and of those whose details we see: name, avatar (NULL: not known)
SELECT json_each.key,
       CASE WHEN json_each.value = o.owner THEN 3
            WHEN EXISTS (SELECT 1 FROM list_entries WHERE list = ?3 AND owner = ?1 AND id = json_each.value) THEN 2
            WHEN o.owner <> 0 AND EXISTS (SELECT 1 FROM lists WHERE list = ?3 AND owner = ?1 AND complete = 1) THEN 1 END,
       c.name, iif(c.details IS NOT NULL, coalesce(c.avatar, ''), NULL)
FROM json_each(?2)
-- The details have the owner as owner_id, brief ones as owner.
LEFT JOIN (SELECT hidden, iif(json_valid(details), coalesce(nullif(CAST(json_extract(details, '$.owner_id') AS INTEGER), 0),
                                                            CAST(json_extract(details, '$.owner') AS INTEGER)), NULL) AS owner
           FROM contacts WHERE kind = 1 AND id = ?1) AS o
LEFT JOIN contacts AS c
  ON c.kind = 0 AND c.id = json_each.value AND (c.listed = 1 OR c.id = ?4 OR o.hidden IS NOT 1);
