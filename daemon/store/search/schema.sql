-- SPDX-License-Identifier: GPL-3.0-or-later
-- The search index (index.h). It has no migrations: one of another version is deleted and built anew.
PRAGMA application_id = 0x466c6f53;
PRAGMA user_version = 6;

-- journal_id: of the store that it belongs to; position, changes: how far it is (indexer.h).
CREATE TABLE state (
  name TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- The tokens of each message (tokens.h); rowids as spans.h says. Contentless and without positions: it says which messages may match, the
-- store says which do.
CREATE VIRTUAL TABLE messages USING fts5 (tokens, content = '', columnsize = 0, detail = none, prefix = '1', tokenize = 'ascii');

-- Parts of the range of message ids, in the same order by either column (spans.h).
CREATE TABLE spans (
  base INTEGER PRIMARY KEY,       -- rowid of slot 0
  first INTEGER NOT NULL UNIQUE,  -- the lowest message id that belongs to it
  messages INTEGER NOT NULL,
  oldest INTEGER NOT NULL,        -- times in ms
  newest INTEGER NOT NULL
) STRICT;

-- The ids of a span's messages by slot.
CREATE TABLE span_ids (
  base INTEGER PRIMARY KEY,
  ids BLOB NOT NULL
) STRICT;

-- Messages that the table above still has and the store has not: of each deleted conversation; under -1 those that were deleted one by one.
CREATE TABLE gone (
  conversation INTEGER PRIMARY KEY,
  messages INTEGER NOT NULL
) STRICT;
