import type { AdmissionPhase, AdmissionTimes, Took } from '../admission/admission-metrics.ts';
import type { AdmissionPlugin, AdmissionRequest, WriteKind } from '../admission/admission-plugin.ts';
import { runsAgain } from '../admission/reinvocation.ts';

/** A plugin that a kind of write concerns. */
interface Asked {
  readonly plugin: AdmissionPlugin;
  /** The method to call: looking it up each time is costly, as no two plugins have the same shape. */
  readonly act: NonNullable<AdmissionPlugin['admit']>;
  readonly handles: AdmissionPlugin['handles'];
  readonly took: Took | undefined;
}

/** The plugins that handle a kind of write in one phase, in order. */
interface Round {
  /** How many rounds have passed since the last measurement. */
  unmeasured: number;
  readonly asked: readonly Asked[];
  readonly took: Took | undefined;
  readonly times: AdmissionTimes | undefined;
}

type Concerned = Readonly<Record<AdmissionPhase, Round>>;

/** Chosen once: of two dozen plugins two or three have anything to do with a write. */
interface Choice {
  /** The number of plugins then: more may be added while a server is set up. */
  readonly count: number;
  readonly byResource: WeakMap<WriteKind['resource'], Map<string, Concerned>>;
}

const choices = new WeakMap<readonly AdmissionPlugin[], Choice>();
const observers = new WeakMap<readonly AdmissionPlugin[], AdmissionTimes>();

/** Has it told how long these plugins take. Before they are first asked. */
export function observeAdmission(plugins: readonly AdmissionPlugin[], times: AdmissionTimes): void {
  observers.set(plugins, times);
}

function concernedOf(plugins: readonly AdmissionPlugin[], kind: WriteKind): Concerned {
  let choice = choices.get(plugins);
  if (choice?.count !== plugins.length) {
    choice = { count: plugins.length, byResource: new WeakMap() };
    choices.set(plugins, choice);
  }
  const { operation, resource, subresource } = kind;
  let byKind = choice.byResource.get(resource);
  if (!byKind) {
    byKind = new Map();
    choice.byResource.set(resource, byKind);
  }
  const id = subresource === '' ? operation : `${operation} ${subresource}`;
  let concerned = byKind.get(id);
  if (!concerned) {
    const ofThese = plugins.filter((plugin) => plugin.concerns?.({ operation, resource, subresource }) ?? true);
    const times = observers.get(plugins);
    const round = (phase: AdmissionPhase): Round => ({
      unmeasured: measuredEvery,
      asked: ofThese.flatMap((plugin) => {
        const { [phase]: act, handles } = plugin;
        return act ? [{ plugin, act, handles, took: times?.ofPlugin(plugin, phase, operation) }] : [];
      }),
      took: times?.ofPhase(phase, operation),
      times,
    });
    concerned = { admit: round('admit'), validate: round('validate') };
    byKind.set(id, concerned);
  }
  return concerned;
}

/** Mutating admission: may change the request's object in place. At once, unless a plugin makes it wait. */
export function admit(plugins: readonly AdmissionPlugin[], request: AdmissionRequest): void | Promise<void> {
  const round = concernedOf(plugins, request).admit;
  const pending = ask(round, request);
  if (pending) return admitAgain(round, request, pending);
  if (runsAgain(request)) return admit(plugins, request);
}

async function admitAgain(round: Round, request: AdmissionRequest, pending: Promise<void>): Promise<void> {
  await pending;
  while (runsAgain(request)) await ask(round, request);
}

/** Validating admission: the last word before the store. At once, unless a plugin makes it wait. */
export function validateAdmission(
  plugins: readonly AdmissionPlugin[],
  request: AdmissionRequest,
): void | Promise<void> {
  return ask(concernedOf(plugins, request).validate, request);
}

/**
 * For synchronous plugins, one round in so many is measured and stands for the others: reading the clock takes longer
 * than most of them.
 */
const measuredEvery = 16;

/** One phase. A measured one reads the clock once per plugin: the end of one is the start of the next. */
function ask(round: Round, request: AdmissionRequest): void | Promise<void> {
  const { asked } = round;
  round.unmeasured = round.unmeasured < measuredEvery ? round.unmeasured + 1 : 1;
  const times = round.unmeasured === 1 ? round.times : undefined;
  const startedAt = times?.now() ?? Number.NaN;
  let at = startedAt;
  for (let i = 0; i < asked.length; i++) {
    const { plugin, act, handles, took } = asked[i] as Asked;
    if (handles && !handles.call(plugin, request)) continue;
    let pending: void | Promise<void>;
    try {
      pending = act.call(plugin, request);
    } catch (error) {
      refused(round, { took, at, startedAt });
      throw error;
    }
    if (pending) {
      const from = times || !round.times ? { at, startedAt } : startingNow(round.times);
      return askBehind(round, request, { pending, index: i, ...from });
    }
    if (times) {
      const now = times.now();
      took?.passed(now - at);
      at = now;
    } else took?.passedAgain();
  }
  if (times) round.took?.passed(at - startedAt);
  else round.took?.passedAgain();
}

/** Everything before took negligible time. */
function startingNow(times: AdmissionTimes): { at: number; startedAt: number } {
  const at = times.now();
  return { at, startedAt: at };
}

interface Waiting {
  readonly pending: Promise<void>;
  /** The index of the plugin being waited for. */
  readonly index: number;
  readonly at: number;
  readonly startedAt: number;
}

/** The rest, behind a plugin that is waited for. */
async function askBehind(round: Round, request: AdmissionRequest, waiting: Waiting): Promise<void> {
  const { asked, times } = round;
  const { index, startedAt } = waiting;
  let { pending, at }: { pending: void | Promise<void>; at: number } = waiting;
  for (let i = index; i < asked.length; i++) {
    const { plugin, act, handles, took } = asked[i] as Asked;
    if (i > index && handles && !handles.call(plugin, request)) continue;
    try {
      if (i > index) pending = act.call(plugin, request);
      await pending;
    } catch (error) {
      refused(round, { took, at, startedAt });
      throw error;
    }
    if (times) {
      const now = times.now();
      took?.passed(now - at);
      at = now;
    }
  }
  round.took?.passed(at - startedAt);
}

function refused(
  { times, took: whole }: Round,
  { took, at, startedAt }: { took: Took | undefined; at: number; startedAt: number },
): void {
  if (!times) return;
  const now = times.now();
  // Unmeasured rounds are synchronous.
  took?.refused(Number.isNaN(at) ? 0 : now - at);
  whole?.refused(Number.isNaN(startedAt) ? 0 : now - startedAt);
}

/** Both, for a write to something that is not stored as it is written: a token request, an eviction. */
export async function admitAnswered(plugins: readonly AdmissionPlugin[], request: AdmissionRequest): Promise<void> {
  await admit(plugins, request);
  await validateAdmission(plugins, request);
}
