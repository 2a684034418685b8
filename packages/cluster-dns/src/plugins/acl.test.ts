import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { respond } from '../server/responder.ts';
import { answerOf, linesOf, makeHandler, makeQuery } from '../testing/queries.ts';
import { aclPlugin, parseAcl } from './acl.ts';

const outcomes: [rules: string, name: string, type: 'A' | 'AAAA' | 'HTTPS', outcome: string][] = [
  ['acl {\nblock\n}', 'a.example', 'A', 'block'],
  ['acl {\nblock type A\n}', 'a.example', 'AAAA', 'next'],
  ['acl {\nfilter type AAAA net 10.244.0.0/16\n}', 'a.example', 'AAAA', 'filter'],
  ['acl {\nfilter type AAAA net 10.245.0.0/16 192.0.2.1\n}', 'a.example', 'AAAA', 'next'],
  ['acl {\nDROP net 10.244.0.7 type *\n}', 'a.example', 'A', 'drop'],
  ['acl {\nallow net 10.244.0.7\nblock\n}', 'a.example', 'A', 'next'],
  ['acl {\nblock net *\nallow\n}', 'a.example', 'A', 'block'],
  ['acl other.example {\nblock\n}', 'a.example', 'A', 'next'],
  ['acl other.example {\nblock\n}\nacl a.example {\nfilter\n}', 'x.a.example', 'A', 'filter'],
  ['acl {\nallow type A\n}\nacl {\nblock\n}', 'a.example', 'A', 'next'],
  ['acl {\nblock net fd00::/8\n}', 'a.example', 'A', 'next'],
];
for (const [rules, name, type, outcome] of outcomes)
  test(`${rules.replaceAll('\n', ' ')}: ${type} of ${name}`, async () => {
    const next = makeHandler();
    const handler = aclPlugin(parseAcl(linesOf(rules), ['.']))(next);
    const query = makeQuery(name, type as 'A');
    const { isDropped = false } = await handler(query);
    const { code, additionals = [], by } = await answerOf(handler, query);
    const [edns] = additionals;
    const reason = edns && 'options' in edns ? edns.options.map((one) => [one.code, 'data' in one && one.data]) : [];
    const seen = next.asked.length > 0 ? 'next' : isDropped ? 'drop' : code === 5 ? 'block' : 'filter';
    assert.equal(seen, outcome);
    if (outcome !== 'next') assert.equal(by, 'acl');
    const reasons: Readonly<Record<string, number>> = { block: 15, filter: 17 };
    assert.deepEqual(reason, outcome in reasons ? [[15, Buffer.from([0, reasons[outcome] ?? 0])]] : []);
  });

test('an IPv4 source on a dual-stack socket counts as IPv4, and numeric types are known by name', async () => {
  const rules = parseAcl(linesOf('acl {\nblock net 10.244.0.0/16 type HTTPS\n}'), ['.']);
  const query = { ...makeQuery('a.example'), type: 'UNKNOWN_65' };
  const mapped = { ...query, client: { address: '::ffff:10.244.0.7', port: 1 } };
  assert.equal((await answerOf(aclPlugin(rules)(makeHandler()), mapped)).code, 5);
});

test("reports mistakes in CoreDNS's words", () => {
  const wrong: [text: string, message: RegExp][] = [
    ['acl {\nrefuse\n}', /unexpected token "refuse"; expect 'allow', 'block', 'filter' or 'drop'$/],
    ['acl {\nblock from 10.0.0.0\\/8\n}', /unexpected token "from"; expect 'type \| net'$/],
    ['acl {\nblock type\n}', /no token specified in "type" section$/],
    ['acl {\nblock type NOTYPE\n}', /unexpected token "NOTYPE"; expect legal QTYPE$/],
    ['acl {\nblock net 10.0.0.256\n}', /illegal CIDR notation "10.0.0.256\/32"$/],
  ];
  for (const [text, message] of wrong) assert.throws(() => parseAcl(linesOf(text), ['.']), { message });
});

test('dropped queries get no response, others do', async () => {
  const handler = aclPlugin(parseAcl(linesOf('acl {\ndrop type A\n}'), ['.']))(makeHandler());
  const servers = {
    answer: async (query: ReturnType<typeof makeQuery>) => ({ reply: await handler(query) }),
    start: async () => {},
  };
  const heard = (type: 'A' | 'AAAA') =>
    respond(makeQuery('a.example', type), { servers, port: 53, clock: systemClock });
  assert.equal(await heard('A'), undefined);
  assert.ok(await heard('AAAA'));
});
