import { type ApiObject, compileJsonPath, goValue, isNotFound, relaxedJsonPath } from '@typernetes/machinery';
import type { ParsedFlags } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { printedName } from '../resources/arguments.ts';
import { watchObject } from '../resources/watch-object.ts';
import type { Session } from '../session.ts';
import { Failures } from './failures.ts';
import { printResult, resultFlags } from './result.ts';
import { localFlag, selectionFlags, selectObjects, wideSelectionFlags } from './selected-objects.ts';
import { onlyFiles } from './set/changed-objects.ts';

type Predicate = (object: ApiObject | undefined) => boolean;

const { kustomize: _none, ...plainSelection } = selectionFlags;

const flagSpecs = {
  ...localFlag,
  ...resultFlags,
  ...plainSelection,
  ...wideSelectionFlags,
  recursive: {
    type: 'boolean',
    short: 'R',
    help: 'Read the folders of -f, --filename with all that is below them.',
    default: true,
  },
  for: {
    type: 'string',
    help: 'What to wait for: [create|delete|condition=NAME[=VALUE]|jsonpath=PATH[=VALUE]]',
    default: '',
  },
  timeout: {
    type: 'duration',
    help: 'How long to wait for all objects together; zero: only look; below zero: a week.',
    default: 30_000,
  },
} as const;

const weekMs = 7 * 24 * 3_600_000;

export const waitCommand = defineCommand({
  use: "wait ([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
  short: 'Wait for a specific condition on one or many resources',
  formatFirst: true,
  flags: flagSpecs,
  async run({ flags, positional }, session, signal) {
    const { holds, done } = condition(flags.for);
    const timeoutMs = flags.timeout < 0 ? weekMs : flags.timeout;
    const goal = goalOf(flags.for);
    const failures = new Failures();
    const { clock } = session;
    // For all objects together.
    const deadline = clock.monotonic() + timeoutMs;
    if (flags.local && !flags.filename?.length) throw new Error(onlyFiles);
    const targets = await targetsOf(positional, flags, { session, failures, signal, deadline });
    for (const { type, name, namespace } of targets) {
      const ref = { name, ...(namespace ? { namespace } : {}) };
      let last: ApiObject | undefined;
      try {
        const look = (object: ApiObject | undefined): boolean => {
          last = object ?? last;
          return holds(object);
        };
        // No time is time for one look; what was to be created is there by now.
        const once = flags.timeout === 0 || goal === 'create';
        const left = once ? 0 : deadline - clock.monotonic();
        const timedOut = new Error(`timed out waiting for the condition on ${type.plural}/${name}`);
        if (!once && left <= 0) throw goal === 'delete' ? noTimeLeft : timedOut;
        if (!(await watchObject({ type, ref }, { session, signal, timeoutMs: left }, look)))
          throw flags.timeout === 0 ? new Error(`condition not met for ${type.plural}/${name}`) : timedOut;
        if (last && flags.output)
          printResult(session, { type, object: { ...last, kind: type.kind } }, { verb: done, flags });
        else session.io.out(`${printedName(type, name)} ${done}\n`);
      } catch (error) {
        if (signal.aborted) throw error;
        failures.add(error);
      }
    }
    return failures.report(session);
  },
});

/** What upstream's client says of requests that begin after their time. */
const noTimeLeft = new Error('client rate limiter Wait returned an error: context deadline exceeded');

/** As often upstream looks whether there is something by now. */
const lookAgainMs = 500;

interface Target {
  readonly type: AnyResource;
  readonly name: string;
  readonly namespace: string | undefined;
}

/** What exists, once it does where that is waited for. What is gone need not be waited for. */
async function targetsOf(
  args: readonly string[],
  flags: ParsedFlags<typeof flagSpecs>,
  of: { session: Session; failures: Failures; signal: AbortSignal; deadline: number },
): Promise<Target[]> {
  const { session, failures, signal, deadline } = of;
  const { clock } = session;
  const goal = goalOf(flags.for);
  for (;;) {
    const errors: unknown[] = [];
    const selected = await selectObjects({ args, flags, failed: (error) => void errors.push(error) }, session);
    // Several that are missing are an error of their own to upstream, which is none that passes; neither is one of a file.
    const isMissing = !flags.filename?.length && errors.length === 1 && isNotFound(errors[0]);
    const comesLater = goal === 'create' && (isMissing || (errors.length === 0 && selected.length === 0));
    if (!comesLater) {
      for (const error of errors) if (goal !== 'delete' || !isNotFound(error)) failures.add(error);
      if (goal === 'create' && failures.some) return [];
      if (selected.length === 0 && errors.length === 0 && goal !== 'delete')
        throw new Error('no matching resources found');
      return selected.map(({ type, object, namespace }) => ({ type, name: object.metadata.name, namespace }));
    }
    if (clock.monotonic() >= deadline) throw new Error('timed out waiting for the condition');
    await clock.sleep(lookAgainMs, signal);
  }
}

/** `delete` and `create` may be in capitals. */
const goalOf = (text: string): string => text.toLowerCase();

/** What `--for` means, and what is said once it holds. */
function condition(text: string): { holds: Predicate; done: string } {
  if (goalOf(text) === 'delete') return { holds: (object) => object === undefined, done: 'condition met' };
  if (goalOf(text) === 'create') return { holds: (object) => object !== undefined, done: 'condition met' };
  const [, type, wanted = 'true'] = /^condition=([^=]*)(?:=(.*))?$/.exec(text) ?? [];
  if (type !== undefined) {
    return {
      holds: (object) => conditionStatus(object, type)?.toLowerCase() === wanted.toLowerCase(),
      done: 'condition met',
    };
  }
  if (text.startsWith('jsonpath=')) return { holds: pathHolds(text.slice('jsonpath='.length)), done: 'condition met' };
  throw new Error(`unrecognized condition: ${JSON.stringify(text)}`);
}

/** `{.status.phase}=Running`: the braces may be missing, and the value. */
function pathHolds(text: string): Predicate {
  const [expression = '', ...values] = splitAtSingleEquals(text);
  if (values.length > 1)
    throw new Error(
      "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'",
    );
  const template = relaxedJsonPath(expression);
  const value = values[0]?.replace(/^['"]+|['"]+$/g, '');
  if (value === '')
    throw new Error(
      "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
    );
  if (template === '') throw new Error('jsonpath expression cannot be empty');
  const path = compileJsonPath(template);
  return (object) => {
    if (object === undefined) return false;
    const parts = path.parts(object);
    const [found = []] = parts;
    if (found.length === 0) return false;
    if (parts.length > 1) throw new Error('given jsonpath expression matches more than one list');
    if (found.length > 1) throw new Error('given jsonpath expression matches more than one value');
    if (value === undefined) return true;
    if (typeof found[0] === 'object' && found[0] !== null)
      throw new Error('jsonpath leads to a nested object or list which is not supported');
    return goValue(found[0]).trim() === value.trim();
  };
}

/** Filters have equals signs too, two of them at a time. */
const splitAtSingleEquals = (text: string): string[] =>
  text
    .replaceAll('==', '\0')
    .split('=')
    .map((part) => part.replaceAll('\0', '=='));

function conditionStatus(object: ApiObject | undefined, type: string): string | undefined {
  const { status } = (object ?? {}) as { status?: { conditions?: { type: string; status: string }[] } };
  return status?.conditions?.find((c) => c.type.toLowerCase() === type.toLowerCase())?.status;
}
