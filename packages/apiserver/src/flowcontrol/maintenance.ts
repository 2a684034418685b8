import {
  type FlowSchema,
  type FlowSchemaCondition,
  flowschemas,
  type PriorityLevelConfiguration,
  prioritylevelconfigurations,
} from '@typernetes/api/flowcontrol/v1';
import { type Clock, isAbort, type Logger, type Runnable, timestamp } from '@typernetes/base';
import type { ApiClient, Informers, ResourceClient } from '@typernetes/client';
import { type ApiObject, type Draft, isAlreadyExists, isConflict, isNotFound, jsonEqual } from '@typernetes/machinery';
import {
  autoUpdateAnnotation,
  mandatoryLevels,
  mandatorySchemas,
  suggestedLevels,
  suggestedSchemas,
} from './default-objects.ts';

type Configured = ApiObject & { spec: object };

/** The change that a default object needs; undefined: none. */
type Upkeep<T> = { readonly action: 'create' } | { readonly action: 'update'; readonly object: T } | undefined;

/**
 * Mandatory objects are always restored (except for what the exempt level lends and keeps). Suggested ones are
 * maintained while their annotation says so; without one, as long as nobody has changed their spec.
 */
export function planUpkeep<T extends Configured>(
  wanted: Draft<T>,
  current: T | undefined,
  { mandatory }: { mandatory: boolean },
): Upkeep<T> {
  if (!current) return { action: 'create' };
  const { annotations = {}, generation = 1 } = current.metadata;
  const marked = annotations[autoUpdateAnnotation];
  const keeps = mandatory || (marked === undefined ? generation === 1 : marked === 'true');
  const spec = keeps ? withExempt(wanted.spec as T['spec'], current.spec) : current.spec;
  const mark = mandatory ? 'true' : (marked ?? String(keeps));
  if (mark === marked && jsonEqual(spec, current.spec)) return undefined;
  const metadata = { ...current.metadata, annotations: { ...annotations, [autoUpdateAnnotation]: mark } };
  return { action: 'update', object: { ...current, metadata, spec } };
}

function withExempt<S extends object>(wanted: S, current: object): S {
  return 'exempt' in current && current.exempt && 'exempt' in wanted ? { ...wanted, exempt: current.exempt } : wanted;
}

const dangling = 'Dangling';

/**
 * The condition that tells `kubectl get flowschemas` whether a schema's level exists; undefined when it is up to date.
 */
export function danglingCondition(
  schema: FlowSchema,
  levels: ReadonlySet<string>,
  now: number,
): FlowSchemaCondition | undefined {
  const name = schema.spec.priorityLevelConfiguration.name;
  const found = levels.has(name);
  const reference = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(name)}`;
  const wanted = found
    ? { status: 'False', reason: 'Found', message: `${reference} and it exists` }
    : { status: 'True', reason: 'NotFound', message: `${reference} but there is no such object` };
  const current = schema.status?.conditions?.find(({ type }) => type === dangling);
  if (current?.status === wanted.status && current.message === wanted.message) return undefined;
  const changed = current?.status === wanted.status ? current.lastTransitionTime : undefined;
  return { type: dangling, ...wanted, lastTransitionTime: changed ?? timestamp(now) };
}

interface MaintenanceDeps {
  readonly client: Pick<ApiClient, 'resource'>;
  readonly informers: Pick<Informers, 'for'>;
  readonly clock: Clock;
}

/**
 * Creates missing objects, repairs maintained ones, removes obsolete suggestions, and updates the conditions of
 * schemas.
 */
export async function maintainFlowControl({ client, informers, clock }: MaintenanceDeps): Promise<void> {
  const [levels, schemas] = [informers.for(prioritylevelconfigurations).lister, informers.for(flowschemas).lister];
  const levelClient = client.resource(prioritylevelconfigurations);
  const schemaClient = client.resource(flowschemas);
  await maintainKind<PriorityLevelConfiguration>(levelClient, (name) => levels.get(name), {
    mandatory: mandatoryLevels,
    suggested: suggestedLevels,
    all: () => levels.list(),
  });
  await maintainKind<FlowSchema>(schemaClient, (name) => schemas.get(name), {
    mandatory: mandatorySchemas,
    suggested: suggestedSchemas,
    all: () => schemas.list(),
  });
  const names = new Set(levels.list().map(({ metadata }) => metadata.name));
  await Promise.all(
    schemas.list().map(async (schema) => {
      const condition = danglingCondition(schema, names, clock.now());
      if (!condition) return;
      const others = (schema.status?.conditions ?? []).filter(({ type }) => type !== dangling);
      await unlessOvertaken(schemaClient.updateStatus({ ...schema, status: { conditions: [...others, condition] } }));
    }),
  );
}

async function maintainKind<T extends Configured>(
  client: Pick<ResourceClient<T>, 'create' | 'update' | 'delete'>,
  currentOf: (name: string) => T | undefined,
  wanted: { mandatory: readonly Draft<T>[]; suggested: readonly Draft<T>[]; all: () => readonly T[] },
): Promise<void> {
  const keep = async (one: Draft<T>, mandatory: boolean): Promise<void> => {
    const upkeep = planUpkeep(one, currentOf(one.metadata.name ?? ''), { mandatory });
    if (upkeep?.action === 'create') await unlessOvertaken(client.create(one));
    if (upkeep?.action === 'update') await unlessOvertaken(client.update(upkeep.object));
  };
  await Promise.all([
    ...wanted.mandatory.map((one) => keep(one, true)),
    ...wanted.suggested.map((one) => keep(one, false)),
  ]);
  const known = new Set([...wanted.mandatory, ...wanted.suggested].map(({ metadata }) => metadata.name));
  const unwanted = wanted
    .all()
    .filter(({ metadata }) => metadata.annotations?.[autoUpdateAnnotation] === 'true' && !known.has(metadata.name));
  await Promise.all(unwanted.map(({ metadata }) => unlessOvertaken(client.delete({ name: metadata.name }))));
}

/** Another server or a user was faster: the next round looks at the result. */
async function unlessOvertaken(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isAlreadyExists(error) && !isConflict(error) && !isNotFound(error)) throw error;
  }
}

const intervalMs = 60_000;

/** Once a minute, and soon after a configuration object changed. */
export function flowControlMaintenance(deps: MaintenanceDeps & { readonly log: Logger }): Runnable {
  return {
    name: 'priority and fairness configuration',
    run: async (signal) => {
      // Changes during start-up have not been looked at: run the first round now.
      let change = new AbortController();
      const changed = (): void => change.abort(new Error('A configuration object changed'));
      changed();
      const events = { added: changed, updated: changed, deleted: changed };
      const stops = [
        deps.informers.for(prioritylevelconfigurations).onEvent(events),
        deps.informers.for(flowschemas).onEvent(events),
      ];
      try {
        while (!signal.aborted) {
          await deps.clock.sleep(intervalMs, AbortSignal.any([signal, change.signal])).catch(() => {});
          if (signal.aborted) return;
          // Changes from here on, in the middle of the round, cause another one.
          change = new AbortController();
          try {
            await maintainFlowControl(deps);
          } catch (error) {
            if (isAbort(error, signal)) return;
            deps.log.error('Cannot maintain the configuration of priority and fairness', error);
          }
        }
      } finally {
        for (const stop of stops) stop();
      }
    },
  };
}
