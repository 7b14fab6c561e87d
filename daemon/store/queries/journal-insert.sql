-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 serial, ?2 time, ?3 signal, ?4 body, ?5 refs
INSERT INTO journal (serial, time, signal, body, refs) VALUES (?1, ?2, ?3, ?4, ?5);
