import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  type RecordType,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import { answerOf, linesOf, makeHandler, makeQuery, texts } from '../testing/queries.ts';
import { anyPlugin } from './any.ts';
import { parseBind } from './bind.ts';
import { bufsizePlugin, parseBufsize } from './bufsize.ts';
import { cancelPlugin, parseCancel } from './cancel.ts';
import { chaosPlugin, parseChaos } from './chaos.ts';
import { whoamiPlugin } from './client-address.ts';
import { parseTimeouts } from './connection-timeouts.ts';
import { dns64Plugin, parseDns64 } from './dns64.ts';
import { headerPlugin, parseHeader } from './header.ts';
import { loadbalancePlugin, parseLoadbalance } from './loadbalance.ts';
import { localPlugin } from './local.ts';
import { minimalPlugin } from './minimal.ts';
import { nsidPlugin, parseNsid } from './nsid.ts';
import { type Query, readQuery } from './query.ts';

const { signal } = new AbortController();
const a = (name: string, data = '192.0.2.1', ttl = 20): Answer => ({ name, type: 'A', ttl, data });

interface Asking {
  readonly type?: RecordType | 'ANY';
  readonly class?: 'CH';
  readonly address?: string;
  readonly udpPayloadSize?: number;
  readonly options?: readonly { readonly code: number; readonly data: Buffer }[];
}

function queryFor(name: string, { type = 'A', address = '10.244.0.7', ...more }: Asking = {}): Query {
  const { udpPayloadSize, options = [] } = more;
  const opt = {
    type: 'OPT' as const,
    name: '.' as const,
    udpPayloadSize: udpPayloadSize ?? 0,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: options as never[],
  };
  const message = encode({
    type: 'query',
    id: 7,
    flags: 0x0100,
    questions: [{ name, type: type as RecordType, class: more.class ?? 'IN' }],
    additionals: udpPayloadSize === undefined ? [] : [opt],
  });
  const query = readQuery(message, { protocol: 'udp', client: { address, port: 4711 }, signal });
  if (typeof query !== 'object') throw new Error('no query');
  return query;
}

const hasFlag = ({ flags = 0 }: Packet, flag: number): boolean => (flags & flag) !== 0;

const optOf = ({ additionals = [] }: Packet) => additionals.find((record) => record.type === 'OPT');

test('any answers ANY with RFC 8482, and nothing else', async () => {
  const next = makeHandler({ answers: [a('a.example')] });
  assert.deepEqual(texts(await answerOf(anyPlugin(next), makeQuery('a.example', 'ANY'))), [
    'HINFO a.example {"cpu":"ANY obsoleted","os":"See RFC 8482"}',
  ]);
  assert.equal(next.asked.length, 0);
  assert.equal((await answerOf(anyPlugin(next), makeQuery('a.example'))).by, 'forward');
});

test('bind takes addresses and interfaces, less its exceptions', () => {
  const address = (text: string) => ({ address: text }) as never;
  const interfaces = { lo: [address('127.0.0.1'), address('::1')], eth0: [address('10.0.0.2'), address('fe80::1')] };
  const bound = (text: string) => parseBind(linesOf(text), interfaces).addresses;
  assert.deepEqual(bound('bind lo {\nexcept ::1\n}\nbind eth0 192.0.2.1 127.0.0.1'), [
    '127.0.0.1',
    '10.0.0.2',
    '192.0.2.1',
  ]);
  assert.throws(() => bound('bind wlan0'), { message: 'not a valid IP address or interface name: "wlan0"' });
  assert.throws(() => bound('bind'), { message: 'at least one address or interface name is expected' });
});

test('bufsize limits what clients and servers may say', async () => {
  const many = Array.from({ length: 60 }, (_, i) => a('a.example', `192.0.2.${i}`));
  const next = makeHandler({ answers: many });
  const limited = bufsizePlugin(parseBufsize(linesOf('bufsize 600')))(next);
  const answer = await answerOf(limited, queryFor('a.example', { udpPayloadSize: 4096 }));
  assert.ok(hasFlag(answer, TRUNCATED_RESPONSE));
  const sent = optOf(decode(next.asked[0]?.message as Buffer));
  assert.equal(sent && 'udpPayloadSize' in sent && sent.udpPayloadSize, 600);
  assert.equal((await answerOf(limited, makeQuery('a.example'))).answers?.length, 60);
  assert.equal(parseBufsize(linesOf('bufsize')), 1232);
  assert.throws(() => parseBufsize(linesOf('bufsize 100')), /Wrong argument count .* after '100'/);
});

test('cancel aborts what takes too long', async () => {
  const clock = new FakeClock();
  const slow = cancelPlugin(
    parseCancel(linesOf('cancel 1s')),
    clock,
  )(
    ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
  );
  const asked = assert.rejects(slow(makeQuery('a.example')), { message: 'context deadline exceeded' });
  await clock.advance(1000);
  await asked;
  await cancelPlugin(1000, clock)(makeHandler())(makeQuery('a.example'));
  assert.equal(clock.pending, 0);
  assert.equal(parseCancel(linesOf('cancel')), 5001);
  assert.throws(() => parseCancel(linesOf('cancel soon')), { message: 'invalid duration: "soon"' });
});

test('chaos tells of the server in the class CH alone', async () => {
  const settings = parseChaos(linesOf('chaos v1 "B b" A'));
  const chaos = chaosPlugin(settings, { random: { next: () => 0.5 }, hostName: 'dns-1' })(makeHandler({ code: 5 }));
  const answers = async (name: string) => {
    const { answers = [] } = await answerOf(chaos, queryFor(name, { type: 'TXT', class: 'CH' }));
    return answers.map((answer) => ['class' in answer && answer.class, 'data' in answer && String(answer.data)]);
  };
  assert.deepEqual(await answers('version.bind'), [['CH', 'v1']]);
  assert.deepEqual(await answers('ID.server'), [['CH', 'dns-1']]);
  assert.deepEqual(await answers('authors.bind'), [
    ['CH', 'A'],
    ['CH', 'B b'],
  ]);
  assert.equal((await answerOf(chaos, makeQuery('version.bind', 'TXT'))).by, 'forward');
});

test('dns64 makes addresses of IPv6 of those of IPv4', async () => {
  const soa = { mname: 'ns', rname: 'root', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 1 };
  const denying = makeHandler({ authorities: [{ type: 'SOA', name: 'example', ttl: 15, data: soa }] });
  const self = makeHandler({ answers: [a('a.example', '192.0.2.33')] });
  const asked = async (text: string, query: Query, next = denying) =>
    texts(await answerOf(dns64Plugin(parseDns64(linesOf(text)), { self })(next), query));
  const six = queryFor('a.example', { type: 'AAAA', address: 'fd00::1' });
  assert.deepEqual(await asked('dns64', six), ['AAAA a.example "64:ff9b::c000:221"']);
  // RFC 6052, 2.4.
  assert.deepEqual(await asked('dns64 2001:db8:122:344::/64', six), ['AAAA a.example "2001:db8:122:344:c0:2:2100:0"']);
  assert.deepEqual(await asked('dns64 {\nprefix 2001:db8::/32\n}', six), ['AAAA a.example "2001:db8:c000:221::"']);
  const four = queryFor('a.example', { type: 'AAAA', address: '::ffff:10.0.0.1' });
  assert.deepEqual(await asked('dns64', four), []);
  assert.equal((await asked('dns64 {\nallow_ipv4\n}', four)).length, 1);
  const own = makeHandler({ answers: [{ type: 'AAAA', name: 'a.example', ttl: 5, data: 'fd00::9' }] });
  assert.deepEqual(await asked('dns64', six, own), ['AAAA a.example "fd00::9"']);
  assert.deepEqual(await asked('dns64 {\ntranslate_all\n}', six, own), ['AAAA a.example "64:ff9b::c000:221"']);
  assert.throws(() => parseDns64(linesOf('dns64 64:ff9b::/95')), /invalid prefix length "64:ff9b::\/95"/);
  assert.throws(() => parseDns64(linesOf('dns64 10.0.0.0/8')), /invalid netmask 32 IPv6 address: "10.0.0.0\/8"/);
});

test('loadbalance puts preferred ranges first, in their order', async () => {
  const addresses = ['203.0.113.1', '10.0.0.1', '192.0.2.1', '10.0.0.2'];
  const next = makeHandler({ answers: addresses.map((address) => a('a.example', address)) });
  const prefer = parseLoadbalance(linesOf('loadbalance {\nprefer 192.0.2.0/24 10.0.0.0/8\n}'));
  assert.deepEqual(texts(await answerOf(loadbalancePlugin({ next: () => 0 }, prefer)(next), makeQuery('a.example'))), [
    'A a.example "192.0.2.1"',
    'A a.example "10.0.0.1"',
    'A a.example "10.0.0.2"',
    'A a.example "203.0.113.1"',
  ]);
});

test('header changes flags of queries and responses', async () => {
  const next = makeHandler({ answers: [a('a.example')] });
  const header = headerPlugin(parseHeader(linesOf('header {\nset aa\nresponse clear ra\nquery clear rd\n}')))(next);
  const answer = await answerOf(header, makeQuery('a.example'));
  assert.deepEqual([hasFlag(answer, AUTHORITATIVE_ANSWER), hasFlag(answer, RECURSION_AVAILABLE)], [true, false]);
  assert.equal(hasFlag(decode(next.asked[0]?.message as Buffer), RECURSION_DESIRED), false);
  assert.throws(() => parseHeader(linesOf('header {\nset zz\n}')), {
    message: 'setting up rule: unknown/unsupported flag=zz',
  });
  assert.throws(() => parseHeader(linesOf('header {\nreply set aa\n}')), {
    message: 'setting up rule: invalid selector=reply should be query or response',
  });
});

test('local answers for localhost, and denies the rest of its zones', async () => {
  let counted = 0;
  const next = makeHandler({ code: 5 });
  const local = localPlugin({ onLocalhost: () => counted++ })(next);
  const asked = async (name: string, type: RecordType = 'A') => {
    const answer = await answerOf(local, makeQuery(name, type));
    return [answer.code, ...texts(answer), ...(answer.authorities ?? []).map((record) => record.name)];
  };
  assert.deepEqual(await asked('localhost'), [0, 'A localhost "127.0.0.1"']);
  assert.deepEqual(await asked('localhost.shop.svc.cluster.local', 'AAAA'), [
    0,
    'AAAA localhost.shop.svc.cluster.local "::1"',
  ]);
  assert.deepEqual(await asked('app.localhost'), [0, 'A app.localhost "127.0.0.1"']);
  assert.deepEqual(await asked('1.0.0.127.in-addr.arpa', 'PTR'), [0, 'PTR 1.0.0.127.in-addr.arpa "localhost"']);
  assert.deepEqual(await asked('2.0.0.127.in-addr.arpa', 'PTR'), [3, '127.in-addr.arpa']);
  assert.deepEqual(await asked('localhost', 'MX'), [0, 'localhost']);
  assert.equal((await asked('a.example'))[0], 5);
  assert.equal(counted, 2);
});

test('minimal leaves the answers of a success', async () => {
  const full = { answers: [a('a.example')], authorities: [{ type: 'NS' as const, name: 'example', data: 'ns' }] };
  const short = await answerOf(minimalPlugin(makeHandler(full)), makeQuery('a.example'));
  assert.deepEqual([short.answers?.length, short.authorities?.length], [1, 0]);
  const denied = await answerOf(minimalPlugin(makeHandler({ ...full, code: 3 })), makeQuery('a.example'));
  assert.equal(denied.authorities?.length, 1);
});

test('nsid tells its name where it is asked for', async () => {
  const next = makeHandler({ answers: [a('a.example')] });
  const nsid = nsidPlugin(parseNsid(linesOf('nsid one of two')), 'host')(next);
  const asking = queryFor('a.example', { udpPayloadSize: 1232, options: [{ code: 3, data: Buffer.alloc(0) }] });
  const answer = await answerOf(nsid, asking);
  const opt = optOf(answer);
  const [option] = (opt && 'options' in opt ? opt.options : []) as { code: number; data: Buffer }[];
  assert.deepEqual([option?.code, option?.data.toString()], [3, 'one of two']);
  assert.deepEqual(texts(answer), ['A a.example "192.0.2.1"']);
  assert.equal(optOf(await answerOf(nsid, makeQuery('a.example'))), undefined);
});

test('timeouts are of seconds to a day', () => {
  assert.deepEqual(parseTimeouts(linesOf('timeouts {\nread 15\nidle 1m\n}')), {
    readMs: 15_000,
    writeMs: 5000,
    idleMs: 60_000,
  });
  assert.throws(() => parseTimeouts(linesOf('timeouts {\nread 10ms\n}')), /needs to be between 1 second and 24 hours/);
  assert.throws(() => parseTimeouts(linesOf('timeouts {\nlinger 1s\n}')), /unknown option: 'linger'/);
});

test('whoami tells who asks', async () => {
  const answer = await answerOf(whoamiPlugin(makeHandler()), queryFor('a.example'));
  assert.ok(hasFlag(answer, AUTHORITATIVE_ANSWER));
  assert.deepEqual(
    answer.additionals?.map((record) => [record.type, record.name, 'data' in record ? record.data : undefined]),
    [
      ['A', 'a.example', '10.244.0.7'],
      ['SRV', '_udp.a.example', { priority: 0, weight: 0, port: 4711, target: '.' }],
    ],
  );
});
