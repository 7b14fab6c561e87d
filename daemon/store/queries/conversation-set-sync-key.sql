-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 id, ?2 sync_key
INSERT INTO conversations (id, sync_key) VALUES (?1, ?2)
ON CONFLICT (id) DO UPDATE SET sync_key = excluded.sync_key WHERE sync_key <> excluded.sync_key;
