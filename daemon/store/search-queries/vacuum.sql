-- SPDX-License-Identifier: GPL-3.0-or-later
-- Gives the file's last 64 pages back, or as many as nothing uses.
PRAGMA incremental_vacuum (64);
