-- SPDX-License-Identifier: GPL-3.0-or-later
-- Gives the file's last 256 pages back, or as many as nothing uses.
PRAGMA incremental_vacuum (256);
