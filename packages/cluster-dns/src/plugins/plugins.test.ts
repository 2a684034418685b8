import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import type { Answer, RecordType } from 'dns-packet';
import { answerOf, linesOf, makeHandler, makeQuery, texts } from '../testing/queries.ts';
import { errorsPlugin, parseErrors } from './errors.ts';
import { hostsPlugin, parseHosts } from './hosts.ts';
import { loadbalancePlugin } from './loadbalance.ts';
import { logPlugin, parseLog } from './log.ts';
import { loopCheck } from './loop.ts';
import { parseRewrite, rewritePlugin } from './rewrite.ts';
import { parseTemplate, templatePlugin } from './template.ts';

const a = (name: string, data = '192.0.2.1'): Answer => ({ name, type: 'A', ttl: 20, data });

const rewrites: [rule: string, asked: string, question: string, answered: string][] = [
  ['rewrite name a.example b.example', 'a.example', 'b.example', 'a.example'],
  ['rewrite name exact a.example b.example', 'x.a.example', 'x.a.example', 'x.a.example'],
  ['rewrite name prefix a. b.', 'a.example', 'b.example', 'b.example'],
  ['rewrite name suffix .old.example .new.example', 'x.old.example', 'x.new.example', 'x.new.example'],
  ['rewrite name suffix .old.example .new.example answer auto', 'x.old.example', 'x.new.example', 'x.old.example'],
  ['rewrite name substring west east', 'a-west-b.example', 'a-east-b.example', 'a-east-b.example'],
  [
    'rewrite stop {\nname regex (.*)\\.out\\.example {1}.default.svc.cluster.local\nanswer name (.*)\\.default\\.svc\\.cluster\\.local {1}.out.example\n}',
    'web.out.example',
    'web.default.svc.cluster.local',
    'web.out.example',
  ],
  [
    'rewrite continue name suffix .a.example .b.example\nrewrite name suffix .b.example .c.example',
    'x.a.example',
    'x.c.example',
    'x.c.example',
  ],
];
for (const [rule, asked, question, answered] of rewrites)
  test(`${rule}: ${asked}`, async () => {
    const next = makeHandler({ answers: [a(question)] });
    const answer = await answerOf(rewritePlugin(parseRewrite(linesOf(rule)))(next), makeQuery(asked));
    assert.equal(next.asked[0]?.name, question);
    assert.deepEqual([answer.questions?.[0]?.name, texts(answer)], [asked, [`A ${answered} "192.0.2.1"`]]);
  });

test('rewrites types and the times to live of responses', async () => {
  const next = makeHandler({ answers: [a('a.example')] });
  const typed = rewritePlugin(parseRewrite(linesOf('rewrite type ANY A')))(next);
  assert.equal((await answerOf(typed, makeQuery('a.example', 'ANY'))).questions?.[0]?.type, 'ANY');
  assert.equal(next.asked[0]?.type, 'A');
  const timed = rewritePlugin(parseRewrite(linesOf('rewrite ttl suffix .example 5')))(next);
  const [record] = (await answerOf(timed, makeQuery('a.example'))).answers ?? [];
  assert.equal(record && 'ttl' in record && record.ttl, 5);
});

test('hosts in the Corefile and in a file answer, others fall through', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hosts-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'hosts');
  writeFileSync(file, '10.0.0.9 file.example # of the file\n');
  const clock = new FakeClock();
  let entries = 0;
  const settings = parseHosts(
    linesOf(`hosts ${file} {\n10.0.0.1 one.example alias.example\nfd00::1 one.example\nttl 60\nfallthrough\n}`),
    ['.'],
  );
  const next = makeHandler({ code: 3 });
  const hosts = hostsPlugin(settings, { clock, onEntries: (count) => (entries = count) })(next);
  const asked = async (name: string, type: RecordType = 'A') => texts(await answerOf(hosts, makeQuery(name, type)));
  assert.deepEqual(await asked('ONE.example'), ['A ONE.example "10.0.0.1"']);
  assert.deepEqual(await asked('one.example', 'AAAA'), ['AAAA one.example "fd00::1"']);
  assert.deepEqual(await asked('one.example', 'TXT'), []);
  assert.deepEqual(await asked('1.0.0.10.in-addr.arpa', 'PTR'), [
    'PTR 1.0.0.10.in-addr.arpa "one.example"',
    'PTR 1.0.0.10.in-addr.arpa "alias.example"',
  ]);
  assert.deepEqual(await asked('file.example'), ['A file.example "10.0.0.9"']);
  assert.deepEqual([next.asked.length, entries], [0, 4]);
  assert.equal((await answerOf(hosts, makeQuery('other.example'))).by, 'forward');
  writeFileSync(file, '10.0.0.10 file.example another.example\n');
  await clock.advance(5000);
  assert.deepEqual(await asked('another.example'), ['A another.example "10.0.0.10"']);
});

test('templates answer by patterns, deny names, and fall through', async () => {
  const text = `template IN A example {
    match (^|[.])ip-(?P<a>[0-9]*)-(?P<b>[0-9]*)-(?P<c>[0-9]*)-(?P<d>[0-9]*)[.]example[.]$
    answer "{{ .Name }} 60 IN A {{ .Group.a }}.{{ .Group.b }}.{{ .Group.c }}.{{ .Group.d }}"
    fallthrough
  }
  template ANY ANY invalid {
    rcode NXDOMAIN
    authority "invalid. 60 {{ .Class }} SOA ns.invalid. hostmaster.invalid. (1 60 60 60 60)"
  }`;
  const next = makeHandler();
  const template = templatePlugin(parseTemplate(linesOf(text), ['.']))(next);
  assert.deepEqual(texts(await answerOf(template, makeQuery('ip-10-0-0-7.example'))), [
    'A ip-10-0-0-7.example "10.0.0.7"',
  ]);
  const denied = await answerOf(template, makeQuery('a.invalid', 'AAAA'));
  assert.deepEqual([denied.code, denied.authorities?.[0]?.type], [3, 'SOA']);
  assert.equal((await answerOf(template, makeQuery('other.example'))).by, 'forward');
  assert.throws(
    () => parseTemplate(linesOf('template IN A {\nanswer "{{ .Meta }}"\n}'), ['.']),
    /"\{\{ \.Meta \}\}" is not part of this cluster DNS/,
  );
});

test("logs queries in CoreDNS's format, by class", async () => {
  const lines: string[] = [];
  const clock = new FakeClock();
  const logged = async (text: string, next: ReturnType<typeof makeHandler>): Promise<string | undefined> => {
    lines.length = 0;
    const deps = { clock, log: (level: string, line: string) => void lines.push(`[${level}] ${line}`) };
    await logPlugin(parseLog(linesOf(text)), deps)(next)(makeQuery('a.example'));
    return lines[0];
  };
  const good = makeHandler({ answers: [a('a.example')] });
  assert.equal(
    await logged('log', good),
    '[INFO] 10.244.0.7:4711 - 7 "A IN a.example. udp 27 false 512" NOERROR qr,rd,ra 52 0s',
  );
  assert.equal(await logged('log . "{type} {name} {nothing}"', good), '[INFO] A a.example. -');
  assert.equal(await logged('log b.example', good), undefined);
  assert.equal(await logged('log {\nclass denial error\n}', good), undefined);
  assert.match((await logged('log {\nclass denial\n}', makeHandler({ code: 3 }))) ?? '', / NXDOMAIN /);
});

test('reports errors, and consolidates equal ones', async () => {
  const lines: string[] = [];
  const clock = new FakeClock();
  const deps = { clock, log: (level: string, line: string) => void lines.push(`[${level}] ${line}`) };
  const failing = makeHandler({ code: 2, error: 'read udp 10.0.0.1:1->8.8.8.8:53: i/o timeout' });
  await errorsPlugin(parseErrors(linesOf('errors')), deps)(failing)(makeQuery('a.example'));
  const said = '[ERROR] plugin/errors: 2 a.example. A: read udp 10.0.0.1:1->8.8.8.8:53: i/o timeout';
  assert.deepEqual(lines.splice(0), [said]);
  const together = errorsPlugin(parseErrors(linesOf('errors {\nconsolidate 30s ".* i/o timeout$" warning\n}')), deps);
  for (let i = 0; i < 3; i++) await together(failing)(makeQuery('a.example'));
  assert.deepEqual(lines, []);
  await clock.advance(30_000);
  assert.deepEqual(lines, ["[WARNING] plugin/errors: 3 errors like '.* i/o timeout$' occurred in last 30s"]);
});

test('shuffles addresses, and nothing else', async () => {
  const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
  const answers: Answer[] = [
    { name: 'a.example', type: 'CNAME', ttl: 20, data: 'b.example' },
    ...addresses.map((one) => a('b.example', one)),
  ];
  const balanced = loadbalancePlugin({ next: () => 0.9 })(makeHandler({ answers }));
  const answer = await answerOf(balanced, makeQuery('a.example'));
  assert.deepEqual(texts(answer), [
    'CNAME a.example "b.example"',
    'A b.example "192.0.2.3"',
    'A b.example "192.0.2.2"',
    'A b.example "192.0.2.1"',
  ]);
});

test('a query that comes back again and again is a loop', async () => {
  const found: string[] = [];
  const check = loopCheck('.', { random: { next: () => 0.5 }, onLoop: (text) => found.push(text) });
  const round: ReturnType<typeof check.plugin> = check.plugin((query) =>
    found.length > 0 ? makeHandler()(query) : round(query),
  );
  await check.start(round, new AbortController().signal);
  assert.equal(found.length, 1);
  assert.match(found[0] ?? '', /^plugin\/loop: Loop \(127\.0\.0\.1:0 -> :53\) detected for zone "\.", see /);
});
