-- SPDX-License-Identifier: GPL-3.0-or-later
-- Schema 3: gaps in which something was missed: it came while the store was there, and is fetched at once (gaps.h).
-- In meta: created (ms), when the store was made or first knew of this; pushes, where the service has sent pages unasked.
ALTER TABLE gaps ADD COLUMN missed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX gaps_missed ON gaps (id) WHERE missed = 1;
INSERT INTO meta (key, value) VALUES ('created', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));
PRAGMA user_version = 3;
