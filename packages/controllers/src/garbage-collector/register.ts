import { type Runnable, runAll } from '@typernetes/base';
import { controller, type EventRecorder, type Wake } from '@typernetes/client';
import { apiVersionOf, type OwnerReference } from '@typernetes/machinery';
import type { ControllerContext, ControllerDefinition } from '../context/controller-context.ts';
import { AbsentOwners } from './absent-owners.ts';
import { OwnershipGraph } from './graph.ts';
import type { Identity } from './identity.ts';
import { Monitors } from './monitors.ts';
import { Collector } from './reconciler.ts';

export const garbageCollectorController: ControllerDefinition = {
  name: 'garbage-collector-controller',
  serviceAccount: 'generic-garbage-collector',
  build: buildCollector,
};

/** The maximum retry delay: after a failure of the server, nothing should lie around longer once it is back. */
const maxRetryMs = 5_000;

function buildCollector(context: ControllerContext): Runnable {
  const { client, informers, events, clock, random, log, metrics, observeQueue, settings } = context;
  const failures = metrics.counter('garbagecollector_controller_resources_sync_error_total', {
    help: 'Number of garbage collector resources sync errors',
  });
  const absent = new AbsentOwners();
  let enqueue = (_uid: string): void => {};
  const wake = (uid: string): void => enqueue(uid);
  const unserved = new Set<string>();
  const monitors = new Monitors({
    client,
    informers,
    clock,
    random,
    log,
    failed: () => failures.add(),
    discovered() {
      const woken = [...unserved];
      unserved.clear();
      woken.forEach(wake);
    },
  });
  const graph = new OwnershipGraph(
    { wake, misplaced: misplacedOwners(events('garbage-collector-controller')) },
    absent,
  );
  const graphChanges: Wake = {
    untilSynced: (signal) => monitors.untilSynced(signal),
    attach(queue) {
      enqueue = (uid) => queue.add(uid);
      return () => {
        enqueue = () => {};
      };
    },
  };
  const reconciler = new Collector({ graph, absent, client, resolve: monitors.resources.resolve, unserved, wake });
  const loop = controller({
    reconciler,
    wakes: [graphChanges],
    workers: settings.concurrentSyncs.garbage,
    maxRetryMs,
    clock,
    log,
    observeQueue,
  });
  const following: Runnable = {
    name: 'garbage-collector monitors',
    run: (signal) => monitors.run(graph, signal),
  };
  return { name: 'garbage-collector-controller', run: (signal) => runAll([loop, following], signal) };
}

/** Warns about an owner reference that names an owner in another namespace. */
function misplacedOwners(events: EventRecorder) {
  return ({ type, namespace, name, uid }: Identity, owner: OwnerReference): void => {
    const what = `[${owner.apiVersion}/${owner.kind}, namespace: ${namespace}, name: ${owner.name}, uid: ${owner.uid}]`;
    events.event(
      { apiVersion: apiVersionOf(type), kind: type.kind, metadata: { namespace, name, uid } },
      'Warning',
      'OwnerRefInvalidNamespace',
      `ownerRef ${what} does not exist in namespace ${JSON.stringify(namespace)}`,
    );
  };
}
