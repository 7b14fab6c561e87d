-- SPDX-License-Identifier: GPL-3.0-or-later
-- Schema 4: the frame that a row of the outbox goes out with, where its client_id alone does not say it; what an answer left in doubt; and
-- edits that the service accepted before others (outbox.h).
ALTER TABLE outbox ADD COLUMN frame INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN doubt INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN named INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_frames ON outbox (frame, client_id) WHERE frame <> 0;
CREATE INDEX outbox_uncertain ON outbox (client_id) WHERE state = 5;
CREATE INDEX outbox_edits ON outbox (target, client_id) WHERE state IN (2, 6) AND operation IN (8, 9);
CREATE INDEX outbox_accepted ON outbox (target, accepted) WHERE accepted <> 0;
UPDATE outbox SET doubt = 1 WHERE state = 5 AND error IS NOT NULL;
PRAGMA user_version = 4;
