-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: sum of the unread counts of what is not muted
SELECT coalesce(sum(min(c.unread, 4294967295)), 0)
FROM conversations c LEFT JOIN contacts k ON k.kind = (c.type = 1) AND k.id = c.id
WHERE c.unread > 0 AND coalesce(k.muted, 0) = 0;
