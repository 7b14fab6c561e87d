-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: no message with a higher id ever was in the store
SELECT max(coalesce((SELECT max(id) FROM messages), 0), coalesce((SELECT max(id) FROM tombstones), 0),
           coalesce((SELECT max(deleted_up_to) FROM conversations), 0));
