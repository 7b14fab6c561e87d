-- SPDX-License-Identifier: GPL-3.0-or-later
-- The table outbox (outbox.h).

-- name: highest-client-id
-- in: ?1 the highest possible
-- out: the highest client_id in use, as a row's or as a frame's, 0: none
SELECT max(coalesce((SELECT max(client_id) FROM outbox WHERE client_id <= ?1), 0),
           coalesce((SELECT max(frame) FROM outbox WHERE frame <> 0 AND frame <= ?1), 0),
           coalesce((SELECT max(client_id) FROM messages WHERE client_id IS NOT NULL AND client_id <= ?1), 0));

-- name: outbox-accepted-targets
-- out: messages to which edits were accepted that have not taken effect
SELECT DISTINCT target FROM outbox INDEXED BY outbox_accepted WHERE accepted <> 0;

-- name: outbox-all-downward
-- out: the row, as floo_outbox_row_read() takes it, newest first
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error_code, not_before, error, content, ext, config, attachment, file
FROM outbox ORDER BY client_id DESC;

-- name: outbox-all
-- out: the row, as floo_outbox_row_read() takes it, oldest first
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error_code, not_before, error, content, ext, config, attachment, file
FROM outbox ORDER BY client_id;

-- name: outbox-begin-anew
-- in: ?1 client_id, ?2 frame
UPDATE outbox SET frame = ?2, attempts = 0 WHERE client_id = ?1;

-- name: outbox-clear-head
-- in: ?1 conversation, ?2 client_id of its head
UPDATE outbox SET head = 0 WHERE conversation = ?1 AND head = 1 AND ordered = 1 AND client_id <> ?2;

-- name: outbox-count-failed
-- out: how many messages failed
SELECT count(*) FROM outbox WHERE operation = 0 AND state = 4;

-- name: outbox-count
-- out: how many messages wait
SELECT count(*) FROM outbox WHERE state IN (1, 2, 5) AND operation = 0;

-- name: outbox-delete-dependents
-- in: ?1 client_id of a message
DELETE FROM outbox WHERE target = ?1 AND operation <> 0;

-- name: outbox-delete
-- in: ?1 client_id
DELETE FROM outbox WHERE client_id = ?1;

-- name: outbox-dependents
-- in: ?1 client_id of a message
-- out: client_id of the operations that wait for it
SELECT client_id FROM outbox WHERE target = ?1 AND operation <> 0 AND state IN (1, 2, 5) ORDER BY client_id;

-- name: outbox-edits
-- in: ?1 a message
-- out: the row, as floo_outbox_row_read() takes it, of the appends (8) and replacements (9) to it that went out and have not taken effect,
-- oldest first. One that went out more than once and was refused is among them: another copy of it may have been accepted.
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error_code, not_before, error, content, ext, config, attachment, file
FROM outbox INDEXED BY outbox_edits WHERE target = ?1 AND state IN (2, 6) AND operation IN (8, 9)
UNION ALL
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error_code, not_before, error, content, ext, config, attachment, file
FROM outbox INDEXED BY outbox_targets WHERE target = ?1 AND operation <> 0 AND operation IN (8, 9) AND state = 1 AND attempts > 1
ORDER BY client_id;

-- name: outbox-fail-dependents
-- in: ?1 client_id of a message that failed, ?2 permanent, ?3 error_code, ?4 error
UPDATE outbox SET state = 4, permanent = ?2, error_code = ?3, error = ?4 WHERE target = ?1 AND operation <> 0 AND state IN (1, 2, 5);

-- name: outbox-files
-- out: the row, as floo_outbox_row_read() takes it, of the messages whose file is not uploaded, oldest first
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error_code, not_before, error, content, ext, config, attachment, file
FROM outbox WHERE file IS NOT NULL ORDER BY client_id;

-- name: outbox-find-namesake
-- in: ?1 an id that the service gave, ?2 client_id of the row that it gave it to, ?3 conversation, ?4 our user id
-- out: a row where something else is called so already
SELECT 1 FROM outbox WHERE client_id = ?1
UNION ALL
SELECT 1 FROM messages WHERE client_id = ?1
UNION ALL
SELECT 1 FROM messages WHERE id = ?1 AND (conversation <> ?3 OR sender <> ?4 OR coalesce(client_id, ?2) <> ?2);

-- name: outbox-files-in-order
-- in: ?1 conversation
-- Messages whose file is uploaded take their place in the order when those of the files before them have: no file of the conversation that was
-- given to us earlier is being uploaded, at its first try. Others than image, audio, video and file (1 to 4), which had to wait for their time,
-- wait for none.
UPDATE outbox SET ordered = 1
WHERE conversation = ?1 AND ordered = 0 AND operation = 0 AND file IS NULL AND not_before = 0
  AND (type NOT BETWEEN 1 AND 4 OR NOT EXISTS (
    SELECT 1 FROM outbox AS b INDEXED BY outbox_uploads
    WHERE b.conversation = ?1 AND b.file IS NOT NULL AND b.client_id < outbox.client_id AND b.state = 1 AND b.attempts = 0 AND b.not_before = 0));

-- name: outbox-first-unsettled
-- in: ?1 conversation
-- out: the lowest client_id that holds up what is behind it, NULL: none
SELECT min(client_id) FROM outbox WHERE conversation = ?1 AND state IN (1, 2, 5) AND ordered = 1;

-- name: outbox-get-conversation
-- in: ?1 client_id
-- out: conversation
SELECT conversation FROM outbox WHERE client_id = ?1;

-- name: outbox-get-not-before
-- in: ?1 client_id
-- out: the time for which a message waits, 0: for none
SELECT not_before FROM outbox WHERE client_id = ?1 AND operation = 0;

-- name: outbox-get-state
-- in: ?1 client_id
-- out: state of a message
SELECT state FROM outbox WHERE client_id = ?1 AND operation = 0;

-- name: outbox-get
-- in: ?1 client_id
-- out: the row, as floo_outbox_row_read() takes it
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error_code, not_before, error, content, ext, config, attachment, file
FROM outbox WHERE client_id = ?1;

-- name: outbox-heads
-- out: client_id, conversation, ordered, attempts, next_retry of the heads in queued or sending, by client_id
-- What is in no order waits for its message, and reading (1 a message, 2 a conversation) and unreading (3) for what was said of the same
-- before: the last word counts.
SELECT client_id, conversation, ordered, attempts, next_retry
FROM outbox AS o INDEXED BY outbox_heads
WHERE head = 1 AND state IN (1, 2)
  AND (ordered = 1 OR operation = 0 OR NOT EXISTS (SELECT 1 FROM outbox AS t WHERE t.client_id = o.target))
  AND (operation NOT IN (1, 3) OR NOT EXISTS (
    SELECT 1 FROM outbox AS b WHERE b.target = o.target AND b.operation IN (1, 3) AND b.client_id < o.client_id AND b.state IN (1, 2, 5)))
  AND (operation NOT IN (2, 3) OR NOT EXISTS (
    SELECT 1 FROM outbox AS b INDEXED BY outbox_heads
    WHERE b.head = 1 AND b.client_id < o.client_id AND b.conversation = o.conversation AND b.operation IN (2, 3) AND b.state IN (1, 2, 5)))
ORDER BY client_id;

-- name: outbox-in-order
-- in: ?1 conversation
-- out: the row, as floo_outbox_row_read() takes it, and whether its target is still in the outbox, of those that are not settled and go in
-- order, by client_id
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error_code, not_before, error, content, ext, config, attachment, file,
       operation <> 0 AND EXISTS (SELECT 1 FROM outbox AS t WHERE t.client_id = o.target)
FROM outbox AS o
WHERE conversation = ?1 AND state IN (1, 2, 5) AND ordered = 1
ORDER BY client_id;

-- name: outbox-insert
-- in: ?1 client_id, ?2 conversation, ?3 to_type, ?4 recipient, ?5 operation, ?6 target, ?7 type, ?8 priority, ?9 timestamp, ?10 state,
-- ?11 attempts, ?12 next_retry, ?13 device_sn, ?14 permanent, ?15 ordered, ?16 error, ?17 content, ?18 ext, ?19 config, ?20 attachment, ?21 file,
-- ?22 frame, ?23 doubt, ?24 named, ?25 accepted, ?26 edited, ?27 error_code, ?28 not_before
INSERT INTO outbox (client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
                    device_sn, permanent, ordered, head, error, content, ext, config, attachment, file, frame, doubt, named, accepted, edited,
                    error_code, not_before)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, iif(?21 IS NULL AND ?28 = 0, ?15, 0),
        iif(?15 OR ?21 IS NOT NULL OR ?28 <> 0, 0, 1), ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28);

-- name: outbox-is-message
-- in: ?1 client_id
-- out: client_id, where it is a message
SELECT client_id FROM outbox WHERE client_id = ?1 AND operation = 0;

-- name: outbox-last-of-conversation
-- in: ?1 conversation
-- out: the row, as floo_outbox_row_read() takes it, of the newest message (no command, not cancelled, none that is not due yet)
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error_code, not_before, error, content, ext, config, attachment, file
FROM outbox WHERE conversation = ?1 AND operation = 0 AND type <> 6 AND state <> 6 AND not_before = 0
ORDER BY client_id DESC LIMIT 1;

-- name: outbox-make-due
-- in: ?1 client_id, ?2 time
-- As if it had been given to us now; outbox-files-in-order gives it its place.
UPDATE outbox SET not_before = 0, timestamp = ?2, ordered = 0 WHERE client_id = ?1 AND not_before <> 0;

-- name: outbox-mark-uncertain
-- in: ?1 device_sn that is valid
UPDATE outbox SET state = 5, doubt = 0, named = 0, error_code = 0, error = NULL WHERE state = 2 AND state IN (1, 2, 5) AND accepted = 0 AND device_sn <> ?1;

-- name: outbox-next-not-before
-- out: the earliest time for which a message waits, NULL: none does
SELECT min(not_before) FROM outbox WHERE not_before <> 0;

-- name: outbox-of-frame
-- in: ?1 client_mid of a frame
-- out: the row, as floo_outbox_row_read() takes it, of all that go out with it, oldest first
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error_code, not_before, error, content, ext, config, attachment, file
FROM outbox WHERE client_id = ?1 AND frame = 0
UNION ALL
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error_code, not_before, error, content, ext, config, attachment, file
FROM outbox WHERE frame = ?1 AND frame <> 0
ORDER BY client_id;

-- name: outbox-overdue
-- in: ?1 time, ?2 limit
-- out: the row, as floo_outbox_row_read() takes it, of the messages that waited for a time which has come, oldest first
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error_code, not_before, error, content, ext, config, attachment, file
FROM outbox INDEXED BY outbox_not_before WHERE not_before <> 0 AND not_before <= ?1 ORDER BY not_before, client_id LIMIT ?2;

-- name: outbox-page
-- in: ?1 client_id after which it begins, ?2 limit
-- out: the row, as floo_outbox_row_read() takes it, of what is not cancelled, oldest first
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error_code, not_before, error, content, ext, config, attachment, file
FROM outbox WHERE client_id > ?1 AND state <> 6 ORDER BY client_id LIMIT ?2;

-- name: outbox-retarget
-- in: ?1 client_id of a message, ?2 its id
UPDATE outbox SET target = ?2 WHERE target = ?1 AND operation <> 0;

-- name: outbox-retry-at-once
-- A new connection: what had no answer on the last one waits for nothing.
UPDATE outbox SET next_retry = 0 WHERE state = 2 AND state IN (1, 2, 5) AND next_retry <> 0;

-- name: outbox-set-accepted
-- in: ?1 client_id, ?2 id of the operation, ?3 its time
UPDATE outbox SET accepted = ?2, edited = ?3, error_code = 0, error = NULL, next_retry = 0 WHERE client_id = ?1;

-- name: outbox-set-doubt
-- in: ?1 client_id, ?2 doubt, ?3 the message that the answer named
UPDATE outbox SET doubt = ?2, named = ?3 WHERE client_id = ?1;

-- name: outbox-set-file
-- in: ?1 client_id, ?2 file (NULL: it is uploaded, and the message was never on its way; outbox-files-in-order gives it its place), ?3 attachment
UPDATE outbox SET
  file = ?2, attachment = ?3, ordered = 0, attempts = iif(?2 IS NULL, 0, attempts)
WHERE client_id = ?1;

-- name: outbox-set-config
-- in: ?1 client_id, ?2 config
UPDATE outbox SET config = ?2 WHERE client_id = ?1;

-- name: outbox-set-frame
-- in: ?1 client_id, ?2 frame
UPDATE outbox SET frame = ?2 WHERE client_id = ?1;

-- name: outbox-set-head
-- in: ?1 client_id
UPDATE outbox SET head = 1 WHERE client_id = ?1 AND head = 0;

-- name: outbox-set-state
-- in: ?1 client_id, ?2 state, ?3 what is added to attempts, ?4 next_retry, ?5 device_sn (0: as it is), ?6 permanent, ?7 error_code, ?8 error
UPDATE outbox SET
  state = ?2, attempts = min(attempts, 1000000) + ?3, next_retry = ?4, device_sn = iif(?5 = 0, device_sn, ?5), permanent = ?6,
  error_code = ?7, error = ?8
WHERE client_id = ?1;

-- name: outbox-uncertain
-- out: the row, as floo_outbox_row_read() takes it, of those that are uncertain, oldest first
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error_code, not_before, error, content, ext, config, attachment, file
FROM outbox WHERE state = 5 ORDER BY client_id;

-- name: page-outbox-after
-- in: ?1 conversation, ?2 client_id (excluded), ?3 limit
-- out: the row, as floo_outbox_row_read() takes it, oldest first
-- Messages only: no operations, no commands (type 6), nothing that was cancelled (state 6) or is not due yet.
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error_code, not_before, error, content, ext, config, attachment, file
FROM outbox WHERE conversation = ?1 AND client_id > ?2 AND operation = 0 AND type <> 6 AND state <> 6 AND not_before = 0
ORDER BY client_id ASC LIMIT ?3;

-- name: page-outbox-before
-- in: ?1 conversation, ?2 client_id (excluded), ?3 limit
-- out: the row, as floo_outbox_row_read() takes it, newest first
-- Messages only: no operations, no commands (type 6), nothing that was cancelled (state 6) or is not due yet.
SELECT client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
       device_sn, permanent, frame, doubt, named, accepted, edited, error_code, not_before, error, content, ext, config, attachment, file
FROM outbox WHERE conversation = ?1 AND client_id < ?2 AND operation = 0 AND type <> 6 AND state <> 6 AND not_before = 0
ORDER BY client_id DESC LIMIT ?3;

-- name: outbox-changed
-- in: ?1 JSON array of client_ids
-- out: conversation
SELECT conversation FROM outbox WHERE client_id IN (SELECT value FROM json_each(?1));
