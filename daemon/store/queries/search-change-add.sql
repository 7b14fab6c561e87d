-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 message (NULL: a conversation has gone), ?2 conversation (NULL: a message)
INSERT INTO search_changes (message, conversation) VALUES (?1, ?2);
