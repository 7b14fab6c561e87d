-- SPDX-License-Identifier: GPL-3.0-or-later
-- Schema 1. Texts are NULL where they are empty; times are ms since 1970; booleans 0 or 1.
PRAGMA application_id = 0x466c6f31;
PRAGMA user_version = 1;

-- The file's own values: journal_id; created (ms), when it was made; pushes, where the service has sent pages unasked.
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;

-- The account's small values (account.h).
CREATE TABLE account (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Acknowledged messages. Ids grow with time, so that new ones are appended to the tree.
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
  device_sn INTEGER,              -- ours: which device sent it; NULL: not known
  audience INTEGER,               -- ours, to a group: how many members it asks to acknowledge reading; NULL: none, or that is not kept any more
  edit_timestamp INTEGER NOT NULL DEFAULT 0,
  characters INTEGER,             -- length of the whole content; NULL: nothing was ever appended
  content TEXT,                   -- without what was appended
  ext TEXT,
  config TEXT,
  attachment TEXT,
  sender_name TEXT
) STRICT;
CREATE INDEX messages_by_conversation ON messages (conversation, id);
CREATE INDEX messages_unread ON messages (conversation, id) WHERE unread = 1;
CREATE INDEX messages_mentioning ON messages (conversation) WHERE unread = 1 AND flags & 16;
CREATE INDEX messages_of_files ON messages (type, id) WHERE attachment IS NOT NULL;
CREATE INDEX messages_of_files_here ON messages (conversation, type, id) WHERE attachment IS NOT NULL;
CREATE UNIQUE INDEX messages_by_client_id ON messages (client_id) WHERE client_id IS NOT NULL;

-- Who has read or played one of our messages that has an audience (receipts.h).
CREATE TABLE receipts (
  message INTEGER NOT NULL,
  user INTEGER NOT NULL,
  done INTEGER NOT NULL,          -- bits of FlooReceipt
  PRIMARY KEY (message, user)
) STRICT, WITHOUT ROWID;

-- How many users each of these messages has receipts of.
CREATE TABLE receipt_counts (
  message INTEGER PRIMARY KEY,
  users INTEGER NOT NULL,
  read INTEGER NOT NULL,
  played INTEGER NOT NULL
) STRICT;

CREATE TRIGGER receipts_go_with_their_message AFTER DELETE ON messages WHEN OLD.audience IS NOT NULL BEGIN
  DELETE FROM receipts WHERE message = OLD.id;
  DELETE FROM receipt_counts WHERE message = OLD.id;
END;

-- What APPEND added to a message, in pieces of bounded size, so that adding a little to a long text writes little.
CREATE TABLE appended (
  message INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (message, seq)
) STRICT, WITHOUT ROWID;

-- Ids of messages that were deleted one by one and must not come back by a late page.
CREATE TABLE tombstones (
  id INTEGER PRIMARY KEY
) STRICT;

-- What the search index has to look at (indexer.h): messages that came behind newer ones, or have changed or gone, and conversations that have gone.
-- The row with the highest number always stays, so that none is given twice.
CREATE TABLE search_changes (
  seq INTEGER PRIMARY KEY,
  message INTEGER,                -- NULL: conversation is set
  conversation INTEGER
) STRICT;

-- Notices and operations that took effect (early.h).
CREATE TABLE applied (
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL
) STRICT;

-- Operations that came before their message (early.h).
CREATE TABLE early (
  id INTEGER PRIMARY KEY,
  message INTEGER NOT NULL,
  time INTEGER NOT NULL,
  type INTEGER NOT NULL,
  ours INTEGER NOT NULL,
  sender INTEGER NOT NULL DEFAULT 0,
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
  deleted_up_to INTEGER NOT NULL DEFAULT 0, -- messages up to this id were deleted with the conversation
  kept INTEGER NOT NULL DEFAULT 0,          -- of a group that this user has left: its history is to stay
  -- What its row in a window shows (entries.h), written at the end of each transaction that changed it: its newest message, be it the last one
  -- or one of ours that waits,
  last_id INTEGER NOT NULL DEFAULT 0,
  last_content TEXT,                        -- the beginning
  last_timestamp INTEGER NOT NULL DEFAULT 0,
  last_from INTEGER NOT NULL DEFAULT 0,
  last_from_name TEXT,                      -- as the message has it
  last_type INTEGER,                        -- NULL: no message
  last_outgoing INTEGER NOT NULL DEFAULT 0,
  last_status INTEGER NOT NULL DEFAULT 0,
  last_send_state INTEGER NOT NULL DEFAULT 0,
  -- and what it has of others.
  first_unread INTEGER NOT NULL DEFAULT 0,  -- message id
  failed INTEGER NOT NULL DEFAULT 0,        -- messages of ours that failed
  read_up_to INTEGER NOT NULL DEFAULT 0,    -- the last message of ours that the other one has read
  shown INTEGER NOT NULL DEFAULT 0          -- hash of the entry that was told last; 0: none
) STRICT;
CREATE INDEX conversations_by_activity ON conversations (activity, id) WHERE listed = 1;
CREATE INDEX conversations_by_pin ON conversations (pinned, activity, id) WHERE listed = 1;
CREATE INDEX conversations_unread ON conversations (id) WHERE unread > 0;
CREATE INDEX conversations_by_last_from ON conversations (last_from) WHERE listed = 1;
CREATE INDEX conversations_pinned ON conversations (id) WHERE pinned = 1;

-- Between this message and the one before it here the service may have more. missed: it came while the store was there, and is fetched at
-- once (gaps.h).
CREATE TABLE gaps (
  conversation INTEGER NOT NULL,
  id INTEGER NOT NULL,
  missed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (conversation, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX gaps_missed ON gaps (id) WHERE missed = 1;

-- Users (kind 0) and groups (kind 1); listed: in the roster, joined.
CREATE TABLE contacts (
  kind INTEGER NOT NULL,
  id INTEGER NOT NULL,
  listed INTEGER NOT NULL DEFAULT 0,
  stale INTEGER NOT NULL DEFAULT 0,
  details TEXT,                             -- JSON; the next three are taken from it
  name TEXT,
  avatar TEXT,
  muted INTEGER NOT NULL DEFAULT 0,
  wanted INTEGER NOT NULL DEFAULT 0,        -- has written in a group: details are fetched, listed or not
  -- Of groups: what we are there (standing.h). The first three are taken from details.
  owned INTEGER NOT NULL DEFAULT 0,
  hide_info INTEGER NOT NULL DEFAULT 0,     -- members do not see each other's details
  all_banned INTEGER NOT NULL DEFAULT 0,    -- until when only admins may write, -1: for ever
  admin INTEGER NOT NULL DEFAULT 0,
  my_name TEXT,
  my_ban INTEGER NOT NULL DEFAULT 0,        -- until when we may not write, -1: for ever
  standing INTEGER NOT NULL DEFAULT 0,      -- the three before it: 0: not asked for yet, 1: to be asked for again, 2: known
  role INTEGER GENERATED ALWAYS AS (CASE            -- FlooRole
    WHEN kind <> 1 THEN NULL WHEN listed = 0 THEN 0 WHEN owned = 1 THEN 3 WHEN admin = 1 THEN 2 WHEN standing > 0 THEN 1 END) VIRTUAL,
  banned_until INTEGER GENERATED ALWAYS AS (CASE    -- by either ban
    WHEN listed = 0 THEN 0
    WHEN my_ban = -1 OR (all_banned = -1 AND owned = 0 AND admin = 0) THEN -1
    ELSE max(my_ban, iif(owned OR admin, 0, all_banned)) END) VIRTUAL,
  hidden INTEGER GENERATED ALWAYS AS (hide_info = 1 AND owned = 0 AND admin = 0) VIRTUAL,   -- we do not, either
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contacts_listed ON contacts (kind, id) WHERE listed = 1;
CREATE INDEX contacts_missing ON contacts (kind, id) WHERE (listed = 1 OR wanted = 1) AND (details IS NULL OR stale = 1);
CREATE INDEX contacts_standing ON contacts (kind, id) WHERE kind = 1 AND listed = 1 AND standing <> 2;

-- Cached lists (lists.h): how far each was read. cursor: where the reading under way goes on.
CREATE TABLE lists (
  list INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  cursor TEXT,
  complete INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (list, owner)
) STRICT, WITHOUT ROWID;

-- Their entries; generation: of the reading that saw them last.
CREATE TABLE list_entries (
  list INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  id INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  stale INTEGER NOT NULL DEFAULT 0,
  expires INTEGER NOT NULL DEFAULT 0,
  decided INTEGER NOT NULL DEFAULT 0,       -- of applications and invitations: when we heard of the decision
  details TEXT NOT NULL,                    -- JSON
  PRIMARY KEY (list, owner, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX list_entries_by_owner ON list_entries (owner);
CREATE INDEX list_entries_decided ON list_entries (list, decided) WHERE decided > 0;
CREATE INDEX list_entries_stale ON list_entries (list, owner, id) WHERE stale = 1;

-- What waits for an acknowledgement (outbox.h); state is a FlooSendState.
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
  error_code INTEGER NOT NULL DEFAULT 0,    -- that the service gave; 0: none
  error TEXT,
  content TEXT,
  ext TEXT,
  config TEXT,
  attachment TEXT,
  file TEXT,                                -- JSON: what is to be uploaded first (ordered is 0 as long); NULL: nothing, or it is done
  -- The frame that it goes out with, where its client_id alone does not say it; what an answer left in doubt; and edits that the service
  -- accepted before others (outbox.h).
  frame INTEGER NOT NULL DEFAULT 0,
  doubt INTEGER NOT NULL DEFAULT 0,
  named INTEGER NOT NULL DEFAULT 0,
  accepted INTEGER NOT NULL DEFAULT 0,
  edited INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0     -- a message that waits for this time, ms (ordered is 0 as long); 0: for none
) STRICT;
CREATE INDEX outbox_not_before ON outbox (not_before, client_id) WHERE not_before <> 0;
CREATE INDEX outbox_edits ON outbox (target, client_id) WHERE state IN (2, 6) AND operation IN (8, 9);
CREATE INDEX outbox_accepted ON outbox (target, accepted) WHERE accepted <> 0;
CREATE INDEX outbox_frames ON outbox (frame, client_id) WHERE frame <> 0;
CREATE INDEX outbox_uncertain ON outbox (client_id) WHERE state = 5;
CREATE INDEX outbox_uploads ON outbox (conversation, client_id) WHERE file IS NOT NULL;
CREATE INDEX outbox_out_of_order ON outbox (conversation, client_id) WHERE ordered = 0 AND operation = 0;
CREATE INDEX outbox_files ON outbox (client_id) WHERE file IS NOT NULL;
CREATE INDEX outbox_unsettled ON outbox (conversation, client_id) WHERE state IN (1, 2, 5) AND ordered = 1;
CREATE INDEX outbox_heads ON outbox (client_id) WHERE head = 1;
CREATE UNIQUE INDEX outbox_head_of_conversation ON outbox (conversation) WHERE head = 1 AND ordered = 1;
CREATE INDEX outbox_messages ON outbox (conversation, client_id) WHERE operation = 0;
CREATE INDEX outbox_failed ON outbox (conversation) WHERE operation = 0 AND state = 4;
CREATE INDEX outbox_targets ON outbox (target) WHERE operation <> 0;

-- The callers' idempotency tokens.
CREATE TABLE tokens (
  token TEXT PRIMARY KEY,
  digest TEXT NOT NULL,
  client_id INTEGER NOT NULL,
  used INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_use ON tokens (used);

-- Events. The row with the highest serial always stays, so that no number is given twice.
CREATE TABLE journal (
  serial INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  signal INTEGER NOT NULL,        -- FlooSignal
  body BLOB,                      -- the signal's arguments, GVariant little-endian in normal form; NULL: refs say it all
  refs BLOB                       -- ids of the messages in it, int64 little-endian
) STRICT;

INSERT INTO meta (key, value) VALUES ('created', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));
