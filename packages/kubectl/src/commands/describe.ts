import { type ApiObject, apiVersionOf, isNotFound } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { type DescribeDeps, describerKey, describers, withoutEvents } from '../describe/describer.ts';
import { Description } from '../describe/description.ts';
import { describeEvents } from '../describe/events.ts';
import { errorText } from '../error-text.ts';
import { MissingNameError } from '../manifests/missing-name.ts';
import { filenameFlags, filterOf, readManifests, refOf } from '../manifests/read.ts';
import { unreachedFiles } from '../manifests/unreached-files.ts';
import { responseObjects } from '../requests/response-object.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { refuseBesideFiles, refuseNamesBesideSelector } from '../resources/argument-problems.ts';
import { parseTargets, type Selection } from '../resources/arguments.ts';
import { listError } from '../resources/list-error.ts';
import type { Session } from '../session.ts';
import { Failures } from './failures.ts';
import { readObject } from './selected-objects.ts';

export const describeCommand = defineCommand({
  use: 'describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)',
  short: 'Show details of a specific resource or group of resources',
  flags: {
    ...filenameFlags,
    'all-namespaces': { type: 'boolean', short: 'A', help: 'Across all namespaces.', default: false },
    'chunk-size': { type: 'number', help: 'Return large lists in chunks rather than all at once.', default: 500 },
    selector: { type: 'string', short: 'l', help: 'Selector (label query) to filter on.', default: '' },
    'show-events': { type: 'boolean', help: 'If true, display events related to the described object.', default: true },
  } as const,
  async run({ flags, positional }, session) {
    if (positional.length === 0 && !flags.filename) {
      throw new Error(
        'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.',
      );
    }
    if (flags.filename) refuseBesideFiles(positional, flags.filename);
    const everywhere = flags['all-namespaces'];
    const failures = new Failures();
    const files = { filenames: flags.filename ?? [], recursive: flags.recursive, failed: failures.add };
    const isWanted = await filterOf(flags.filename ? flags.selector : '');
    const targets: Target[] = flags.filename
      ? (await readManifests(files, session)).map((m) => ({
          type: m.type,
          names: [m.name],
          namespace: m.namespace,
        }))
      : (await parseTargets(positional, session.resources)).map((target) => ({
          ...target,
          namespace: target.type.namespaced && !everywhere ? session.namespace : undefined,
        }));
    if (!flags.filename && flags.selector !== '') refuseNamesBesideSelector(positional, targets);
    if (!flags.filename && everywhere && targets.some(({ type, names }) => names && type.namespaced)) {
      throw new Error('a resource cannot be retrieved by name across all namespaces');
    }
    // Several objects given as TYPE/NAME are all shown, or none is.
    if (!flags.filename && targets.length > 1 && positional.some((arg) => arg.includes('/'))) {
      for (const { type, names, namespace } of targets)
        for (const name of names ?? [])
          await readObject({ type, ref: refOf({ name, namespace }) }, session).catch(failures.add);
      if (failures.some) return failures.report(session, { bare: true });
    }
    const describe = (object: ApiObject, type: AnyResource): Promise<string> =>
      describeObject(object, { type, deps: session, events: flags['show-events'] });
    const wrong: unknown[] = [];
    let shown = 0;
    let code = failures.report(session, { bare: true });
    for (const target of targets) {
      for await (const { object, error } of found(
        target,
        { selector: flags.selector, chunk: flags['chunk-size'] },
        session,
      )) {
        if (object && !isWanted(object)) continue;
        if (object) {
          if (shown++ > 0) session.io.out('\n\n');
          session.io.out(await describe(object, target.type));
          continue;
        }
        // A single missing name may be a prefix of others.
        const matches = positional.length === 2 && isNotFound(error) ? await beginning(target, session) : [];
        for (const match of matches) session.io.out(`${await describe(match, target.type)}\n`);
        shown += matches.length;
        if (matches.length > 0) continue;
        wrong.push(error);
        code = 1;
      }
    }
    session.io.err(responseObjects(wrong, session));
    const unreached = unreachedFiles(wrong, session)?.map(({ message }) => `${message}\n`);
    for (const text of unreached ?? wrong.map((error) => errorText(error, session.server))) session.io.err(text);
    if (shown === 0 && code === 0) {
      session.io.err(`No resources found${everywhere ? '' : ` in ${session.namespace} namespace.`}\n`);
    }
    return code;
  },
});

interface Target extends Selection {
  readonly namespace: string | undefined;
}

/** The objects of a target, and the errors. */
async function* found(
  { type, names, namespace }: Target,
  { selector, chunk }: { selector: string; chunk: number },
  session: Session,
): AsyncGenerator<{ object?: ApiObject; error?: unknown }> {
  const client = session.client.resource(type);
  try {
    if (!names) {
      const where = {
        ...(namespace ? { namespace } : {}),
        ...(selector ? { labelSelector: selector } : {}),
        ...(chunk > 0 ? { limit: chunk } : {}),
      };
      for (let after: string | undefined = ''; after !== undefined; ) {
        const { items, metadata } = await client.list(after === '' ? where : { ...where, continue: after });
        for (const object of items) yield { object };
        after = metadata.continue || undefined;
      }
    }
  } catch (error) {
    yield { error: listError(error, { type, labelSelector: selector }) };
  }
  for (const name of names ?? []) {
    if (!name) yield { error: namelessError(type) };
    else
      yield await readObject({ type, ref: refOf({ name, namespace }) }, session).then(
        (object) => ({ object }),
        (error: unknown) => ({ error }),
      );
  }
}

/** Upstream asks for kinds that it knows nothing of in another way than for those it does, and is told so in other words. */
const namelessError = (type: AnyResource): Error =>
  Object.hasOwn(describers, describerKey(type)) ? new MissingNameError() : new Error('name is required');

async function beginning({ type, names, namespace }: Target, session: Session): Promise<ApiObject[]> {
  const { items } = await session.client.resource(type).list(namespace ? { namespace } : {});
  return items.filter(({ metadata }) => metadata.name.startsWith(names?.[0] ?? ''));
}

async function describeObject(
  object: ApiObject,
  { type, deps, events }: { type: AnyResource; deps: DescribeDeps; events: boolean },
): Promise<string> {
  const key = describerKey(type);
  const load = Object.hasOwn(describers, key) ? describers[key] : undefined;
  const describer = load ? await load() : (await import('../describe/generic.ts')).describeGeneric;
  const text = new Description();
  // List items have no apiVersion and kind.
  const whole = { ...object, apiVersion: apiVersionOf(type), kind: type.kind };
  await describer(whole, text, deps);
  if (events && !withoutEvents.has(key)) await describeEvents(whole, text, deps);
  return text.toString();
}
