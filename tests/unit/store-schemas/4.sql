-- SPDX-License-Identifier: GPL-3.0-or-later
-- A store of schema 4 with data.
PRAGMA application_id = 0x466c6f6f;
PRAGMA user_version = 4;
BEGIN TRANSACTION;
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('journal_id','0123456789abcdef0123456789abcdef');
INSERT INTO meta VALUES('created',1700000000000);
CREATE TABLE account (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO account VALUES('device_sn','1234');
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  conversation INTEGER NOT NULL,
  sender INTEGER NOT NULL,
  to_type INTEGER NOT NULL,
  type INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  status INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  unread INTEGER NOT NULL,        -- counts in its conversation's unread
  client_id INTEGER,              -- ours of this device
  edit_timestamp INTEGER NOT NULL DEFAULT 0,
  characters INTEGER,             -- length of the whole content; NULL: nothing was ever appended
  content TEXT,                   -- without what was appended
  ext TEXT,
  config TEXT,
  attachment TEXT,
  sender_name TEXT, device_sn INTEGER
) STRICT;
INSERT INTO messages VALUES(10,7,7,0,0,1700000000010,0,0,1,NULL,5,12,'hello',NULL,NULL,NULL,NULL,NULL);
INSERT INTO messages VALUES(20,7,1000,0,0,1700000000020,2,8,0,15,0,NULL,'mine',NULL,NULL,NULL,NULL,1234);
CREATE TABLE appended (
  message INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (message, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO appended VALUES(10,1,', ');
INSERT INTO appended VALUES(10,2,'world');
CREATE TABLE tombstones (
  id INTEGER PRIMARY KEY
) STRICT;
INSERT INTO tombstones VALUES(11);
CREATE TABLE search_changes (
  seq INTEGER PRIMARY KEY,
  message INTEGER,                -- NULL: conversation is set
  conversation INTEGER
) STRICT;
CREATE TABLE applied (
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL
) STRICT;
INSERT INTO applied VALUES(12,1700000000000);
-- Operations that came before their message (early.h).
CREATE TABLE early (
  id INTEGER PRIMARY KEY,
  message INTEGER NOT NULL,
  time INTEGER NOT NULL,
  type INTEGER NOT NULL,
  ours INTEGER NOT NULL,
  edit_timestamp INTEGER NOT NULL,
  content TEXT,
  config TEXT,
  ext TEXT
) STRICT;
CREATE INDEX early_by_message ON early (message);

CREATE TABLE conversations (
  id INTEGER PRIMARY KEY,
  type INTEGER NOT NULL DEFAULT 0,
  present INTEGER NOT NULL DEFAULT 0,       -- 0: only what outlives a deleted conversation, or goes before a new one
  listed INTEGER NOT NULL DEFAULT 0,
  activity INTEGER NOT NULL DEFAULT 0,      -- when something last happened: the list's order
  last_message INTEGER NOT NULL DEFAULT 0,
  unread INTEGER NOT NULL DEFAULT 0,
  mentioned INTEGER NOT NULL DEFAULT 0,
  pinned INTEGER NOT NULL DEFAULT 0,
  draft TEXT,
  draft_timestamp INTEGER NOT NULL DEFAULT 0,
  complete INTEGER NOT NULL DEFAULT 0,      -- the beginning is known: nothing is before the oldest message
  deleted_up_to INTEGER NOT NULL DEFAULT 0  -- messages up to this id were deleted with the conversation
) STRICT;
INSERT INTO conversations VALUES(7,0,1,1,1700000000100,20,1,0,0,NULL,0,0,0);
CREATE TABLE gaps (
  conversation INTEGER NOT NULL,
  id INTEGER NOT NULL,
  missed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (conversation, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX gaps_missed ON gaps (id) WHERE missed = 1;
CREATE TABLE contacts (
  kind INTEGER NOT NULL,
  id INTEGER NOT NULL,
  listed INTEGER NOT NULL DEFAULT 0,
  stale INTEGER NOT NULL DEFAULT 0,
  details TEXT,                             -- JSON; the next three are taken from it
  name TEXT,
  avatar TEXT,
  muted INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
INSERT INTO contacts VALUES(0,7,1,0,'{"user_id":7,"nick_name":"Nick"}','Nick',NULL,0);
CREATE TABLE lists (
  list INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  cursor TEXT,
  complete INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (list, owner)
) STRICT, WITHOUT ROWID;
CREATE TABLE list_entries (
  list INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  id INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  stale INTEGER NOT NULL DEFAULT 0,
  expires INTEGER NOT NULL DEFAULT 0,
  details TEXT NOT NULL,                    -- JSON
  PRIMARY KEY (list, owner, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
  client_id INTEGER PRIMARY KEY,
  conversation INTEGER NOT NULL,
  to_type INTEGER NOT NULL,
  recipient INTEGER NOT NULL,
  operation INTEGER NOT NULL,
  target INTEGER NOT NULL,
  type INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  state INTEGER NOT NULL,
  head INTEGER NOT NULL DEFAULT 0,          -- may go out now: the first of its conversation that is not settled, or in nobody's order
  ordered INTEGER NOT NULL DEFAULT 1,       -- 0: reading and the like, which neither waits for what is before it nor holds up what is behind
  attempts INTEGER NOT NULL DEFAULT 0,
  next_retry INTEGER NOT NULL DEFAULT 0,
  device_sn INTEGER NOT NULL DEFAULT 0,
  permanent INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  content TEXT,
  ext TEXT,
  config TEXT,
  attachment TEXT,
  file TEXT                                 -- JSON: what is to be uploaded first (ordered is 0 as long); NULL: nothing, or it is done
, frame INTEGER NOT NULL DEFAULT 0, doubt INTEGER NOT NULL DEFAULT 0, named INTEGER NOT NULL DEFAULT 0, accepted INTEGER NOT NULL DEFAULT 0, edited INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO outbox VALUES(100,7,0,7,0,0,0,0,1700000000100,1,1,1,0,0,0,0,NULL,'waits',NULL,NULL,NULL,NULL,0,0,0,0,0);
CREATE TABLE tokens (
  token TEXT PRIMARY KEY,
  digest TEXT NOT NULL,
  client_id INTEGER NOT NULL,
  used INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO tokens VALUES('a token','its digest',100,1700000000100);
CREATE TABLE journal (
  serial INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  signal INTEGER NOT NULL,        -- FlooSignal
  body BLOB,                      -- the signal's arguments, GVariant little-endian in normal form; NULL: refs say it all
  refs BLOB                       -- ids of the messages in it, int64 little-endian
) STRICT;
INSERT INTO journal VALUES(1,1700000000011,7,NULL,X'0a00000000000000');
INSERT INTO journal VALUES(2,1700000000012,28,X'07000000000000000100000000000000',NULL);
CREATE INDEX messages_by_conversation ON messages (conversation, id);
CREATE INDEX messages_unread ON messages (conversation, id) WHERE unread = 1;
CREATE INDEX messages_mentioning ON messages (conversation) WHERE unread = 1 AND flags & 16;
CREATE UNIQUE INDEX messages_by_client_id ON messages (client_id) WHERE client_id IS NOT NULL;
CREATE INDEX conversations_by_activity ON conversations (activity, id) WHERE listed = 1;
CREATE INDEX conversations_by_pin ON conversations (pinned, activity, id) WHERE listed = 1;
CREATE INDEX conversations_unread ON conversations (id) WHERE unread > 0;
CREATE INDEX conversations_pinned ON conversations (id) WHERE pinned = 1;
CREATE INDEX contacts_listed ON contacts (kind, id) WHERE listed = 1;
CREATE INDEX contacts_missing ON contacts (kind, id) WHERE listed = 1 AND (details IS NULL OR stale = 1);
CREATE INDEX list_entries_by_owner ON list_entries (owner);
CREATE INDEX list_entries_stale ON list_entries (list, owner, id) WHERE stale = 1;
CREATE INDEX outbox_files ON outbox (client_id) WHERE file IS NOT NULL;
CREATE INDEX outbox_unsettled ON outbox (conversation, client_id) WHERE state IN (1, 2, 5) AND ordered = 1;
CREATE INDEX outbox_heads ON outbox (client_id) WHERE head = 1;
CREATE UNIQUE INDEX outbox_head_of_conversation ON outbox (conversation) WHERE head = 1 AND ordered = 1;
CREATE INDEX outbox_messages ON outbox (conversation, client_id) WHERE operation = 0;
CREATE INDEX outbox_targets ON outbox (target) WHERE operation <> 0;
CREATE INDEX outbox_frames ON outbox (frame, client_id) WHERE frame <> 0;
CREATE INDEX outbox_uncertain ON outbox (client_id) WHERE state = 5;
CREATE INDEX outbox_edits ON outbox (target, client_id) WHERE state IN (2, 6) AND operation IN (8, 9);
CREATE INDEX outbox_accepted ON outbox (target, accepted) WHERE accepted <> 0;
CREATE INDEX tokens_by_use ON tokens (used);
COMMIT;
