import type { Chance } from './chance.ts';

/** What templates are filled with: a value of each kind that JSON has, nested a few times. */
export const filledIn = {
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: {
    name: 'w1',
    namespace: 'team',
    labels: { app: 'web', 'example.com/x': 'a b', tier: '', html: '<a&b>' },
    annotations: {},
  },
  spec: {
    replicas: 3,
    size: 1.5,
    big: 1234,
    huge: 12345,
    tiny: 0.00001,
    on: true,
    off: false,
    none: null,
    list: ['b', 'a', 'c d'],
    empty: [],
    obj: {},
    nums: [3, 1, 2],
    mixed: [1, 'x', true, null, { a: 1 }],
    ports: [
      { name: 'http', port: 80, targetPort: 'web' },
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'x', port: 9000, tls: { on: true } },
    ],
    containers: [
      {
        name: 'c',
        image: 'nginx',
        env: [
          { name: 'A', value: 'b' },
          { name: 'N', value: '' },
        ],
      },
      { name: 'side', image: 'busy:1', args: ['-c', 'x y'] },
    ],
    text: 'line\n\ttab é',
    quote: `it's "q"`,
  },
  status: {
    phase: 'Running',
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'X', status: 'False', reason: null },
    ],
  },
};

const names = [
  'kind',
  'metadata',
  'name',
  'labels',
  'app',
  'spec',
  'replicas',
  'size',
  'big',
  'huge',
  'tiny',
  'on',
  'off',
  'none',
  'list',
  'empty',
  'obj',
  'nums',
  'mixed',
  'ports',
  'port',
  'containers',
  'env',
  'value',
  'args',
  'text',
  'quote',
  'status',
  'conditions',
  'type',
  'nosuch',
];

const wholePaths = [
  'spec.list',
  'spec.ports',
  'spec.containers',
  'spec.nums',
  'spec.mixed',
  'spec.replicas',
  'spec.size',
  'spec.none',
  'spec.text',
  'spec.quote',
  'spec.on',
  'spec.off',
  'spec.empty',
  'spec.obj',
  'spec.tiny',
  'spec.huge',
  'metadata.name',
  'metadata.labels',
  'metadata.labels.app',
  'metadata.labels.tier',
  'status.conditions',
  'kind',
  'spec.ports[0]',
  'spec.nosuch',
  'nosuch',
  'spec',
];

const path = (chance: Chance): string =>
  chance.of(0.8)
    ? chance.pick(wholePaths)
    : chance.some([chance.pick(names), chance.pick(names), chance.pick(names)], 1, 3).join('.');

const index = (chance: Chance): string =>
  chance.pick([
    '[0]',
    '[1]',
    '[-1]',
    '[-2:]',
    '[5]',
    '[-5]',
    '[*]',
    '[:]',
    '[1:]',
    '[:1]',
    '[0:2]',
    '[::2]',
    '[2:1]',
    '[0:9]',
    '[::0]',
    '[::-1]',
    '[0,2]',
    '[0, -1]',
    '[0,9]',
    '[]',
    '[-]',
    '[a]',
    '["name"]',
    "['name']",
    "['name','port']",
    "['labels.app']",
    '[ 0 ]',
    '[',
    ']',
    `[?(@${filterPath(chance)})]`,
    `[?(@${filterPath(chance)}${operator(chance)}${literal(chance)})]`,
    `[?(@${filterPath(chance)} ${operator(chance)} ${literal(chance)})]`,
    `[?(${literal(chance)}${operator(chance)}@${filterPath(chance)})]`,
    `[?(@${filterPath(chance)}${operator(chance)}${literal(chance)} && @.port)]`,
    '[?(@)]',
    '[?(@.name]',
    '[?()]',
    '[?(@.name=="a)b")]',
    `[?(@.name=='http')]`,
  ]);

const filterPath = (chance: Chance): string =>
  chance.pick([
    '.name',
    '.port',
    '.nosuch',
    '.tls.on',
    '',
    '.env',
    '.env[0].name',
    '[0]',
    '.type',
    '.status',
    '.value',
    '.reason',
  ]);
const operator = (chance: Chance): string => chance.pick(['==', '!=', '<', '>', '<=', '>=', '=', '=~', '=!', '===']);
const literal = (chance: Chance): string =>
  chance.pick([
    '"http"',
    "'dns'",
    '80',
    '53.0',
    '80.5',
    'true',
    'false',
    '"True"',
    '1',
    '"',
    'x',
    '@.name',
    '""',
    '-1',
    '+80',
    '.name',
  ]);

const step = (chance: Chance): string =>
  `.${path(chance)}${chance.of(0.5) ? index(chance) : ''}${chance.of(0.35) ? `.${chance.pick(names)}` : ''}${chance.of(0.1) ? index(chance) : ''}`;

/** A JSONPath template. Maps are not gone through: Go does that in another order each time. */
export function pathTemplate(chance: Chance): string {
  const one = (): string => step(chance);
  return chance.pick([
    `{${one()}}`,
    `{${one()}}`,
    `{${one()}}`,
    `{$${one()}}`,
    `{@${one()}}`,
    `${one()}`,
    `{${one()}}{"\\n"}{${one()}}`,
    `a {${one()}} b {${one()}}`,
    `{range ${one()}}{.name}={.port}{"\\n"}{end}`,
    `{range .spec.ports[*]}[{${one()}}]{end}`,
    `{range .spec.ports[*]}{.name}`,
    `{range .spec.containers[*]}{.name}:{range .env[*]}{.name}{","}{end};{end}x`,
    `{range .spec.nosuch[*]}{.a}{end}end`,
    `{range .spec.list[*]}{@},{end}`,
    `{range .spec.list[*]}{.},{end}`,
    `{range.spec.list[*]}{@}{end}`,
    `{${one()}${one()}}`,
    `{ ${one()} }`,
    `{..${chance.pick(['name', 'port', 'nosuch', 'env', 'app', 'name[0]', '*.x'])}}`,
    `{.spec..${chance.pick(['name', 'value', 'args[1]', 'type'])}}`,
    `{${one()}`,
    `{"${chance.pick(['\\t', '\\"', '\\x41', '\\u00e9', '\\101', '\\q', "'", '}', '{', '\\'])}"}`,
    `{'${chance.pick(['\\n', '"', "\\'", 'a b', '\\"'])}'}`,
    `{${chance.pick(['1', '1.5', '-2', '+3', 'true', 'false', 'x', '*', '-', '.', '@', '$', ' ', '', 'end', 'range', 'kind', '1e3', '\t', '#', '1.2.3'])}}`,
    `{.metadata.labels.example\\.com/x}`,
    `{.metadata.labels['example\\.com/x']}`,
    `{.metadata.labels['example.com/x']}`,
    `{.spec.ports[?(@.name=="http")].port}{.spec.ports[*].name}`,
    '}',
    '{}{}',
    '{{.kind}}',
    `{if .kind}x{end}`,
  ]);
}

/** A template of Go. */
export function goTemplate(chance: Chance): string {
  const one = (): string => `.${path(chance).replace(/\[.*/, '')}`;
  const value = (): string =>
    chance.pick([
      one(),
      one(),
      one(),
      '"a"',
      '1',
      '1.5',
      'true',
      'nil',
      '.',
      '$',
      `(${one()})`,
      `(len ${one()})`,
      `(index ${one()} 0)`,
      "'a'",
      '`r`',
      '-1',
      '0x1F',
      '1e3',
    ]);
  const fn = (): string =>
    chance.pick([
      'len',
      'not',
      'html',
      'js',
      'urlquery',
      'print',
      'println',
      'base64decode',
      'nosuch',
      'index',
      'slice',
      'eq',
      'ne',
      'lt',
      'le',
      'gt',
      'ge',
      'and',
      'or',
      'exists',
      'call',
      'printf',
    ]);
  return chance.pick([
    `{{${one()}}}`,
    `{{${one()}}}`,
    `{{${fn()} ${value()}}}`,
    `{{${fn()} ${value()} ${value()}}}`,
    `{{${fn()} ${value()} ${value()} ${value()}}}`,
    `{{${fn()}}}`,
    `{{${value()} | ${fn()}}}`,
    `{{${value()} | ${fn()} ${value()}}}`,
    `{{${value()} | ${fn()} | ${fn()}}}`,
    `{{printf "${chance.pick(['%s', '%v', '%d', '%q', '%5s', '%-5v|', '%T', '%x', '%t', '%f', '%.2f', '%e', '%g', '%c', '%U', '%o', '%b', '%+v', '%#v', '%05d', '%%', '%z', '%s %s', '%[1]v', '%6.1f', '% d', '%+d', '%X', '%p', '%*d'])}" ${value()}}}`,
    `{{range ${one()}}}{{.}},{{end}}`,
    `{{range $i, $e := ${one()}}}{{$i}}={{$e}};{{else}}none{{end}}`,
    `{{range $e := ${one()}}}{{$e.name}} {{end}}`,
    `{{range .spec.ports}}{{.name}}{{if ${chance.pick(['.tls', 'eq .port 80', 'gt .port 60', '.nosuch.x', 'eq .name "dns"'])}}}!{{else if .protocol}}?{{end}} {{end}}`,
    `{{if ${value()}}}yes{{else}}no{{end}}`,
    `{{with ${one()}}}{{.}}{{else}}none{{end}}`,
    `{{with $x := ${one()}}}{{$x}}{{end}}`,
    `{{$x := ${one()}}}{{$x}}{{$x = 1}}{{$x}}`,
    `{{define "t"}}<{{.}}>{{end}}{{template "t" ${one()}}}`,
    `{{template "nosuch"}}`,
    `{{block "b" ${one()}}}[{{.}}]{{end}}`,
    `{{${one()}.${chance.pick(names)}}}`,
    `{{(${one()}).${chance.pick(names)}}}`,
    `{{index ${one()} ${chance.pick(['0', '1', '9', '-1', '"app"', '"name"', '1.5', 'nil', '0 "name"', '"a" "b"', ''])}}}`,
    `{{slice ${one()} ${chance.pick(['0', '1', '0 1', '1 0', '9', '"a"', '0 1 2', ''])}}}`,
    `a {{- ${one()} -}} b`,
    `{{/* c */}}x{{- /* d */ -}} y`,
    `{{${chance.pick(['', ' ', 'x', '$', '$x', '.', '..', '.a..b', '"', "'a", '`', '1.2.3', '|', 'a | ', '| a', '(', ')', '()', '{', 'end', 'else', 'range', 'if', 'with', 'template', 'define', 'break', 'continue', '.a b', '"a" "b"', '1 2', 'nil', '.a,', '$x := 1', '$x = 1', ':= 1', '!', '%', "'\\n'", "''", '"\\q"', '1 | 2', 'true', 'len "é"'])}}}`,
    `{{range .spec.list}}{{${chance.pick(['break', 'continue', 'end', 'else'])}}}{{end}}`,
    `{{if true}}a{{else}}b{{else}}c{{end}}`,
    `{{${one()}`,
    `{{range 3}}{{.}}{{end}}`,
    `{{range ${value()}}}x{{end}}`,
    `}} {{"}}"}} {`,
    `{{"a\n"}}`,
    `{{ ${one()}
 }}`,
  ]);
}

/** Custom columns. */
export function columnsTemplate(chance: Chance): string {
  const one = (): string =>
    `${chance.pick(['N', 'A B', ''])}:${chance.pick([step(chance), `{${step(chance)}}`, step(chance).slice(1), '..name', '{..name}', '{range .spec.ports[*]}', 'metadata..name', '{.a}{.b}', ''])}`;
  return chance.some([one(), one()], 1, 2).join(',');
}
