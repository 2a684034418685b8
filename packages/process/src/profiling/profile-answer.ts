import type { Clock } from '@typernetes/base';
import { cpuProfile } from './cpu-profile.ts';
import { allocationProfile, collectGarbage, heapProfile, livingSamples } from './heap-profile.ts';
import { BusyError, type Patience, pause } from './inspection.ts';
import { pprofMessage } from './pprof-message.ts';
import { commandLine, contentionProfile, resourceProfile, threadProfile } from './process-profiles.ts';
import { isProfileName, type ProfileName, profileIndex } from './profile-index.ts';
import { contentionText, countText, eachText, heapText } from './profile-text.ts';
import { runtimeTrace } from './runtime-trace.ts';
import { difference, type StackProfile } from './stack-profile.ts';

/** A request for something below `/debug/pprof`. */
export interface ProfileRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Aborts when the client disconnects: then a profile ends early. */
  readonly signal: AbortSignal;
}

export interface ProfileRules {
  readonly clock: Clock;
  /** The maximum duration of a response in seconds; default: no limit. */
  readonly longestSeconds?: number;
}

export interface ProfileAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Everything below `/debug/pprof`, as Go's net/http/pprof answers, of what there is in this process. */
export async function profileAnswer(request: ProfileRequest, rules: ProfileRules): Promise<ProfileAnswer> {
  const { path } = request;
  const name = path.slice('/debug/pprof/'.length);
  if (path === '/debug/pprof') return redirected;
  if (name === '') return text(200, profileIndex(await counts(rules.clock)), 'text/html; charset=utf-8');
  if (!isProfileName(name)) return failure(404, 'Unknown profile');
  const patience = { clock: rules.clock, signal: request.signal };
  try {
    switch (name) {
      case 'cmdline':
        return text(200, commandLine());
      case 'symbol':
        return text(200, 'num_symbols: 0\n');
      case 'profile':
        return await lasting(wholeSeconds(request) ?? defaultSeconds, rules, async (seconds) =>
          attachment('profile', await pprofMessage(await cpuProfile(seconds, patience))),
        );
      case 'trace':
        return await lasting(someSeconds(request) ?? 1, rules, async (seconds) =>
          attachment('trace.json', await runtimeTrace(seconds, patience)),
        );
      default:
        return request.query.get('seconds')
          ? await change(name, request, rules)
          : await present(name, request, patience);
    }
  } catch (error) {
    if (!(error instanceof BusyError)) throw error;
    return failure(500, `Could not enable ${activities[name] ?? name}: ${error.message}`);
  }
}

const defaultSeconds = 30;

const activities: Partial<Record<ProfileName, string>> = {
  profile: 'CPU profiling',
  trace: 'tracing',
  heap: 'heap sampling',
  allocs: 'heap sampling',
};

/** Profiles of a state rather than of a time. */
type StateName = Exclude<ProfileName, 'cmdline' | 'symbol' | 'profile' | 'trace'>;

/** A current profile; allocations can only be profiled over a period. */
async function present(name: StateName, { query }: ProfileRequest, patience: Patience): Promise<ProfileAnswer> {
  if (name === 'heap' && numberOr0(query.get('gc')) > 0) await collectGarbage();
  const profile = await stateOf(name, patience);
  const debug = numberOr0(query.get('debug'));
  return debug === 0 ? attachment(name, await pprofMessage(profile)) : text(200, textOf(name, profile, debug));
}

function textOf(name: StateName, profile: StackProfile, debug: number): string {
  if (name === 'heap' || name === 'allocs') return heapText(profile);
  if (name === 'block' || name === 'mutex') return contentionText(name);
  return name === 'goroutine' && debug >= 2 ? eachText(profile) : countText(name, profile);
}

/** The difference between two profiles some seconds apart. */
async function change(name: StateName, { query, signal }: ProfileRequest, rules: ProfileRules): Promise<ProfileAnswer> {
  const asked = wholeNumber(query.get('seconds'));
  if (asked === undefined || asked <= 0)
    return failure(400, 'invalid value for "seconds" - must be a positive integer');
  const { clock } = rules;
  return lasting(asked, rules, async (seconds) => {
    if (numberOr0(query.get('debug')) !== 0) return failure(400, 'seconds and debug params are incompatible');
    const patience = { clock, signal };
    if (name === 'allocs')
      return attachment('allocs-delta', await pprofMessage(await allocationProfile(seconds, patience)));
    const before = await stateOf(name, patience);
    await pause(seconds * 1000, patience);
    const changed = difference(before, await stateOf(name, patience));
    return attachment(`${name}-delta`, await pprofMessage(changed));
  });
}

async function stateOf(name: StateName, patience: Patience): Promise<StackProfile> {
  switch (name) {
    case 'heap':
      return heapProfile(patience);
    case 'allocs':
      return allocationProfile(defaultSeconds, patience);
    case 'goroutine':
      return resourceProfile(patience.clock.now());
    case 'threadcreate':
      return threadProfile(patience.clock.now());
    default:
      return contentionProfile(patience.clock.now());
  }
}

async function counts(clock: Clock): Promise<Partial<Record<ProfileName, number>>> {
  const total = ({ samples }: StackProfile): number => samples.reduce((sum, { values: [n = 0] }) => sum + n, 0);
  return {
    goroutine: total(resourceProfile(clock.now())),
    heap: await livingSamples(),
    threadcreate: total(threadProfile(clock.now())),
  };
}

async function lasting(
  seconds: number,
  { longestSeconds = Number.POSITIVE_INFINITY }: ProfileRules,
  take: (seconds: number) => Promise<ProfileAnswer>,
): Promise<ProfileAnswer> {
  return seconds >= longestSeconds ? failure(400, "profile duration exceeds server's WriteTimeout") : take(seconds);
}

/** An invalid duration is ignored. */
function wholeSeconds({ query }: ProfileRequest): number | undefined {
  const seconds = wholeNumber(query.get('seconds'));
  return seconds !== undefined && seconds > 0 ? seconds : undefined;
}

function someSeconds({ query }: ProfileRequest): number | undefined {
  const text = query.get('seconds') ?? '';
  const seconds = text.trim() === text ? Number(text) : Number.NaN;
  return seconds > 0 && Number.isFinite(seconds) ? seconds : undefined;
}

function wholeNumber(text: string | null): number | undefined {
  const number = /^[+-]?\d+$/.test(text ?? '') ? Number(text) : Number.NaN;
  return Math.abs(number) < 2 ** 63 ? number : undefined;
}

const numberOr0 = (text: string | null): number => wholeNumber(text) ?? 0;

const unguessed = { 'x-content-type-options': 'nosniff' };

function text(status: number, body: string, type = 'text/plain; charset=utf-8'): ProfileAnswer {
  return { status, headers: { ...unguessed, 'content-type': type }, body: Buffer.from(body) };
}

function attachment(filename: string, body: Uint8Array): ProfileAnswer {
  const headers = {
    ...unguessed,
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="${filename}"`,
  };
  return { status: 200, headers, body };
}

function failure(status: number, message: string): ProfileAnswer {
  const answer = text(status, `${message}\n`);
  return { ...answer, headers: { ...answer.headers, 'x-go-pprof': '1' } };
}

const redirected: ProfileAnswer = {
  status: 302,
  headers: { 'content-type': 'text/html; charset=utf-8', location: '/debug/pprof/' },
  body: Buffer.from('<a href="/debug/pprof/">Found</a>.\n\n'),
};
