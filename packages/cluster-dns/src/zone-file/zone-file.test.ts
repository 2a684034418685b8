import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from 'dns-packet';
import { masterFile } from './master-file.ts';
import { lookUp, type ZoneData, zoneData } from './zone-data.ts';

const text = `
$TTL 1h
@       IN SOA  ns1 hostmaster.Lab.example. (
                2026113001 ; serial
                7200 30m 2w 5m )
        IN NS   ns1
        IN NS   ns.elsewhere.example.
        MX      10 mail
ns1     A       192.0.2.1
www     300 IN A 192.0.2.2
        IN 300 AAAA 2001:db8::2
mail    60 A    192.0.2.3
web     CNAME   www
out     CNAME   www.elsewhere.example.
*.wild  TXT     "any; thing" second
_ldap._tcp SRV  0 5 389 www
deep.er.below A 192.0.2.9
sub     NS      ns.sub
ns.sub  A       192.0.2.53
$ORIGIN other.lab.example.
host    A       192.0.2.7
`;
const data = zoneData(masterFile(text, 'lab.example'), 'lab.example') as ZoneData;
const shown = (record: Answer): string =>
  `${record.name} ${'ttl' in record ? record.ttl : ''} ${record.type} ${'data' in record ? JSON.stringify(record.data) : ''}`;
const ask = (name: string, type = 'A') => lookUp(data, name, type);
const answers = (name: string, type = 'A'): string[] => ask(name, type).answers.map(shown);

for (const [name, type, ...expected] of [
  ['www.lab.example', 'A', 'www.lab.example 300 A "192.0.2.2"'],
  ['www.lab.example', 'AAAA', 'www.lab.example 300 AAAA "2001:db8::2"'],
  ['host.other.lab.example', 'A', 'host.other.lab.example 3600 A "192.0.2.7"'],
  ['lab.example', 'MX', 'lab.example 3600 MX {"preference":10,"exchange":"mail.lab.example"}'],
  ['a.wild.lab.example', 'TXT', 'a.wild.lab.example 3600 TXT ["any; thing","second"]'],
  [
    '_ldap._tcp.lab.example',
    'SRV',
    '_ldap._tcp.lab.example 3600 SRV {"priority":0,"weight":5,"port":389,"target":"www.lab.example"}',
  ],
  ['web.lab.example', 'A', 'web.lab.example 3600 CNAME "www.lab.example"'],
  ['web.lab.example', 'CNAME', 'web.lab.example 3600 CNAME "www.lab.example"'],
  [
    'lab.example',
    'SOA',
    'lab.example 3600 SOA {"mname":"ns1.lab.example","rname":"hostmaster.lab.example","serial":2026113001,"refresh":7200,"retry":1800,"expire":1209600,"minimum":300}',
  ],
] as const) {
  test(`${type} ${name}`, () => assert.deepEqual(answers(name, type), expected));
}

test('an alias says where it leads, for whoever asks for something else', () => {
  assert.deepEqual(
    [ask('out.lab.example').leadsTo, ask('out.lab.example', 'CNAME').leadsTo],
    ['www.elsewhere.example', undefined],
  );
});

test('what is not there is denied, with the record of the zone; names between are there', () => {
  const of = (name: string, type?: string) => {
    const { code, authority, answers: found } = ask(name, type);
    return [code, found.length, ...authority.map((record) => record.type)];
  };
  assert.deepEqual(of('no.lab.example'), ['NXDOMAIN', 0, 'SOA']);
  assert.deepEqual(of('below.lab.example'), ['NOERROR', 0, 'SOA']);
  assert.deepEqual(of('wild.lab.example'), ['NOERROR', 0, 'SOA']);
  assert.deepEqual(of('x.er.below.lab.example'), ['NXDOMAIN', 0, 'SOA']);
  assert.deepEqual(of('www.lab.example', 'MX'), ['NOERROR', 0, 'SOA']);
  assert.deepEqual(of('www.lab.example'), ['NOERROR', 1, 'NS', 'NS']);
});

test('addresses come with what leads to them', () => {
  const additional = (name: string, type: string) => ask(name, type).additional.map(shown);
  assert.deepEqual(additional('lab.example', 'MX'), ['mail.lab.example 60 A "192.0.2.3"']);
  assert.deepEqual(additional('lab.example', 'NS'), ['ns1.lab.example 3600 A "192.0.2.1"']);
});

test('names below another name server are handed on', () => {
  const { isReferral, answers: found, authority, additional } = ask('www.sub.lab.example');
  assert.deepEqual(
    [isReferral, found, authority.map(shown), additional.map(shown)],
    [true, [], ['sub.lab.example 3600 NS "ns.sub.lab.example"'], ['ns.sub.lab.example 3600 A "192.0.2.53"']],
  );
});

test('mistakes are told with their line', () => {
  for (const [line, message] of [
    ['a A 192.0.2', /^dns: bad A: "192\.0\.2" at line: 2$/],
    ['a WKS x', /^dns: unknown RR type: "WKS" at line: 2$/],
    ['a A 192.0.2.1 )', /^dns: extra closing brace/],
    ['a TXT ( b', /^dns: unbalanced brace/],
    ['a A 192.0.2.1', /^dns: missing TTL with no previous value: "a" at line: 2$/],
  ] as const) {
    assert.throws(() => masterFile(`\n${line}`, 'lab.example'), { name: 'MasterFileError', message });
  }
  assert.equal(zoneData(masterFile('a 60 A 192.0.2.1', 'lab.example'), 'lab.example'), undefined);
});
