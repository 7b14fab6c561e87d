// SPDX-License-Identifier: GPL-3.0-or-later
// A client of the service on the genuine socket.io-client.
'use strict';

const io = require('socket.io-client');
const { Command, DOWNLINK, NameSpace, StatusCode, UPLINK, BodyType, encode, encodeFrame, decodeFrame } = require('./wire.js');
const { Inbox, parseJson, within } = require('./support.js');

// Asks a REST operation; the envelope must say 200.
async function rest(ratel, method, path, { body, token, appId }) {
  const headers = { app_id: appId };
  if (token)
    headers['access-token'] = token;
  if (body)
    headers['content-type'] = 'application/json';
  const answer = await fetch(ratel + path, { method, headers, body: body && JSON.stringify(body) });
  const envelope = parseJson(await answer.text());
  if (envelope.code !== 200)
    throw new Error(`${method} ${path}: ${envelope.code} ${envelope.message}`);
  return envelope.data;
}

async function discover(origin, appId) {
  const answer = await fetch(`${origin}/v2/app_dns?app_id=${appId}&source=sdk`);
  const { data } = parseJson(await answer.text());
  const [cluster] = data.dns_list.find(group => group.group_level === 0).clusters;
  const url = ({ protocol, host }) => `${protocol}://${host}`;
  return { appId, ratel: url(cluster.ratel[0]), webim: url(cluster.webim[0]) };
}

class Client {
  #socket;
  #frames = new Inbox();
  #lastMid = Date.now();

  // @endpoints: of discover()
  constructor(endpoints, guid) {
    this.endpoints = endpoints;
    this.guid = guid;
  }

  async token(name, password) {
    const { ratel, appId } = this.endpoints;
    const data = await rest(ratel, 'POST', '/token/user', { body: { name, password }, appId });
    this.uid = data.user_id;
    this.accessToken = data.token;
  }

  rest(method, path, body) {
    const { ratel, appId } = this.endpoints;
    return rest(ratel, method, path, { body, appId, token: this.accessToken });
  }

  // Opens the socket; resolves once the server has put it into the namespace.
  async connect() {
    this.#socket = io(this.endpoints.webim, { transports: ['websocket'], reconnection: false, forceNew: true });
    this.#socket.on('frame', bytes => this.#frames.push(decodeFrame(DOWNLINK, bytes)));
    this.disconnected = new Promise(resolve => this.#socket.on('disconnect', resolve));
    await within(new Promise((resolve, reject) => {
      this.#socket.on('connect', resolve);
      this.#socket.on('connect_error', reject);
      this.#socket.on('error', reject);
    }), 'the socket');
  }

  // Resolves when the server has answered a ping.
  pong() {
    return within(new Promise(resolve => this.#socket.once('pong', resolve)), 'pong');
  }

  send(command, object) {
    this.#socket.emit('frame', encodeFrame(command, UPLINK, object));
  }

  // The next frame of @command whose payload @wants accepts.
  frame(command, wants = () => true) {
    const name = Object.keys(Command).find(key => Command[key] === command);
    return this.#frames.take(`a frame ${name}`, frame => frame.command === command && wants(frame.payload));
  }

  async provision(token = this.accessToken) {
    this.send(Command.PROVISION, {
      xid: { uid: this.uid, deviceSN: this.deviceSN ?? 1000000001 },
      token, os_type: 6, sdk_vsn: '2.0.0', device_guid: this.guid, device_info: 'Web',
    });
    const { payload } = await this.frame(Command.PROVISION);
    if (payload.status.code === StatusCode.OK)
      this.deviceSN = payload.xid.deviceSN;
    return payload.status;
  }

  async unread() {
    this.send(Command.UNREAD);
    return (await this.frame(Command.UNREAD)).payload.unread;
  }

  // Sends a Meta and waits for its answer.
  async meta(meta) {
    this.send(Command.SYNC, { meta });
    return (await this.frame(Command.SYNC, sync => sync.client_mid === String(meta.id))).payload;
  }

  newMid() {
    this.#lastMid = Math.max(this.#lastMid + 1, Date.now());
    return this.#lastMid;
  }

  textMeta(to, content, type = BodyType.CHAT) {
    const id = this.newMid();
    return {
      id, from: { uid: this.uid, deviceSN: this.deviceSN }, to: { uid: to, deviceSN: 0 }, timestamp: id, ns: NameSpace.MESSAGE,
      payload: encode('MessageBody', { type, content, ctype: 0, operation: { type: 0, mid: 0 } }),
    };
  }

  operationMeta(to, operation) {
    return {
      id: this.newMid(), from: { uid: this.uid, deviceSN: this.deviceSN }, to, ns: NameSpace.MESSAGE,
      payload: encode('MessageBody', { type: BodyType.OPER, content: '', ctype: 6, operation }),
    };
  }

  // Every page of a conversation, until a page has no key.
  async pages(uid) {
    const pages = [];
    let key;
    // A conversation is named as the service named it last: by a notice, or UNREAD, or a page.
    let xid = { uid };
    do {
      this.send(Command.SYNC, { xid, ...(key && { key }) });
      const { payload } = await this.frame(Command.SYNC, sync => sync.xid?.uid === String(uid) && !sync.is_full_sync);
      pages.push(payload);
      xid = payload.xid;
      key = payload.next_key !== undefined && payload.next_key !== '0' ? payload.next_key : undefined;
    } while (key);
    return pages;
  }

  async history(uid, key, count) {
    this.send(Command.SYNC, { xid: { uid }, key, is_full_sync: true, full_sync_num: count });
    return (await this.frame(Command.SYNC, sync => sync.is_full_sync)).payload;
  }

  close() {
    this.#socket?.close();
  }
}

module.exports = { Client, discover };
