-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: 1: there is something under numbers that were never given
SELECT EXISTS (SELECT 1 FROM journal WHERE serial < 1) OR EXISTS (SELECT 1 FROM journal WHERE serial > 9007199254740992)
       OR EXISTS (SELECT 1 FROM search_changes WHERE seq < 1) OR EXISTS (SELECT 1 FROM search_changes WHERE seq > 9007199254740992)
       OR EXISTS (SELECT 1 FROM messages WHERE id < 1) OR EXISTS (SELECT 1 FROM conversations WHERE id < 0);
