/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sandbox.h: the service's double as one object: the state, the HTTP server that
 * everything is served from, the live connections, and the faults that are ordered.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "state.h"

G_BEGIN_DECLS

/* How frames are sent. */
typedef enum {
  SB_BINARY,                  /* one binary message */
  SB_BASE64,                  /* Engine.IO's text form "b4..." */
  SB_FRAGMENTS                /* a binary message in three WebSocket fragments */
} SbFrameForm;

/* Which answers omit the status OK. */
typedef enum { SB_STATUS_ALWAYS, SB_STATUS_NOT_ON_PAGES, SB_STATUS_ERRORS_ONLY } SbStatusForm;

/* How a conversation is named. */
typedef enum {
  SB_XID_FULL,                /* with the deviceSN 0 on pages, without it elsewhere */
  SB_XID_BARE,                /* without deviceSN */
  SB_XID_SPARSE               /* and the system's conversation as an empty XID */
} SbXidForm;

enum { SB_QR_WAITING_EMPTY, SB_QR_WAITING_ERROR };
/* A new one, the user's own, or one for a single login. */
enum { SB_PASSWORD_MADE, SB_PASSWORD_OWN, SB_PASSWORD_ONCE };

/* The next_key at the end of a conversation, or of its history. */
typedef enum {
  SB_KEYS_NORMAL,
  SB_KEYS_STUCK,              /* empty pages without end, with the key that was asked with */
  SB_KEYS_ENDLESS,            /* empty pages without end, with a new key each */
  SB_KEYS_REPEAT              /* the first page again and again, whatever the key */
} SbKeys;

/* The cursors of paged lists. */
typedef enum {
  SB_CURSORS_NORMAL,
  SB_CURSORS_SAME,            /* the first page again and again, with the same cursor */
  SB_CURSORS_LOOP,            /* after the last page comes the first one */
  SB_CURSORS_EMPTY,           /* after the last page come empty ones without end, with a new cursor each */
  SB_CURSORS_INVENTED         /* the same, but with ids of nobody (only lists of ids, others as SB_CURSORS_LOOP) */
} SbCursors;

/* What the real service may do in different ways; control-settings.c has the table of their names. */
typedef struct {
  int page_size;              /* metas of a sync page */
  int page_bytes;             /* a page ends with the meta that reaches this number of payload bytes; 0: no limit */
  int status_form;            /* SbStatusForm */
  int next_key;               /* SbKeys of SYNC */
  int history_key;            /* SbKeys of the history */
  int cursors;                /* SbCursors */
  gint64 clock_skew;          /* ms that the service's clock is ahead */
  gboolean last_page_zero;    /* the last page has next_key 0; else an empty page after it does */
  gboolean push;              /* new messages are pushed as pages, else announced by NOTICE */
  gboolean push_key;          /* pushed pages have a next_key for the next request; else a request without a key acknowledges them */
  gboolean notice_message;    /* NOTICE carries Notice{xid}, else a bare XID */
  gboolean group_notices_system;  /* group notices come under the system's conversation, else under the group */
  gboolean omit_xid;          /* SyncDL does not name its conversation */
  int xid_form;               /* SbXidForm of SyncDL, UnreadDL and Notice */
  gboolean compress;          /* payloads are sent with ZLIB */
  SbFrameForm frame_form;
  gboolean bare_duplicate;    /* a duplicate's answer has no server_mid */
  gboolean oss_upload;        /* uploads ask for the fields of oss_body_param */
  gboolean put_upload;        /* uploads must be a PUT, without a form */
  gboolean upload_elsewhere;  /* uploads go to the second port */
  int ping_interval;          /* ms */
  int ping_timeout;           /* ms */
  int recall_window;          /* ms within which a message may be recalled */
  int history_limit;          /* messages kept of a conversation, 0: all */
  int qr_lifetime;            /* ms */
  int qr_waiting;             /* SB_QR_WAITING_...: the answer to a code that is not confirmed yet */
  int login_password;         /* SB_PASSWORD_...: the password that a QR code or an SMS leads to */
  int sms_interval;           /* ms between two codes to one number */
  gboolean no_anonymous;      /* registration without a proof of identity is refused */
  gboolean verify_needed;     /* messages of users who are not verified are refused */
  char *app_status;           /* in the answer of discovery */
  int account_verification;   /* of the application, as discovery and /app/config tell it: see sb_account_verification() */
} SbSettings;

/* How acknowledgements misbehave. */
typedef enum { SB_ACK_NORMAL, SB_ACK_DROP, SB_ACK_LATE, SB_ACK_TWICE, SB_ACK_NO_SERVER_MID, SB_ACK_RANDOM } SbAckMode;

/* A REST answer that misbehaves. */
typedef struct {
  char *path;                 /* (nullable): every one */
  guint status;               /* HTTP status, 0: 200 */
  int code;                   /* envelope's code, 0: none */
  char *message;
  char *body;                 /* (nullable): sent instead of the envelope */
  guint delay_ms;
  gboolean drop;              /* the connection ends without an answer */
  int count;                  /* answers left; -1: without end */
} SbRestFault;

/* A status instead of what a client fetches. */
typedef struct {
  Floo__Status__ErrorCode code;
  const char *reason;         /* interned */
  int count;                  /* -1: without end */
} SbFetchFault;

typedef enum { SB_FETCH_UNREAD, SB_FETCH_SYNC, SB_FETCH_HISTORY, SB_N_FETCHES } SbFetch;

/* The faults that the control endpoint has ordered. */
typedef struct {
  int refuse;                 /* upgrades left to refuse; -1: all */
  guint refuse_status;        /* the HTTP status that refuses them */
  guint delay_ms;             /* before a connection is greeted */
  gboolean stall_all;
  SbAckMode ack;
  int ack_count;              /* -1: without end */
  guint ack_delay_ms;
  guint ack_lost;             /* percentage of SB_ACK_RANDOM that is never sent */
  GRand *ack_rand;
  Floo__Status__ErrorCode provision_code;
  const char *provision_reason; /* interned */
  int provision_count;
  Floo__Status__ErrorCode message_code;
  const char *message_reason; /* interned */
  int message_count;
  gint64 message_user;        /* only this one's; 0: everybody's */
  guint message_after;        /* the number that is accepted before */
  guint message_every;        /* after those, each n-th is refused */
  guint message_seen;
  SbFetchFault fetches[SB_N_FETCHES];
  GPtrArray *rest;            /* SbRestFault */
  guint n_rest;               /* answers that misbehaved */
  guint n_fetches;            /* pages that were requested, by any device */
} SbFaults;

typedef struct {
  gboolean on;
  guint delay_ms;
} SbBot;

typedef struct _SbTrace SbTrace;
typedef struct _SbWaits SbWaits;
typedef struct _SbFiles SbFiles;
typedef struct _SbHosts SbHosts;
typedef struct _SbAccounts SbAccounts;

typedef struct {
  SbState *state;
  SbSettings settings;
  SbFaults faults;
  SbBot bot;
  SbTrace *trace;
  SbWaits *waits;
  SbFiles *files;
  SbHosts *hosts;
  SbAccounts *accounts;
  SoupServer *server;
  GPtrArray *connections;     /* SbConnection, owned */
  GHashTable *timers;         /* GSource -> its timer; they die with the sandbox */
  guint16 port;               /* of the control interface, without TLS */
  const char *protocol;       /* "http" or "https" */
  char *origin;               /* "PROTOCOL://127.0.0.1:PORT" */
  char *host;                 /* "127.0.0.1:PORT" */
  char *elsewhere;            /* "PROTOCOL://127.0.0.1:PORT2": another host, as storage often is */
  char *persist;              /* (nullable): file that the state is kept in */
  gboolean verbose;
} Sandbox;

/* The usual bound on the payloads of one page. */
#define SB_PAGE_BYTES (512 << 10)

Sandbox *sandbox_new (guint32 seed);
/* Ends every connection and frees everything. */
void sandbox_free (Sandbox *sandbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sandbox, sandbox_free)

/**
 * sandbox_listen:
 * @port: on 127.0.0.1; 0: any that is free
 * @certificate: (nullable): with its key; the service is on a port of its own then, with TLS
 */
gboolean sandbox_listen (Sandbox *sandbox, guint16 port, GTlsCertificate *certificate, GError **error);

/**
 * sandbox_after:
 * @func: called once; frees @data itself (a timer that never fires leaves that to @destroy)
 *
 * As g_timeout_add_once(), for as long as the sandbox lives.
 */
void sandbox_after (Sandbox *sandbox, guint delay_ms, GSourceOnceFunc func, gpointer data, GDestroyNotify destroy);
/* Timers that will call @func are due at once. */
void sandbox_hasten (Sandbox *sandbox, GSourceOnceFunc func);

/* Takes one of a count of faults; FALSE: it is used up. -1 is never used up. */
gboolean sandbox_take (int *count);

/* The application's owner, as verified in the service's console. */
#define SB_APP_OWNER "Sandbox"
#define SB_APP_OWNER_TYPE "enterprise"
/* "unverified", "verified" or "expired" */
const char *sb_account_verification (Sandbox *sandbox);
/* The path of discovery in the trace and in faults, for both forms of the request. */
#define SB_DISCOVERY "/v2/app_dns"
/* Discovery: /v2/app_dns, and /dns for clients that are given a whole URL. */
gboolean sb_discovery_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *path, GHashTable *query);

/* seed.c: fills a new state with the documented users; the sandbox listens already, since attachments name its address. */
gboolean sb_seed_load (Sandbox *sandbox, GError **error);
/* persist.c */
gboolean sb_persist_save (Sandbox *sandbox, const char *file, GError **error);
gboolean sb_persist_load (Sandbox *sandbox, const char *file, GError **error);

/* bot.c: the user echo has got @message. */
void sb_bot_received (Sandbox *sandbox, SbUser *bot, const SbMessage *message);

/* Answers with a JSON document. */
void sb_answer_json (SoupServerMessage *msg, guint status, JsonNode *root);

G_END_DECLS
