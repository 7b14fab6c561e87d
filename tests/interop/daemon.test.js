// SPDX-License-Identifier: GPL-3.0-or-later
// daemon.test.js DAEMON: the program flooimd against a service on the genuine socket.io and protobufjs.
'use strict';

const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Desktop } = require('./desktop.js');
const { APP, DEVICE_SN, FRIEND, GROUP, Service, USER } = require('./service.js');
const { BodyType, Command, OpType, UPLINK, encodeFrame } = require('./wire.js');

const [, , program] = process.argv;
const service = new Service();
const desktop = new Desktop();
const hex = bytes => bytes.toString('hex');

// The integer of a reply like "(int64 17,)".
const integer = reply => /\((?:int64 )?(-?\d+)/.exec(reply)[1];

before(async () => {
  await service.start();
  for (let i = 1; i <= 12; i++)
    service.say(`old ${i}`, { known: true });
  for (let i = 1; i <= 3; i++)
    service.say(`waiting ${i}`);
  await desktop.start();
  await desktop.startDaemon(program, `[service]\napp_id=${APP}\ndns_server=${service.dns}\n\n[secrets]\nbackend=file\n`);
});

after(async () => {
  try {
    assert.equal(await desktop.stop(), 0);
  } finally {
    await service.stop();
  }
});

test('a wrong password is a failed login', async () => {
  await assert.rejects(desktop.call('Account.Login', USER.name, 'wrong', '{}'), /im\.floo\.Daemon1\.Error\.LoginFailed/);
});

test('it finds the service, gets a token and introduces itself', async () => {
  const reply = await desktop.call('Account.Login', USER.name, USER.password, '{}');
  assert.equal(integer(reply), String(USER.id));

  const dns = await service.requests.take('discovery', request => request.path === '/dns');
  assert.equal(dns.query.get('app_id'), APP);
  assert.equal(dns.query.get('source'), 'sdk');
  const login = await service.requests.take('the login', request => request.path === '/token/user' && request.body.password !== 'wrong');
  assert.deepEqual(login.body, { name: USER.name, password: USER.password });

  const { payload } = await service.frames.take('PROVISION', frame => frame.command === Command.PROVISION);
  assert.deepEqual(Object.keys(payload), ['xid', 'token', 'os_type', 'sdk_vsn', 'device_guid', 'device_info']);
  assert.equal(payload.xid.uid, String(USER.id));
  assert.ok(payload.xid.deviceSN >= 999999999 && payload.xid.deviceSN < 999999999 + 2140000);
  assert.equal(payload.os_type, 6);
  assert.equal(payload.sdk_vsn, '2.0.0');
  assert.equal(payload.device_info, 'Web');
  assert.match(payload.device_guid, new RegExp(`^${USER.id}_`));
});

test('it asks what is unread and fetches it in pages, compressed ones among them', async () => {
  const unread = await service.frames.take('UNREAD', frame => frame.command === Command.UNREAD);
  assert.equal(hex(unread.bytes), '080010001800');
  const first = await service.sync('the first page', ({ xid, key }) => xid?.uid === String(FRIEND) && key === undefined);
  assert.equal(hex(first.bytes), hex(encodeFrame(Command.SYNC, UPLINK, { xid: { uid: FRIEND, deviceSN: 0 } })));
  await service.sync('the second page', ({ key }) => key !== undefined);
  await service.sync('the end', ({ key }) => key !== undefined);
  await desktop.signal('RosterMessages', /'waiting 3'/);
  const messages = await desktop.call('Conversations.GetMessages', FRIEND, "{'limit': <uint32 3>, 'local': <true>}");
  assert.match(messages, /'waiting 1'.*'waiting 2'.*'waiting 3'/);
  assert.match(messages, /\b90071992547410\d\d\b/, 'ids beyond 2^53 are whole');
});

for (const bare of [true, false])
  test(`a message is announced by ${bare ? 'an XID' : 'a Notice'}`, async () => {
    const text = `news, bare ${bare}`;
    const id = service.say(text);
    service.notice(FRIEND, bare);
    await desktop.signal('RosterMessages', new RegExp(`${id}, .*'${text}'`));
  });

test('a group message, and a page that nobody asked for', async () => {
  service.say('to the group', { group: true });
  service.notice(GROUP, true);
  await desktop.signal('GroupMessages', /'to the group'/);
  service.say('pushed');
  service.push(FRIEND);
  await desktop.signal('RosterMessages', /'pushed'/);
});

test('a message goes out as the web client writes it', async () => {
  const mid = integer(await desktop.call('Conversations.SendText', 'roster', FRIEND, 'Grüße 👋'));
  const { meta, body } = await service.meta('the message', each => each.content === 'Grüße 👋');
  assert.equal(meta.id, mid);
  assert.deepEqual(meta.from, { uid: String(USER.id), deviceSN: DEVICE_SN });
  assert.deepEqual(meta.to, { uid: String(FRIEND), deviceSN: 0 });
  assert.ok(Math.abs(Number(meta.timestamp) - Date.now()) < 600000);
  assert.equal(body.type, BodyType.CHAT);
  assert.equal(body.ctype, 0);
  assert.deepEqual(body.operation, { type: OpType.UNKNOWN, mid: '0' });
  await desktop.signal('SendingMessageStatusChanged', new RegExp(`${mid}, 'sent'`));
});

test('a refused message fails with the service\'s words', async () => {
  const mid = integer(await desktop.call('Conversations.SendText', 'group', GROUP, 'refuse me'));
  const { meta, body } = await service.meta('the message', each => each.content === 'refuse me');
  assert.equal(meta.to.uid, String(GROUP));
  assert.equal(body.type, BodyType.GROUPCHAT);
  await desktop.signal('SendingMessageStatusChanged', new RegExp(`${mid}, 'failed'.*antispam`));
});

test('reading a conversation tells the sender and the own devices', async () => {
  await desktop.call('Conversations.MarkRead', FRIEND, 0, '{}');
  const read = await service.meta('READ_ACK', body => body.operation.type === OpType.READ_ACK);
  assert.deepEqual(read.meta.to, { uid: String(FRIEND), deviceSN: 0 });
  assert.equal(read.meta.timestamp, undefined);
  assert.equal(read.body.type, BodyType.OPER);
  assert.equal(read.body.operation.xid, undefined);
  const all = await service.meta('READ_ALL', body => body.operation.type === OpType.READ_ALL);
  assert.deepEqual(all.meta.to, { uid: String(USER.id), deviceSN: DEVICE_SN });
  assert.deepEqual(all.body.operation.xid, { uid: String(FRIEND), deviceSN: 0 });
});

test('where the store ends it asks for the history', async () => {
  const local = await desktop.call('Conversations.GetMessages', FRIEND, "{'limit': <uint32 500>, 'local': <true>}");
  assert.doesNotMatch(local, /'old /);
  const [, oldest] = /\(\[\((?:int64 )?(\d+),/.exec(local);
  const reply = await desktop.call('Conversations.GetMessages', FRIEND, `{'before': <int64 ${oldest}>, 'limit': <uint32 5>}`);
  const { payload } = await service.sync('the history', ({ is_full_sync }) => is_full_sync);
  assert.deepEqual(payload.xid, { uid: String(FRIEND), deviceSN: 0 });
  assert.ok(payload.full_sync_num > 0);
  assert.match(reply, /'old 8'.*'old 9'.*'old 10'.*'old 11'.*'old 12'/);
});

test('the history goes back beyond what was delivered', async () => {
  const reply = await desktop.call('Conversations.FetchHistory', FRIEND, 0, 8);
  const newest = await service.sync('the newest', ({ is_full_sync }) => is_full_sync);
  assert.equal(hex(newest.bytes),
    hex(encodeFrame(Command.SYNC, UPLINK, { xid: { uid: FRIEND, deviceSN: 0 }, key: 0, is_full_sync: true, full_sync_num: 8 })));
  assert.match(reply, /'pushed'/);
  const next = /(\d{16,})\)$/.exec(reply)[1];
  const older = await desktop.call('Conversations.FetchHistory', FRIEND, next, 100);
  await service.sync('the older', ({ is_full_sync, key }) => is_full_sync && key === next);
  assert.match(older, /'old 1'/);
  assert.match(older, /0\)$/, 'the beginning of the conversation');
  await desktop.signal('ReceiveHistoryMsg', new RegExp(`${FRIEND}, (int64 )?0\\)`));
});

test('it pings as Engine.IO 3 asks', async () => {
  await service.pings.take('a ping');
  await service.pings.take('a second ping');
});

test('it comes back with the number that the service gave it', async () => {
  service.kickOff();
  await service.ends.take('the end of the socket');
  await desktop.call('Account.Reconnect');
  const { payload } = await service.frames.take('PROVISION', frame => frame.command === Command.PROVISION);
  assert.equal(payload.xid.deviceSN, DEVICE_SN);
  await service.frames.take('UNREAD', frame => frame.command === Command.UNREAD);
  service.say('after the break');
  service.notice(FRIEND, true);
  await desktop.signal('RosterMessages', /'after the break'/);
});

test('a logout leaves the namespace', async () => {
  await desktop.call('Account.Logout', '{}');
  assert.equal(await service.ends.take('the end of the socket'), 'client namespace disconnect');
});

test('every frame was written as protobufjs writes it, every request was in order', () => {
  assert.deepEqual(service.faults, []);
});
