import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlagError, formatDuration, parseDuration, parseFlags } from './flags.ts';

const specs = {
  namespace: { type: 'string', short: 'n', help: '', default: 'default' },
  follow: { type: 'boolean', short: 'f', help: '', default: false },
  tty: { type: 'boolean', short: 't', help: '', default: false },
  output: { type: 'string', short: 'o', help: '' },
  timeout: { type: 'duration', help: '', default: 0 },
  mode: { type: 'list', help: '' },
  labels: { type: 'map', help: '' },
  v: { type: 'number', short: 'v', help: '', default: 0 },
} as const;

test('reads every spelling that pflag reads', () => {
  const parsed = parseFlags(specs, [
    'get',
    '-ft',
    '-n',
    'kube-system',
    '-ojson',
    'pods',
    '--timeout=1m30s',
    '--mode',
    'a,b',
    '--mode=c',
    '--labels=x=y',
    '--v=8',
    '--',
    '-x',
  ]);
  assert.deepEqual(parsed.positional, ['get', 'pods']);
  assert.deepEqual(parsed.rest, ['-x']);
  assert.deepEqual(parsed.flags, {
    namespace: 'kube-system',
    follow: true,
    tty: true,
    output: 'json',
    timeout: 90_000,
    mode: ['a', 'b', 'c'],
    labels: { x: 'y' },
    v: 8,
  });
  assert.equal(parsed.given.has('namespace'), true);
});

test('a boolean takes a value only after an equals sign', () => {
  assert.deepEqual(parseFlags(specs, ['--follow=false', '--tty', 'x']).flags.tty, true);
  assert.deepEqual(parseFlags(specs, ['--tty', 'x']).positional, ['x']);
});

test("reports problems in pflag's words", () => {
  const cases: [string[], string][] = [
    [['--nope'], 'unknown flag: --nope'],
    [['-z'], "unknown shorthand flag: 'z' in -z"],
    [['--output'], 'flag needs an argument: --output'],
    [['-n'], "flag needs an argument: 'n' in -n"],
    [
      ['--follow=maybe'],
      'invalid argument "maybe" for "-f, --follow" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
  ];
  for (const [args, message] of cases) assert.throws(() => parseFlags(specs, args), new FlagError(message));
});

test('durations go both ways', () => {
  assert.equal(parseDuration('1h15m30.5s'), 4_530_500);
  assert.equal(parseDuration('5'), undefined);
  assert.equal(formatDuration(4_530_500), '1h15m30.5s');
  assert.equal(formatDuration(60_000), '1m0s');
});

test('numbers are whole where asked for, and an equals sign that ends a short flag is its value, as with pflag', () => {
  const specs = {
    tail: { type: 'number', help: '', default: 0 },
    selector: { type: 'string', short: 'l', help: '', default: '' },
    quiet: { type: 'boolean', short: 'q', help: '', default: false },
  } as const;
  const whole = (...args: string[]) => parseFlags(specs, args, { wholeNumbers: true }).flags;
  const parsing = (text: string, why: string) => ({
    message: `invalid argument "${text}" for "--tail" flag: strconv.ParseInt: parsing "${text}": ${why}`,
  });
  assert.throws(() => whole('--tail=1.5'), parsing('1.5', 'invalid syntax'));
  assert.throws(() => whole(`--tail=${'9'.repeat(20)}`), parsing('9'.repeat(20), 'value out of range'));
  assert.equal(parseFlags(specs, ['--tail=1.5']).flags.tail, 1.5);
  assert.deepEqual([whole('-l=').selector, whole('-l=a').selector, whole('-l==').selector], ['=', 'a', '=']);
  assert.throws(() => whole('-q='), { message: "unknown shorthand flag: '=' in -q=" });
});
