-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: messages to which edits were accepted that have not taken effect
SELECT DISTINCT target FROM outbox INDEXED BY outbox_accepted WHERE accepted <> 0;
