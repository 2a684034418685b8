import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executeTemplate } from './evaluate.ts';
import { parseTemplate } from './parse.ts';

const data = {
  kind: 'Pod',
  metadata: { name: 'web', labels: { tier: 'front', app: 'x' } },
  spec: { replicas: 3, on: true, list: ['a', 'b', 'c'], none: [], null: null, port: 30080, big: 1234567, half: 0.5 },
  data: { password: 'aGlkZGVu' },
};
const run = (text: string, strict = false): string => executeTemplate(parseTemplate(text), data, { strict });

for (const [template, expected] of [
  ['{{.kind}}: {{ .metadata.name }}', 'Pod: web'],
  ['{{.nothing}} {{.nothing.below}} {{.spec.null}}', '<no value> <no value> <no value>'],
  ['{{range .spec.list}}{{.}},{{end}}', 'a,b,c,'],
  ['{{range $i, $e := .spec.list}}{{if $i}}, {{end}}{{$i}}={{$e}}{{end}}', '0=a, 1=b, 2=c'],
  ['{{range $k, $v := .metadata.labels}}{{$k}}={{$v}} {{end}}', 'app=x tier=front '],
  ['{{range .spec.none}}x{{else}}none{{end}}', 'none'],
  ['{{range .spec.list}}{{if eq . "b"}}{{continue}}{{end}}{{.}}{{end}}', 'ac'],
  ['{{range .spec.list}}{{if eq . "b"}}{{break}}{{end}}{{.}}{{end}}', 'a'],
  ['{{if .spec.on}}yes{{else}}no{{end}}', 'yes'],
  ['{{if eq .kind "Job"}}a{{else if eq .kind "Service" "Pod"}}b{{else}}c{{end}}', 'b'],
  ['{{with .metadata}}{{.name}} {{$.kind}}{{end}}', 'web Pod'],
  ['{{with .absent}}x{{else}}y{{end}}', 'y'],
  ['{{$n := .metadata.name}}{{$n = "b"}}{{$n}}', 'b'],
  ['{{index .metadata.labels "tier"}} {{index .spec.list 1}} {{index .metadata.labels "x"}}', 'front b <no value>'],
  ['{{.metadata.name | printf "%s-%s" .kind}}', 'Pod-web'],
  ['{{printf "%-6s|%6.2f|%q|%v|%t" .kind .spec.half "a" .spec.list .spec.on}}', 'Pod   |  0.50|"a"|[a b c]|true'],
  ['{{printf "%d %05d %x" 7 42 255}}', '7 00042 ff'],
  ['{{printf "%d %d" .spec.replicas .spec.half}}', '3 %!d(float64=0.5)'],
  ['{{len .spec.list}} {{len .kind}} {{slice .kind 1 2}}', '3 3 o'],
  ['{{.data.password | base64decode}}', 'hidden'],
  ['{{and .spec.on .kind}} {{or .absent "x"}} {{not .spec.on}}', 'Pod x false'],
  ['{{lt 1 2}} {{ge "b" "a"}} {{eq .spec.replicas 3}} {{ne .kind "Pod"}}', 'true true true false'],
  ['{{.spec.replicas}} {{.spec.port}} {{.spec.half}}', '3 30080 0.5'],
  ['{{.metadata.labels}}', 'map[app:x tier:front]'],
  ['a {{- /* gone */ -}} b\n{{- "x" -}}  c', 'abxc'],
  ['{{"tab\\t\\"q\\"\\n"}}{{`raw\\n`}}', 'tab\t"q"\nraw\\n'],
  ['{{define "T"}}<{{.}}>{{end}}{{template "T" .kind}}', '<Pod>'],
  ['{{(index .spec.list 0)}}{{(.metadata).name}}', 'aweb'],
  ['{{exists .metadata "labels" "app"}} {{exists .metadata "x"}}', 'true false'],
  ['{{print 1 2 "a" "b"}}{{println .kind 1}}', '1 2ab' + 'Pod 1\n'],
  ['{{html "<a>"}} {{urlquery "a b&c"}}', '&lt;a&gt; a+b%26c'],
  ['{{range 3}}{{.}}{{end}}', '012'],
] as const) {
  test(`template ${template}`, () => assert.equal(run(template), expected));
}

for (const [template, message] of [
  ['{{.a', 'template: output:1: unclosed action'],
  ['{{.a..b}}', 'template: output:1: unexpected <.> in operand'],
  ['{{len(.kind)}}', 'template: output:1: unexpected "(" in operand'],
  ['{{.a"a long text"}}', 'template: output:1: unexpected "\\"a long te"... in operand'],
  ['{{if .a}}', 'template: output:1: unexpected EOF'],
  ['{{end}}', 'template: output:1: unexpected {{end}}'],
  [
    '{{eq .spec.replicas 3.0}}',
    'template: output:1:2: executing "output" at <eq .spec.replicas 3.0>: error calling eq: incompatible types for comparison: int64 and float64',
  ],
  ['x{{nope .kind}}', 'template: output:1: function "nope" not defined'],
  [
    '{{len .nothing}}',
    'template: output:1:2: executing "output" at <len .nothing>: error calling len: reflect: call of reflect.Value.Type on zero Value',
  ],
  [
    '{{len .spec.null}}',
    'template: output:1:2: executing "output" at <len .spec.null>: error calling len: len of nil pointer',
  ],
  [
    '{{.kind | len | printf}}',
    'template: output:1:16: executing "output" at <printf>: wrong type for value; expected string; got int',
  ],
  ['{{not}}', 'template: output:1:2: executing "output" at <not>: wrong number of args for not: want 1 got 0'],
  ['{{nil}}', 'template: output:1:2: executing "output" at <nil>: nil is not a command'],
  [
    '{{range $e := .spec.list}}{{$e.x}}{{end}}',
    'template: output:1:30: executing "output" at <$e.x>: can\'t evaluate field x in type interface {}',
  ],
  [
    '{{with .kind}}{{.x}}{{end}}',
    'template: output:1:16: executing "output" at <.x>: can\'t evaluate field x in type string',
  ],
  [
    '{{range $i, $e := 3}}{{end}}',
    'template: output:1:18: executing "output" at <3>: can\'t use 3 to iterate over more than one variable',
  ],
  [
    '{{define "T"}}{{.x}}{{end}}{{template "T" .kind}}',
    'template: output:1:16: executing "T" at <.x>: can\'t evaluate field x in type string',
  ],
  ['{{template "T"}}', 'template: output:1:11: executing "output" at <{{template "T"}}>: template "T" not defined'],
  ['{{break}}', 'template: output:1: {{break}} outside {{range}}'],
  ['{{if .a}}{{else}}{{else}}{{end}}', 'template: output:1: expected end; found {{else}}'],
  ['{{.a | 1}}', 'template: output:1: non executable command in pipeline stage 2'],
  ['{{"a}}', 'template: output:1: unterminated quoted string'],
  [
    '{{index .spec.list 3}}',
    'template: output:1:2: executing "output" at <index .spec.list 3>: error calling index: reflect: slice index out of range',
  ],
  [
    '{{index .spec.list 5}}',
    'template: output:1:2: executing "output" at <index .spec.list 5>: error calling index: index out of range: 5',
  ],
] as const) {
  test(`template ${template} is refused`, () => assert.throws(() => run(template), { message }));
}

test('reports the output up to the failure', () => {
  assert.throws(() => run('a{{.kind}}{{len 3}}'), { name: 'ExecutionError', partial: 'aPod' });
});

test('strict mode refuses missing keys', () => {
  assert.throws(() => run('{{.nothing}}', true), /map has no entry for key "nothing"/);
});
