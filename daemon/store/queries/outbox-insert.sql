-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 client_id, ?2 conversation, ?3 to_type, ?4 recipient, ?5 operation, ?6 target, ?7 type, ?8 priority, ?9 timestamp, ?10 state,
-- ?11 attempts, ?12 next_retry, ?13 device_sn, ?14 permanent, ?15 ordered, ?16 error, ?17 content, ?18 ext, ?19 config, ?20 attachment, ?21 file,
-- ?22 frame, ?23 doubt, ?24 named, ?25 accepted, ?26 edited
INSERT INTO outbox (client_id, conversation, to_type, recipient, operation, target, type, priority, timestamp, state, attempts, next_retry,
                    device_sn, permanent, ordered, head, error, content, ext, config, attachment, file, frame, doubt, named, accepted, edited)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, iif(?21 IS NULL, ?15, 0), iif(?15 OR ?21 IS NOT NULL, 0, 1), ?16, ?17,
        ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26);
