// SPDX-License-Identifier: GPL-3.0-or-later
// A small service on the genuine socket.io server: discovery, REST and the socket, for one user with one friend and one group.
'use strict';

const http = require('node:http');
const { once } = require('node:events');
const socketIo = require('socket.io');
const { BodyType, Command, DOWNLINK, NameSpace, OpType, StatusCode, UPLINK, decodeFrame, decodeMeta, encode, encodeFrame } =
  require('./wire.js');
const { Inbox } = require('./support.js');

const APP = 'interop';
const USER = { id: 5001, name: 'tester', password: 'tester-secret' };
const FRIEND = 5002;
const GROUP = 7001;
const DEVICE_SN = 4242;
// Ids beyond what a double holds.
const FIRST_ID = 9007199254740993n;
const PAGE = 2;

// Operations that need no token; all others do.
const OPEN = new Set(['/', '/dns', '/app/config', '/token/user', '/token/id']);

const RECORDS = {
  'GET /app/config': () => ({ app_id: APP }),
  'GET /roster/list': () => [FRIEND],
  'POST /roster/list': ({ list }) => list.map(id => ({ user_id: id, username: `user${id}`, nick_name: `User ${id}`, relation: 0 })),
  'GET /roster/blocked_list': () => [],
  'GET /group/user_joined': () => [GROUP],
  'POST /group/info/batch': ({ group_list }) => group_list.map(id => ({ group_id: id, name: `Group ${id}`, owner: FRIEND, status: 0 })),
  'POST /group/members/display_name': ({ user_list }) => user_list.map(id => ({ user_id: id, display_name: '', expired_time: 0 })),
  'GET /group/admin_list': () => [],
  'GET /group/info': () => ({ group_id: GROUP, name: `Group ${GROUP}`, owner_id: FRIEND, status: 0, read_ack: false }),
  'GET /user/profile': () => ({ user_id: USER.id, username: USER.name, nick_name: 'Tester' }),
  'GET /user/settings': () => ({ user_id: USER.id, auth_mode: 1 }),
  'GET /user/conversation/pin_list': () => ({ conversation_ids: [] }),
};

class Service {
  // What the daemon did, one by one: every request of REST, every frame, every packet of Engine.IO, the end of each socket.
  requests = new Inbox();
  frames = new Inbox();
  pings = new Inbox();
  ends = new Inbox();
  // What it should not have done.
  faults = [];

  #conversations = new Map();
  #acknowledged = new Map();
  #nextId = FIRST_ID;
  #token = `token-${process.pid}`;

  async start() {
    this.server = http.createServer((request, response) => this.#answer(request, response));
    this.io = socketIo(this.server, { transports: ['websocket'], serveClient: false, pingInterval: 1000, pingTimeout: 20000 });
    this.io.on('connection', socket => this.#serve(socket));
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.host = `127.0.0.1:${this.server.address().port}`;
    this.dns = `http://${this.host}/dns`;
  }

  async stop() {
    await new Promise(resolve => this.io.close(resolve));
  }

  // ---- REST ----

  async #answer(request, response) {
    const chunks = await request.toArray();
    const url = new URL(request.url, `http://${this.host}`);
    const { method, headers } = request;
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks)) : {};
    this.requests.push({ method, path: url.pathname, query: url.searchParams, headers, body });

    if (url.pathname !== '/' && url.pathname !== '/dns' && headers.app_id !== APP)
      this.faults.push(`${method} ${url.pathname} without app_id`);
    if (!OPEN.has(url.pathname) && headers['access-token'] !== this.#token)
      this.faults.push(`${method} ${url.pathname} without the token`);
    if (OPEN.has(url.pathname) && headers['access-token'] !== undefined)
      this.faults.push(`${method} ${url.pathname} with a token`);
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.end(JSON.stringify(this.#envelope(method, url, body)));
  }

  #envelope(method, url, body) {
    const operation = `${method} ${url.pathname}`;
    if (operation === 'GET /dns')
      return { code: 200, data: this.#discovery(), message: '' };
    if (operation === 'GET /')
      return {};
    if (operation === 'POST /token/user' || operation === 'POST /token/id')
      return this.#login(body);
    if (operation in RECORDS)
      return { code: 200, data: RECORDS[operation](body), message: '' };
    this.faults.push(`${operation} is not served here`);
    return { code: 10404, message: 'no such operation' };
  }

  #discovery() {
    const servers = [{ protocol: 'http', host: this.host }];
    return {
      version: '1', app_status: 'normal', account_verification: {}, dns_server_list: [], link_server_list: [],
      dns_list: [{ group_level: 0, clusters: [{ ratel: servers, webim: servers, rtc: [], fireplace: [] }] }],
    };
  }

  #login({ name, user_id, password }) {
    if ((name !== USER.name && user_id !== USER.id) || password !== USER.password)
      return { code: 11001, message: 'wrong password' };
    return { code: 200, data: { user_id: USER.id, token: this.#token, public_key: '' }, message: '' };
  }

  // ---- the socket ----

  #serve(socket) {
    this.socket = socket;
    socket.conn.on('packet', packet => {
      if (packet.type === 'ping')
        this.pings.push(packet);
    });
    socket.on('disconnect', reason => this.ends.push(reason));
    socket.on('frame', bytes => this.#receive(socket, bytes));
  }

  // Written by us again, it must be the same bytes: every field in order, every zero in its place.
  #checkBytes(bytes, frame) {
    const again = encodeFrame(frame.command, UPLINK, frame.payload);
    if (!again.equals(bytes))
      this.faults.push(`a frame is ${bytes.toString('hex')}, protobufjs writes ${again.toString('hex')}`);
    const meta = frame.payload?.meta;
    if (meta?.ns === NameSpace.MESSAGE && !encode('MessageBody', decodeMeta(meta)).equals(meta.payload))
      this.faults.push(`a MessageBody is ${meta.payload.toString('hex')}`);
  }

  #receive(socket, bytes) {
    const frame = decodeFrame(UPLINK, bytes);
    this.#checkBytes(bytes, frame);
    this.frames.push({ ...frame, bytes });
    if (frame.command === Command.PROVISION)
      this.#provision(frame.payload);
    else if (frame.command === Command.UNREAD)
      this.send(Command.UNREAD, { status: { code: StatusCode.OK }, unread: this.#unread() });
    else if (frame.command === Command.SYNC && frame.payload.meta)
      this.#intake(frame.payload.meta);
    else if (frame.command === Command.SYNC && frame.payload.is_full_sync)
      this.#history(frame.payload);
    else if (frame.command === Command.SYNC)
      this.#page(frame.payload);
    else
      this.faults.push(`a frame of the command ${frame.command}`);
  }

  send(command, payload, options) {
    this.socket.emit('frame', encodeFrame(command, DOWNLINK, payload, options));
  }

  #provision({ token, xid }) {
    const ok = token === this.#token && xid.uid === String(USER.id);
    this.send(Command.PROVISION, {
      status: { code: ok ? StatusCode.OK : StatusCode.INVALID_TOKEN },
      ...(ok && { xid: { uid: USER.id, deviceSN: DEVICE_SN } }),
    });
  }

  // ---- conversations: everything there is, and how much of it the daemon has acknowledged ----

  #metas(uid) {
    if (!this.#conversations.has(uid))
      this.#conversations.set(uid, []);
    return this.#conversations.get(uid);
  }

  #fresh(uid) {
    return this.#metas(uid).filter(meta => meta.id > (this.#acknowledged.get(uid) ?? 0n));
  }

  // A message of the friend, to the user or the group; @known: the daemon is to find it in the history only. Its id.
  say(content, { group = false, known = false } = {}) {
    const id = this.#nextId++;
    const uid = group ? GROUP : FRIEND;
    this.#metas(uid).push({
      id,
      wire: {
        id: String(id), from: { uid: FRIEND, deviceSN: 1 }, to: { uid: group ? GROUP : USER.id, deviceSN: 0 }, timestamp: Date.now(),
        ns: NameSpace.MESSAGE,
        payload: encode('MessageBody', {
          type: group ? BodyType.GROUPCHAT : BodyType.CHAT, content, ctype: 0, operation: { type: OpType.UNKNOWN, mid: 0 }, status: 0,
        }),
      },
    });
    if (known)
      this.#acknowledged.set(uid, id);
    return id;
  }

  #unread() {
    return [...this.#conversations.keys()].map(uid => ({
      xid: { uid, deviceSN: 0 }, n: this.#fresh(uid).length, type: uid === GROUP ? 2 : 1,
    }));
  }

  #sendPage(uid, metas, next, options) {
    this.send(Command.SYNC, {
      status: { code: StatusCode.OK }, metas: metas.map(meta => meta.wire), next_key: String(next), xid: { uid, deviceSN: 0 },
    }, options);
  }

  // The last page with something in it has a key, too, which an empty one answers. Every other page is compressed.
  #page({ xid, key }) {
    const uid = Number(xid.uid);
    if (key !== undefined)
      this.#acknowledged.set(uid, BigInt(key));
    const metas = this.#fresh(uid).slice(0, PAGE);
    this.#sendPage(uid, metas, metas.at(-1)?.id ?? 0, { compress: metas.length % 2 === 0 });
  }

  #history({ xid, key, full_sync_num }) {
    const uid = Number(xid.uid);
    const all = this.#metas(uid).filter(meta => key === '0' || meta.id <= BigInt(key)).reverse();
    const next = all[full_sync_num]?.id ?? 0n;
    this.send(Command.SYNC, {
      status: { code: StatusCode.OK }, metas: all.slice(0, full_sync_num).map(meta => meta.wire), next_key: String(next),
      xid: { uid, deviceSN: 0 }, is_full_sync: true,
    });
  }

  // Acknowledges whatever comes; a message with this content is refused.
  #intake(meta) {
    const refused = meta.ns === NameSpace.MESSAGE && decodeMeta(meta).content === 'refuse me';
    const id = this.#nextId++;
    this.send(Command.SYNC, {
      status: refused ? { code: StatusCode.WORD_CENSORED, reason: 'antispam' } : { code: StatusCode.OK },
      client_mid: meta.id, ...(!refused && { server_mid: String(id) }), server_time: Date.now(),
    });
  }

  // ---- what the service does by itself ----

  // @bare: the XID alone.
  notice(uid, bare) {
    const xid = { uid, deviceSN: 0 };
    this.socket.emit('frame', encode('Frame', {
      vsn: 0, compress_method: 0, command: Command.NOTICE, payload: bare ? encode('XID', xid) : encode('Notice', { xid }),
    }));
  }

  // A SyncDL that nobody asked for.
  push(uid) {
    this.#sendPage(uid, this.#fresh(uid), 0);
  }

  kickOff() {
    this.socket.disconnect(true);
  }

  // The next SYNC of the daemon that @wants accepts.
  sync(what, wants) {
    return this.frames.take(what, frame => frame.command === Command.SYNC && wants(frame.payload));
  }

  // The next Meta of the daemon whose body @wants accepts: { meta, body, bytes }.
  async meta(what, wants) {
    const frame = await this.sync(what, ({ meta }) => meta?.ns === NameSpace.MESSAGE && wants(decodeMeta(meta)));
    return { meta: frame.payload.meta, body: decodeMeta(frame.payload.meta), bytes: frame.bytes };
  }
}

module.exports = { Service, APP, USER, FRIEND, GROUP, DEVICE_SN };
