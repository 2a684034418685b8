import type { DaemonSet, Deployment, StatefulSet } from '@typernetes/api/apps/v1';
import type { CronJob, Job } from '@typernetes/api/batch/v1';
import type { Event, Node, Pod } from '@typernetes/api/core/v1';
import type { ApiObject } from '@typernetes/machinery';
import { useEffect, useState } from 'preact/hooks';
import type { Entry, Live, Row } from '../api/live-list.ts';
import { known, pathOf, resourceName } from '../api/resource.ts';
import { rowTone } from '../facts/cell-tone.ts';
import { countOf, latestFirst } from '../facts/event-facts.ts';
import { objectVerdict } from '../facts/object-verdict.ts';
import { podVerdict } from '../facts/pod-verdict.ts';
import { formatPlace } from '../facts/route.ts';
import { titleOf } from '../facts/sections.ts';
import { byTone, type Tone, type Verdict } from '../facts/verdict.ts';
import { failureText, serviceAccountNamespace } from '../facts/words.ts';
import { EventTable } from '../views/event-table.tsx';
import { useObjects, useTable } from '../views/live.ts';
import { Explained, Link, LiveState, ObjectLink, Part } from '../views/marks.tsx';
import { NodeUsage } from '../views/node-usage.tsx';
import { useSurroundings } from '../views/surroundings.ts';

/** How many are explained; the lists have them all. */
const mostExplained = 20;
const mostWarnings = 30;

/** The cluster, or a namespace of it: what is there, what is not as it should be and why, what has been warned of. */
export function Overview() {
  const { place } = useSurroundings();
  const { namespace } = place;
  const nodes = useObjects<Node>(namespace === '' ? { path: pathOf(known.nodes) } : undefined);
  const deployments = useObjects<Deployment>({ path: pathOf(known.deployments, { namespace }) });
  const statefulSets = useObjects<StatefulSet>({ path: pathOf(known.statefulSets, { namespace }) });
  const daemonSets = useObjects<DaemonSet>({ path: pathOf(known.daemonSets, { namespace }) });
  const jobs = useObjects<Job>({ path: pathOf(known.jobs, { namespace }) });
  const cronJobs = useObjects<CronJob>({ path: pathOf(known.cronJobs, { namespace }) });
  // Rows, not pods: thousands of pods would be tens of megabytes.
  const pods = useTable({ path: pathOf(known.pods, { namespace }) });
  const events = useObjects<Event>({ path: pathOf(known.events, { namespace }), fieldSelector: 'type=Warning' });
  const lists: readonly Judged[] = [
    ...(namespace === '' ? [judged(known.nodes, nodes)] : []),
    judged(known.deployments, deployments),
    judged(known.statefulSets, statefulSets),
    judged(known.daemonSets, daemonSets),
    judged(known.jobs, jobs),
    judged(known.cronJobs, cronJobs),
  ];
  const troubled = lists
    .flatMap(({ resource, entries }) => entries.map((entry) => ({ resource, ...entry })))
    .filter(({ verdict }) => verdict.tone === 'bad' || verdict.tone === 'busy')
    .sort((a, b) => byTone(a.verdict, b.verdict));
  return (
    <div class="overview">
      <h1>{namespace === '' ? 'Cluster' : `Namespace ${namespace}`}</h1>
      {pods.state === 'failed' ? <Elsewhere namespace={namespace} why={failureText(pods.error)} /> : null}
      <div class="tiles">
        {lists.map(({ resource, live, entries }) => (
          <Tile key={resource.plural} {...{ resource, live }} tones={entries.map(({ verdict }) => verdict.tone)} />
        ))}
        <Tile resource={known.pods} live={pods} tones={pods.entries.map(({ cells }) => rowTone(pods.columns, cells))} />
      </div>
      {namespace === '' ? <NodeUsage nodes={nodes.entries} /> : null}
      <Part title="Not as it should be">
        {troubled.length > 0 ? (
          <ul class="troubles">
            {troubled.slice(0, mostExplained).map(({ resource, metadata, verdict }) => (
              <Trouble key={metadata.uid} {...{ resource, metadata, verdict }} />
            ))}
          </ul>
        ) : null}
        <TroubledPods pods={pods} />
        {troubled.length === 0 && pods.state === 'live' && troubledRows(pods).length === 0 ? (
          <p class="none">All is well.</p>
        ) : null}
      </Part>
      <Part title="Recent warnings">
        <LiveState live={events} what="warnings" />
        {events.entries.length > 0 ? (
          <EventTable events={latestFirst(events.entries).slice(0, mostWarnings)} namesObject />
        ) : null}
        {events.entries.reduce((sum, event) => sum + countOf(event), 0) > mostWarnings ? (
          <p>
            <Link to={{ page: 'list', resource: 'events' }}>All events</Link>
          </p>
        ) : null}
      </Part>
    </div>
  );
}

/** Whoever may not see all of the cluster may see a namespace: a service account its own, perhaps. */
function Elsewhere({ namespace, why }: { readonly namespace: string; readonly why: string }) {
  const { connection } = useSurroundings();
  const own = serviceAccountNamespace(connection.session.user.username);
  return (
    <div class="because" role="note">
      <p>{why}</p>
      {namespace === '' ? <p>You may be allowed to see a namespace: choose one above.</p> : null}
      {own !== undefined && own !== namespace ? (
        <p>
          Yours is <a href={formatPlace({ route: { page: 'overview' }, namespace: own, parameters: {} })}>{own}</a>.
        </p>
      ) : null}
    </div>
  );
}

type Known = (typeof known)[keyof typeof known];

interface Judged {
  readonly resource: Known;
  readonly live: Live<Entry>;
  readonly entries: readonly { readonly metadata: ApiObject['metadata']; readonly verdict: Verdict }[];
}

const judged = (resource: Known, live: Live<ApiObject>): Judged => ({
  resource,
  live,
  entries: live.entries.flatMap((object) => {
    const verdict = objectVerdict(resource, object);
    return verdict ? [{ metadata: object.metadata, verdict }] : [];
  }),
});

interface TileProperties {
  readonly resource: Known;
  readonly live: Live<Entry>;
  readonly tones: readonly (Tone | undefined)[];
}

/** How many there are, and how many of them are how. */
function Tile({ resource, live, tones }: TileProperties) {
  const count = (tone: Tone): number => tones.filter((one) => one === tone).length;
  const parts = [
    ['bad', 'in trouble'],
    ['busy', 'not ready'],
  ] as const;
  return (
    <Link to={{ page: 'list', resource: resourceName(resource) }} class="tile">
      <span class="count">{live.state === 'failed' ? '–' : live.entries.length}</span>
      <span>{titleOf(resource)}</span>
      {live.state === 'failed' ? <span class="dim">{live.error?.code === 403 ? 'not allowed' : 'unknown'}</span> : null}
      {parts.map(([tone, words]) =>
        count(tone) > 0 ? (
          <span key={tone} class={`tone ${tone}`}>
            {count(tone)} {words}
          </span>
        ) : null,
      )}
    </Link>
  );
}

interface TroubleProperties {
  readonly resource: Known;
  readonly metadata: ApiObject['metadata'];
  readonly verdict: Verdict;
}

const Trouble = ({ resource, metadata, verdict }: TroubleProperties) => (
  <li>
    <span class="dim">
      {resource.kind} {metadata.namespace ? `${metadata.namespace}/` : ''}
    </span>
    <ObjectLink resource={resourceName(resource)} namespace={metadata.namespace} name={metadata.name ?? ''} />{' '}
    <Explained verdict={verdict} />
  </li>
);

const troubledRows = ({ columns, entries }: Live<Row>): Row[] => {
  const toned = entries.map((row) => ({ row, tone: rowTone(columns, row.cells) }));
  return (['bad', 'busy'] as const).flatMap((wanted) =>
    toned.filter(({ tone }) => tone === wanted).map(({ row }) => row),
  );
};

/** Pods that their rows say are in trouble are read whole, to say why. */
function TroubledPods({ pods }: { readonly pods: Live<Row> }) {
  const { connection } = useSurroundings();
  const rows = troubledRows(pods);
  const [explained, setExplained] = useState<ReadonlyMap<string, Pod>>(new Map());
  const shown = rows.slice(0, mostExplained);
  const key = shown.map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`).join();
  // The key says which pods these are, and which versions of them
  useEffect(() => {
    const gone = new AbortController();
    const read = async ({ metadata: { uid = '', namespace, name } }: Row): Promise<[string, Pod] | undefined> => {
      const path = pathOf(known.pods, { namespace, name });
      const pod = await connection.json<Pod>(path, { signal: gone.signal }).catch(() => undefined);
      return pod ? [uid, pod] : undefined;
    };
    void Promise.all(shown.map(read)).then((pods) => {
      if (!gone.signal.aborted) setExplained(new Map(pods.filter((one) => one !== undefined)));
    });
    return () => gone.abort();
  }, [connection, key]);
  if (shown.length === 0) return null;
  return (
    <>
      <ul class="troubles">
        {shown.map(({ metadata, cells }) => {
          const pod = explained.get(metadata.uid ?? '');
          const status = cells[pods.columns.findIndex(({ name }) => name === 'Status')];
          const verdict = pod ? podVerdict(pod) : ({ tone: 'busy', word: String(status ?? ''), why: [] } as const);
          return <Trouble key={metadata.uid} resource={known.pods} {...{ metadata, verdict }} />;
        })}
      </ul>
      {rows.length > shown.length ? (
        <p>
          and {rows.length - shown.length} more <Link to={{ page: 'list', resource: 'pods' }}>pods</Link>
        </p>
      ) : null}
    </>
  );
}
