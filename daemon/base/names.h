/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * names.h: names and limits that more than one file needs.
 */
#pragma once

/* The bus. An instance NAME owns FLOO_BUS_NAME ".Instance." NAME. */
#define FLOO_BUS_NAME "im.floo.Daemon1"
#define FLOO_BUS_NAME_INSTANCE_PREFIX FLOO_BUS_NAME ".Instance."
#define FLOO_OBJECT_PATH "/im/floo/Daemon1"
#define FLOO_TRANSFERS_PATH FLOO_OBJECT_PATH "/transfers"
#define FLOO_IFACE_ACCOUNT FLOO_BUS_NAME ".Account"
#define FLOO_IFACE_ROSTER FLOO_BUS_NAME ".Roster"
#define FLOO_IFACE_GROUPS FLOO_BUS_NAME ".Groups"
#define FLOO_IFACE_CONVERSATIONS FLOO_BUS_NAME ".Conversations"
#define FLOO_IFACE_FILES FLOO_BUS_NAME ".Files"
#define FLOO_IFACE_TRANSFER FLOO_BUS_NAME ".Transfer"
#define FLOO_IFACE_EVENTS FLOO_BUS_NAME ".Events"
#define FLOO_ERROR_PREFIX FLOO_BUS_NAME ".Error."

/* Folders below the XDG base directories. */
#define FLOO_DIR_NAME "flooim"
#define FLOO_STORE_FILE "store.db"
#define FLOO_SEARCH_FILE "search.db"
#define FLOO_SEARCH_NEW_FILE "search.db.new" /* one that will take its place */
#define FLOO_OUTGOING_DIR "outgoing"         /* beside the store: the files of messages that are not sent */

/* Limits of what comes from outside (bytes unless stated otherwise). */
#define FLOO_MAX_FRAME (32u << 20)           /* one WebSocket message, and so one encoded frame; more is discarded */
#define FLOO_MAX_INFLATED (64u << 20)        /* a frame's payload after inflation; likewise */
#define FLOO_MAX_FRAME_MEMORY (128u << 20)   /* what unpacking one frame may allocate */
#define FLOO_MAX_ITEM_MEMORY (32u << 20)     /* what unpacking one entry's payload may allocate besides */
#define FLOO_MAX_PAGE_METAS 10000u           /* entries of one sync page */
#define FLOO_MAX_JSON (8u << 20)             /* one JSON text */
#define FLOO_MAX_JSON_DEPTH 64u              /* nesting levels of one JSON text */
#define FLOO_MAX_JSON_VALUES (1u << 19)      /* values of one JSON text: each takes some 90 bytes once parsed */
#define FLOO_MAX_CONTENT (256u << 10)        /* content of a message that a client sends; larger: TooLarge */
#define FLOO_MAX_EXTRA (64u << 10)           /* ext, config or attachment of a message that a client sends */
#define FLOO_MAX_ARGUMENT (4u << 10)         /* any other text of a call: names, passwords, tokens of a login, choices */
#define FLOO_MAX_TOKEN 256u                  /* a client's idempotency token */
#define FLOO_MAX_IDS 1000u                   /* ids in one argument of a client */
#define FLOO_MAX_LIMIT 500u                  /* entries of one page that a client asks for */

/* How intake is batched and signalled. */
#define FLOO_INTAKE_BATCH 256u               /* messages; no page is added to a batch of this many */
#define FLOO_SIGNAL_MESSAGES 256u            /* messages in one plural signal */
#define FLOO_SIGNAL_BYTES (1u << 20)         /* bytes in one plural signal */
#define FLOO_BUS_FLUSH_BYTES (1u << 20)      /* bytes of signals and replies after which the bus is asked whether they are out */
#define FLOO_BUS_CONGESTED_BYTES (8u << 20)  /* bytes on the way to the bus from which on intake and reading pause, until half of it */

/* What clients may have under way, each and together: calls, and bytes of their arguments. */
#define FLOO_BUS_CLIENT_CALLS 10000u
#define FLOO_BUS_CALLS 20000u
#define FLOO_BUS_CLIENT_BYTES (32u << 20)
#define FLOO_BUS_BYTES (64u << 20)

/* Replay's reply is bounded. */
#define FLOO_REPLAY_EVENTS 1000u
#define FLOO_REPLAY_BYTES (1u << 18)

/* Times, in ms. */
#define FLOO_REST_TIMEOUT_MS 20000
#define FLOO_LOGIN_TIMEOUT_MS 20000
#define FLOO_CALL_TIMEOUT_MS 22000           /* of a whole call, whatever it takes; D-Bus's own is 25,000 */
#define FLOO_SEARCH_TIMEOUT_MS 10000         /* how long a search waits for its index */
#define FLOO_CONNECT_TIMEOUT_MS 10000        /* plus FLOO_CONNECT_TIMEOUT_STEP_MS a failed try */
#define FLOO_CONNECT_TIMEOUT_STEP_MS 20000
#define FLOO_UNREAD_INTERVAL_MS 50000        /* the application's heartbeat */
