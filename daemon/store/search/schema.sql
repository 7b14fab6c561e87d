-- SPDX-License-Identifier: GPL-3.0-or-later
-- The search index (index.h). It has no migrations: one of another version is thrown away and built anew.
PRAGMA application_id = 0x466c6f53;
PRAGMA user_version = 4;

-- journal_id: of the store that it belongs to; position, changes: how far it is (indexer.h).
CREATE TABLE state (
  name TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Messages that were indexed together, newest first: a message is known by its place in its chunk.
CREATE TABLE chunks (
  id INTEGER PRIMARY KEY,
  docs INTEGER NOT NULL,
  dead INTEGER NOT NULL,          -- of these: gone, or in another chunk by now
  entries INTEGER NOT NULL,       -- keys of all messages
  highest INTEGER NOT NULL,       -- message ids
  lowest INTEGER NOT NULL,
  newest INTEGER NOT NULL,        -- times in ms
  oldest INTEGER NOT NULL,
  ranges BLOB NOT NULL,           -- of each block: first id, newest and oldest time, int64 little-endian
  pages BLOB NOT NULL,            -- of each page: first key, int64 little-endian
  dead_bitmap BLOB                -- by place
) STRICT;

-- Ids and times of 256 messages, as block.c says; key: chunk << 16 | number of the block.
CREATE TABLE blocks (
  key INTEGER PRIMARY KEY,
  data BLOB NOT NULL
) STRICT;

-- Where keys are (keys.h), as postings.c says; key: chunk << 16 | number of the page.
CREATE TABLE pages (
  key INTEGER PRIMARY KEY,
  data BLOB NOT NULL
) STRICT;
