// SPDX-License-Identifier: GPL-3.0-or-later
// Frames by protobufjs, which is what the service's web clients are built on.
'use strict';

const path = require('node:path');
const zlib = require('node:zlib');
const protobuf = require('protobufjs');

const root = new protobuf.Root().loadSync(path.join(__dirname, 'floo.proto'), { keepCase: true });
const type = name => root.lookupType(`im.floo.protobuf.${name}`);
const values = name => root.lookupEnum(`im.floo.protobuf.${name}`).values;

const Command = values('Frame.Command');
const NameSpace = values('Meta.NameSpace');
const StatusCode = values('Status.ErrorCode');
const BodyType = values('MessageBody.Type');
const OpType = values('MessageOperation.OpType');

// Payloads by command: what a client sends, what the service sends.
const UPLINK = { [Command.SYNC]: 'SyncUL', [Command.PROVISION]: 'Provision' };
const DOWNLINK = {
  [Command.UNREAD]: 'UnreadDL', [Command.SYNC]: 'SyncDL', [Command.NOTICE]: 'XID', [Command.PROVISION]: 'Provision',
};
const PAYLOADS = {
  [NameSpace.MESSAGE]: 'MessageBody', [NameSpace.PUSH]: 'MessageBody', [NameSpace.GROUP_NOTICE]: 'GroupNotice',
  [NameSpace.ROSTER_NOTICE]: 'RosterNotice', [NameSpace.USER_NOTICE]: 'UserNotice', [NameSpace.CONVERSATION]: 'Conversation',
};

// 64-bit integers may be decimal strings.
const encode = (name, object) => Buffer.from(type(name).encode(type(name).fromObject(object)).finish());

// 64-bit integers come out as decimal strings, enum values as numbers; what is absent is missing.
function decode(name, bytes) {
  return type(name).toObject(type(name).decode(bytes), { longs: String, bytes: Buffer, arrays: true });
}

// As the web clients write it: version and compression explicitly, no payload for UNREAD.
function encodeFrame(command, payloads, object, { compress = false } = {}) {
  const frame = { vsn: 0, compress_method: compress ? 1 : 0, command };
  if (object !== undefined) {
    const payload = encode(payloads[command], object);
    frame.payload = compress ? zlib.deflateSync(payload) : payload;
  }
  return encode('Frame', frame);
}

// The payload of NOTICE is an XID, alone or in a Notice; its first byte tells which.
const decodeNotice = payload => (payload[0] === 0x0a ? decode('Notice', payload).xid : decode('XID', payload));

function decodePayload(name, payload) {
  if (payload === undefined || name === undefined)
    return undefined;
  return name === 'XID' ? decodeNotice(payload) : decode(name, payload);
}

// { command, compressed, payload }; payload by command and direction (UPLINK, DOWNLINK), undefined where there is none.
function decodeFrame(payloads, bytes) {
  const { command = Command.UNREAD, compress_method, payload } = decode('Frame', bytes);
  const compressed = compress_method === 1;
  return { command, compressed, payload: decodePayload(payloads[command], compressed ? zlib.inflateSync(payload) : payload) };
}

// A Meta's payload as what its name space says.
const decodeMeta = meta => decode(PAYLOADS[meta.ns], meta.payload);

module.exports = {
  Command, NameSpace, StatusCode, BodyType, OpType, UPLINK, DOWNLINK, encode, decode, encodeFrame, decodeFrame, decodeMeta,
};
