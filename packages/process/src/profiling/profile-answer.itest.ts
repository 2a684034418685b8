import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type Clock, systemClock } from '@typernetes/base';
import protobuf from 'protobufjs';
import { type ProfileAnswer, profileAnswer } from './profile-answer.ts';

// In a process of its own: profiling the one with all unit tests loaded takes a minute.

/** The relevant fields of google/pprof's profile.proto, read by another decoder than ours. */
const { root } = protobuf.parse(`syntax = "proto3";
message ValueType { int64 type = 1; int64 unit = 2; }
message Sample { repeated uint64 location_id = 1; repeated int64 value = 2; }
message Mapping { uint64 id = 1; int64 filename = 5; bool has_functions = 7; bool has_filenames = 8; bool has_line_numbers = 9; }
message Line { uint64 function_id = 1; int64 line = 2; }
message Location { uint64 id = 1; uint64 mapping_id = 2; uint64 address = 3; repeated Line line = 4; }
message Function { uint64 id = 1; int64 name = 2; int64 system_name = 3; int64 filename = 4; int64 start_line = 5; }
message Profile {
  repeated ValueType sample_type = 1;
  repeated Sample sample = 2;
  repeated Mapping mapping = 3;
  repeated Location location = 4;
  repeated Function function = 5;
  repeated string string_table = 6;
  int64 time_nanos = 9;
  int64 duration_nanos = 10;
  ValueType period_type = 11;
  int64 period = 12;
  repeated int64 comment = 13;
  int64 default_sample_type = 14;
}`);
const Profile = root.lookupType('Profile');

interface Decoded {
  readonly types: string[];
  readonly shown: string;
  /** The names of the functions, innermost first, and the counts. */
  readonly samples: { readonly stack: string[]; readonly files: string[]; readonly values: number[] }[];
  readonly durationNanos: number;
  readonly timeNanos: number;
  readonly comments: string[];
}

function decoded({ status, headers, body }: ProfileAnswer): Decoded {
  assert.equal(status, 200, Buffer.from(body).toString());
  assert.equal(headers['content-type'], 'application/octet-stream');
  const message = Profile.decode(gunzipSync(body));
  // biome-ignore lint/suspicious/noExplicitAny: of the form above
  const it = Profile.toObject(message, { longs: Number, defaults: true, arrays: true }) as any;
  const text = (at: number): string => it.stringTable[at];
  assert.equal(text(0), '');
  assert.deepEqual(
    it.mapping.map((one: { hasFunctions: boolean }) => one.hasFunctions),
    [true],
  );
  const functions = new Map(it.function.map((one: { id: number }) => [one.id, one]));
  const locations = new Map(it.location.map((one: { id: number }) => [one.id, one]));
  // biome-ignore lint/suspicious/noExplicitAny: of the form above
  const functionAt = (id: number): any => {
    // biome-ignore lint/suspicious/noExplicitAny: of the form above
    const location = locations.get(id) as any;
    assert.equal(location.mappingId, 1);
    return functions.get(location.line[0].functionId);
  };
  return {
    types: it.sampleType.map(({ type, unit }: { type: number; unit: number }) => `${text(type)}/${text(unit)}`),
    shown: text(it.defaultSampleType),
    samples: it.sample.map(({ locationId, value }: { locationId: number[]; value: number[] }) => ({
      stack: locationId.map((id) => text(functionAt(id).name)),
      files: locationId.map((id) => text(functionAt(id).filename)),
      values: value,
    })),
    durationNanos: it.durationNanos,
    timeNanos: it.timeNanos,
    comments: it.comment.map(text),
  };
}

const ask = (path: string, options: { clock?: Clock; signal?: AbortSignal; longestSeconds?: number } = {}) => {
  const url = new URL(`http://component/debug/pprof${path}`);
  const { clock = systemClock, signal = new AbortController().signal, longestSeconds } = options;
  return profileAnswer(
    { path: url.pathname, query: url.searchParams, signal },
    { clock, ...(longestSeconds ? { longestSeconds } : {}) },
  );
};
const textOf = ({ body }: ProfileAnswer): string => Buffer.from(body).toString();

/** A clock whose sleep runs the given work. */
const meanwhile = (work: () => void): Clock => ({ ...systemClock, sleep: async () => work() });

/** Keeps the CPU busy for the duration of some samples, by its own CPU time. */
function calculate(): number {
  const before = process.cpuUsage();
  let sum = 0;
  while (process.cpuUsage(before).user < 60_000) for (let i = 0; i < 10_000; i++) sum += Math.sqrt(sum + 1);
  return sum;
}

const kept: unknown[] = [];
function fillMemory(): void {
  for (let i = 0; i < 200_000; i++) kept.push({ i, list: [i, i] });
}

test('a CPU profile shows in which functions the time was spent', async () => {
  const profile = decoded(await ask('/profile?seconds=2', { clock: meanwhile(() => void calculate()) }));
  assert.deepEqual(profile.types, ['samples/count', 'cpu/nanoseconds']);
  assert.equal(profile.shown, 'cpu');
  const own = profile.samples.filter(({ stack }) => stack.includes('calculate'));
  const spent = own.reduce((sum, { values }) => sum + (values[1] ?? 0), 0);
  assert.ok(spent > 0 && spent <= profile.durationNanos, `${spent} of ${profile.durationNanos}`);
  assert.ok(own.some(({ files }) => files.includes(import.meta.filename)));
  assert.ok(profile.samples.every(({ stack }) => !stack.includes('(idle)') && !stack.includes('(root)')));
  assert.ok(profile.timeNanos > 1.7e18);
});

test('there is one CPU profile at a time, and it ends with its client', async () => {
  const gone = new AbortController();
  const first = ask('/profile?seconds=3600', { signal: gone.signal });
  const second = await ask('/profile');
  assert.deepEqual(
    [second.status, textOf(second), second.headers['x-go-pprof']],
    [500, 'Could not enable CPU profiling: cpu profiling already in use\n', '1'],
  );
  gone.abort();
  assert.equal((await first).status, 200);
  assert.equal((await ask('/profile?seconds=1', { clock: meanwhile(() => {}) })).status, 200);
});

test("an invalid duration counts as 30 s, and none is longer than the server's limit", async () => {
  const slept: number[] = [];
  const clock: Clock = { ...systemClock, sleep: async (ms) => void slept.push(ms) };
  for (const seconds of ['', '?seconds=-1', '?seconds=x', '?seconds=1.5', '?seconds=20'])
    await ask(`/profile${seconds}`, { clock, longestSeconds: 40 });
  assert.deepEqual(slept, [30_000, 30_000, 30_000, 30_000, 20_000]);
  for (const path of ['/profile?seconds=40', '/trace?seconds=40.5', '/heap?seconds=41']) {
    const refused = await ask(path, { clock, longestSeconds: 40 });
    assert.deepEqual([refused.status, textOf(refused)], [400, "profile duration exceeds server's WriteTimeout\n"]);
  }
});

test('heap sampling starts with the first request and shows live objects since then', async () => {
  const first = decoded(await ask('/heap'));
  assert.deepEqual(first.types, ['samples/count', 'inuse_space/bytes']);
  assert.match(first.comments[0] ?? '', /^Of what was allocated since \d{4}-/);
  const more = decoded(await ask('/heap?seconds=1', { clock: meanwhile(fillMemory) }));
  const bytes = ({ samples }: Decoded): number =>
    samples.filter(({ stack }) => stack[0] === 'fillMemory').reduce((sum, { values }) => sum + (values[1] ?? 0), 0);
  assert.ok(bytes(more) > 1e6, `${bytes(more)}`);
  const text = textOf(await ask('/heap?debug=1'));
  assert.match(text, /^heap profile: \d+: \d+ \[\d+: \d+\] @ heap\/524288\n/);
  assert.match(text, /^#\t0x[0-9a-f]+\tfillMemory\t.*profile-answer\.itest\.ts:\d+$/m);
  assert.match(text, /^# heapUsed = \d+$/m);
  kept.length = 0;
  const less = decoded(await ask('/heap?gc=1'));
  assert.ok(bytes(less) < bytes(more), `${bytes(less)}`);
  assert.match(textOf(await ask('/')), /<td>\d+<\/td><td><a href='heap\?debug=1'>heap<\/a><\/td>/);
});

test('an allocation profile covers a period, including garbage', async () => {
  const churn = (): void => {
    fillMemory();
    kept.length = 0;
  };
  const profile = decoded(await ask('/allocs?seconds=5', { clock: meanwhile(churn) }));
  assert.deepEqual(profile.types, ['samples/count', 'alloc_space/bytes']);
  assert.ok(profile.samples.some(({ stack }) => stack.includes('fillMemory') && stack.includes('churn')));
  const gone = new AbortController();
  const running = ask('/allocs?seconds=3600', { signal: gone.signal });
  const refused = await ask('/heap');
  assert.equal(textOf(refused), 'Could not enable heap sampling: allocations are being sampled\n');
  gone.abort();
  await running;
});

test("threads and active resources take the place of Go's threads and goroutines", async () => {
  const timer = systemClock.after(60_000, () => {});
  const waits = decoded(await ask('/goroutine'));
  assert.deepEqual(waits.types, ['goroutine/count']);
  assert.ok(waits.samples.some(({ stack }) => stack[0] === 'Timeout'));
  assert.match(
    textOf(await ask('/goroutine?debug=1')),
    /^goroutine profile: total [1-9]\d*\n[1-9]\d* @ 0x1\n#\t0x1\t\w/,
  );
  assert.match(textOf(await ask('/goroutine?debug=2')), /^goroutine \d+ \[Timeout\]:$/m);
  timer();
  assert.match(textOf(await ask('/threadcreate?debug=1')), /^threadcreate profile: total [1-9]/);
  assert.deepEqual(decoded(await ask('/mutex')).types, ['contentions/count', 'delay/nanoseconds']);
  assert.match(textOf(await ask('/block?debug=1')), /^--- contention:\n/);
});

test("a trace has the events of V8 and the event loop, in Chrome's format", async () => {
  const answer = await ask('/trace?seconds=0.5', { clock: meanwhile(fillMemory) });
  kept.length = 0;
  assert.equal(answer.headers['content-disposition'], 'attachment; filename="trace.json"');
  const { traceEvents, otherData } = JSON.parse(textOf(answer));
  assert.ok(traceEvents.some(({ cat }: { cat: string }) => cat.split(',').includes('v8')));
  assert.equal(otherData.lostEvents, 0);
});

test('the index, the command line, and unknown profiles', async () => {
  const index = await ask('/');
  assert.equal(index.headers['content-type'], 'text/html; charset=utf-8');
  for (const name of [
    'allocs',
    'block',
    'cmdline',
    'goroutine',
    'heap',
    'mutex',
    'profile',
    'symbol',
    'threadcreate',
    'trace',
  ])
    assert.ok(textOf(index).includes(`<a href='${name}?debug=1'>${name}</a>`), name);
  assert.deepEqual((await ask('')).headers.location, '/debug/pprof/');
  assert.ok(textOf(await ask('/cmdline')).split('\0').length > 1);
  assert.equal(textOf(await ask('/symbol')), 'num_symbols: 0\n');
  const unknown = await ask('/nope');
  assert.deepEqual([unknown.status, textOf(unknown)], [404, 'Unknown profile\n']);
  const both = await ask('/heap?seconds=1&debug=1');
  assert.deepEqual([both.status, textOf(both)], [400, 'seconds and debug params are incompatible\n']);
  const never = await ask('/goroutine?seconds=0');
  assert.equal(textOf(never), 'invalid value for "seconds" - must be a positive integer\n');
});
