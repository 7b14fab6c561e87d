-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 conversation, ?2 messages
INSERT OR REPLACE INTO gone (conversation, messages) VALUES (?1, ?2);
