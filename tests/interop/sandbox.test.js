// SPDX-License-Identifier: GPL-3.0-or-later
// sandbox.test.js SANDBOX: the program flooim-sandbox against clients on the genuine socket.io-client and protobufjs.
'use strict';

const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Client, discover } = require('./client.js');
const { Command, NameSpace, OpType, StatusCode, UPLINK, decodeMeta, encode, encodeFrame } = require('./wire.js');
const { Program, parseJson } = require('./support.js');

const [, , program] = process.argv;
const ALICE = 1001;
const BOB = 1002;
const TEAM = 2001;

let sandbox, origin, alice, bob;

async function control(name, body = {}) {
  const answer = parseJson(await (await fetch(`${origin}/control/${name}`, { method: 'POST', body: JSON.stringify(body) })).text());
  assert.ok(answer.ok, `control ${name}: ${answer.error}`);
  return answer;
}

async function login(name, guid = `${name}_interop`) {
  const client = new Client(await discover(origin, 'sandbox'), guid);
  await client.token(name, `${name}-secret`);
  await client.connect();
  assert.equal((await client.provision()).code, StatusCode.OK);
  return client;
}

const bodies = pages => pages.flatMap(page => page.metas).map(decodeMeta);
const contents = pages => bodies(pages).map(body => body.content);

before(async () => {
  sandbox = new Program(program, ['--port', '0']);
  [, origin] = await sandbox.line(/listening on (http:\S+)/);
});

after(async () => {
  alice?.close();
  bob?.close();
  assert.equal(await sandbox.stop(), 0);
});

test('the frames of protobufjs are the documented bytes', () => {
  const hex = (...args) => encodeFrame(...args).toString('hex');
  assert.equal(hex(Command.UNREAD, UPLINK), '080010001800');
  assert.equal(hex(Command.SYNC, UPLINK, { xid: { uid: 0 } }), '08001000180122040a020800');
  assert.equal(hex(Command.SYNC, UPLINK, { xid: { uid: 6597 }, key: 0, is_full_sync: true, full_sync_num: 20 }),
    '080010001801220b0a0308c533100020012828');
  assert.equal(hex(Command.PROVISION, UPLINK, {
    xid: { uid: 6597, deviceSN: 1000000001 }, token: 'tok', os_type: 6, sdk_vsn: '2.0.0', device_guid: '6597_a', device_info: 'Web',
  }), '0800100018032226120908c533108194ebdc033203746f6b38064205322e302e305206363539375f616a03576562');
});

test('a client logs in over REST and PROVISION', async () => {
  alice = await login('alice');
  bob = await login('bob');
  assert.equal(alice.uid, ALICE);
  assert.ok(alice.deviceSN > 0);
  const roster = await alice.rest('GET', '/roster/list');
  assert.ok(roster.includes(BOB));
});

test('a void token is refused', async () => {
  const stranger = new Client(alice.endpoints, 'stranger');
  stranger.uid = ALICE;
  await stranger.connect();
  assert.equal((await stranger.provision('void')).code, StatusCode.INVALID_TOKEN);
  stranger.close();
});

test('UNREAD lists the conversations, and their pages come', async () => {
  const before = await alice.unread();
  const fromBob = before.find(row => row.xid.uid === String(BOB));
  assert.ok(fromBob);
  for (const row of before)
    await alice.pages(row.xid.uid);
  const after = await alice.unread();
  assert.ok(after.every(row => row.n === 0), 'everything was fetched and acknowledged');
});

test('a message is acknowledged, noticed and fetched', async () => {
  const meta = alice.textMeta(BOB, 'Grüße, 你好 👋');
  const ack = await alice.meta(meta);
  assert.equal(ack.status.code, StatusCode.OK);
  assert.ok(BigInt(ack.server_mid) > 0n);

  await bob.frame(Command.NOTICE, xid => xid.uid === String(ALICE));
  const received = (await bob.pages(ALICE)).flatMap(page => page.metas).find(each => each.id === ack.server_mid);
  assert.equal(received.ns, NameSpace.MESSAGE);
  assert.equal(received.from.uid, String(ALICE));
  assert.equal(received.to.uid, String(BOB));
  assert.equal(decodeMeta(received).content, 'Grüße, 你好 👋');

  const again = await alice.meta(meta);
  assert.match(again.status.reason ?? '', /duplicate/i);
  assert.equal(again.server_mid, ack.server_mid);
});

test('NOTICE in its other form', async () => {
  await control('settings', { notice_form: 'notice' });
  await bob.meta(bob.textMeta(ALICE, 'noticed'));
  await alice.frame(Command.NOTICE, xid => xid.uid === String(BOB));
  assert.deepEqual(contents(await alice.pages(BOB)), ['noticed']);
});

test('a group message reaches the members', async () => {
  const ack = await bob.meta(bob.textMeta(TEAM, 'To the team', 3));
  assert.equal(ack.status.code, StatusCode.OK);
  const metas = (await alice.pages(TEAM)).flatMap(page => page.metas);
  assert.equal(metas.find(each => each.id === ack.server_mid).to.uid, String(TEAM));
});

test('operations are acknowledged and reach the other side', async () => {
  const ack = await alice.meta(alice.textMeta(BOB, 'to be read, then recalled'));
  await bob.pages(ALICE);

  const read = await bob.meta(bob.operationMeta({ uid: ALICE, deviceSN: 0 }, { type: OpType.READ_ACK, mid: ack.server_mid }));
  assert.equal(read.status.code, StatusCode.OK);
  const readAck = bodies(await alice.pages(BOB)).find(body => body.operation.type === OpType.READ_ACK);
  assert.equal(readAck.operation.mid, ack.server_mid);

  const recall = await alice.meta(alice.operationMeta({ uid: BOB, deviceSN: 0 },
    { type: OpType.RECALL, mid: ack.server_mid, xid: { uid: BOB, deviceSN: 0 } }));
  assert.equal(recall.status.code, StatusCode.OK);
  const recalled = bodies(await bob.pages(ALICE)).find(body => body.operation.type === OpType.RECALL);
  assert.equal(recalled.operation.mid, ack.server_mid);
});

for (const last_page of ['key', 'zero'])
  test(`a burst comes in pages, the last one saying so by ${last_page}`, async () => {
    await control('settings', { page_size: 7, last_page });
    for (let i = 0; i < 20; i++)
      await alice.meta(alice.textMeta(BOB, `${last_page} ${i}`));
    const pages = await bob.pages(ALICE);
    assert.deepEqual(contents(pages), Array.from({ length: 20 }, (_, i) => `${last_page} ${i}`));
    assert.ok(pages.every(page => page.metas.length <= 7));
    assert.equal(pages.at(-1).metas.length, last_page === 'key' ? 0 : 6);
    assert.ok((await bob.unread()).every(row => row.xid.uid !== String(ALICE) || row.n === 0));
  });

test('compressed payloads inflate', async () => {
  await control('settings', { compress: true });
  await alice.meta(alice.textMeta(BOB, 'x'.repeat(5000)));
  bob.send(Command.SYNC, { xid: { uid: ALICE } });
  const frame = await bob.frame(Command.SYNC, sync => sync.metas.length > 0);
  await control('settings', { compress: false });
  assert.ok(frame.compressed);
  assert.equal(decodeMeta(frame.payload.metas[0]).content.length, 5000);
  await bob.pages(ALICE);
});

test('the history goes back page by page, newest first', async () => {
  const texts = [];
  const ids = [];
  let key = 0;
  let rounds = 0;
  do {
    const page = await bob.history(ALICE, key, 10);
    assert.ok(page.metas.length <= 10);
    for (const meta of page.metas) {
      ids.push(BigInt(meta.id));
      texts.push(decodeMeta(meta).content);
    }
    key = page.next_key ?? '0';
    rounds++;
  } while (key !== '0');
  assert.ok(rounds > 4);
  assert.ok(ids.every((id, i) => i === 0 || id < ids[i - 1]), 'each older than the one before');
  assert.equal(texts[0].length, 5000);
  assert.equal(texts.at(-1), 'Good morning!');
  assert.ok(!texts.includes('to be read, then recalled'));
});

test('a notice of the service comes in the system conversation', async () => {
  await control('notice', { to: ALICE, ns: 'roster', type: 'INFO_UPDATED', from: BOB, content: '{"nick_name":"Bobby"}' });
  const notices = (await alice.pages(0)).flatMap(page => page.metas).filter(meta => meta.ns === NameSpace.ROSTER_NOTICE);
  assert.equal(decodeMeta(notices.at(-1)).from.uid, String(BOB));
});

test('the server answers the pings of Engine.IO', async () => {
  await control('settings', { ping_interval: 50 });
  const carol = await login('carol');
  await carol.pong();
  await carol.pong();
  await carol.unread();
  carol.close();
  await control('settings', { ping_interval: 25000 });
});

test('a dropped connection is noticed, and the next login goes on', async () => {
  await control('disconnect', { user: BOB, how: 'close' });
  await bob.disconnected;
  await alice.meta(alice.textMeta(BOB, 'while you were away'));
  await bob.connect();
  const deviceSN = bob.deviceSN;
  assert.equal((await bob.provision()).code, StatusCode.OK);
  assert.equal(bob.deviceSN, deviceSN);
  assert.equal((await bob.unread()).find(row => row.xid.uid === String(ALICE)).n, 1);
  assert.deepEqual(contents(await bob.pages(ALICE)), ['while you were away']);
});

test('two devices of one user and a peer see the same', async () => {
  const first = await login('alice', 'alice_desk');
  const second = await login('alice', 'alice_pocket');
  const peer = await login('bob', 'bob_desk');
  const everybody = [[first, BOB], [second, BOB], [peer, ALICE]];
  // What a user sends to himself, READ_ALL, comes in the conversation with himself.
  const fetched = [...everybody, [first, ALICE], [second, ALICE]];
  // What a client has of the conversation, from pages that came one after the other: [id, from, content], operations as their names.
  const seen = new Map(everybody.map(([client]) => [client, []]));
  const name = type => Object.keys(OpType).find(key => OpType[key] === type);
  const fetchAll = async () => {
    for (const [client, conversation] of fetched)
      for (const page of await client.pages(conversation)) {
        assert.equal(page.status?.code, StatusCode.OK, 'every page says OK');
        for (const meta of page.metas) {
          const { content, operation } = decodeMeta(meta);
          seen.get(client).push(operation.type ? `${name(operation.type)} ${operation.mid}` : `${meta.id} ${meta.from.uid} ${content}`);
        }
      }
  };
  await fetchAll();
  seen.forEach(list => list.splice(0));

  const question = await first.meta(first.textMeta(BOB, 'Where are you?'));
  await second.frame(Command.NOTICE, xid => xid.uid === String(BOB));
  await peer.frame(Command.NOTICE, xid => xid.uid === String(ALICE));
  await fetchAll();
  const answer = await peer.meta(peer.textMeta(ALICE, 'On my way'));
  await fetchAll();
  const mistake = await second.meta(second.textMeta(BOB, 'a mistake'));
  await fetchAll();

  const self = { uid: ALICE, deviceSN: first.deviceSN };
  const conversation = { uid: BOB, deviceSN: 0 };
  await first.meta(first.operationMeta(conversation, { type: OpType.READ_ACK, mid: answer.server_mid }));
  await first.meta(first.operationMeta(self, { type: OpType.READ_ALL, mid: answer.server_mid, xid: conversation }));
  await second.meta(second.operationMeta(conversation, { type: OpType.RECALL, mid: mistake.server_mid, xid: conversation }));
  await fetchAll();

  const line = { question: `${question.server_mid} ${ALICE} Where are you?`, answer: `${answer.server_mid} ${BOB} On my way`,
    mistake: `${mistake.server_mid} ${ALICE} a mistake` };
  const read = `READ_ACK ${answer.server_mid}`;
  const readAll = `READ_ALL ${answer.server_mid}`;
  const recall = `RECALL ${mistake.server_mid}`;
  // Each has all, in the same order, less what it did itself.
  assert.deepEqual(seen.get(first), [line.answer, line.mistake, recall]);
  assert.deepEqual(seen.get(second), [line.question, line.answer, read, readAll]);
  assert.deepEqual(seen.get(peer), [line.question, line.mistake, read, recall]);

  const histories = await Promise.all(everybody.map(async ([client, uid]) => (await client.history(uid, 0, 5)).metas
    .map(meta => `${meta.id} ${meta.from.uid} ${decodeMeta(meta).content}`)));
  assert.deepEqual(histories[0].slice(0, 2), [line.answer, line.question]);
  assert.deepEqual(histories[1], histories[0]);
  assert.deepEqual(histories[2], histories[0]);
  for (const [client] of everybody) {
    assert.ok((await client.unread()).every(row => row.xid.uid !== String(BOB) || row.n === 0));
    client.close();
  }
});

test('a device that comes later finds unread what nobody has read', async () => {
  await bob.meta(bob.textMeta(ALICE, 'unread yet'));
  await alice.pages(BOB);
  const later = await login('alice', 'alice_later');
  assert.equal((await later.unread()).find(row => row.xid.uid === String(BOB)).n, 1);
  assert.deepEqual(contents(await later.pages(BOB)), ['unread yet']);
  later.close();
});

test('the sandbox took all of it for what the web client sends', async () => {
  const { violations } = await control('violations');
  assert.deepEqual(violations, []);
});

test('and it sees what is not', async () => {
  alice.send(Command.SYNC, { xid: { uid: BOB, deviceSN: 0 }, key: 0 });
  await alice.frame(Command.SYNC, sync => sync.xid?.uid === String(BOB));
  const { violations } = await control('violations');
  assert.equal(violations.length, 1);
  assert.match(violations[0].what, /key 0/);
});

test('encode keeps explicit zeros only', () => {
  assert.equal(encode('XID', { uid: 0, deviceSN: 0 }).toString('hex'), '08001000');
  assert.equal(encode('XID', {}).length, 0);
});
