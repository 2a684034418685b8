import type { ApiObject } from '@typernetes/machinery';
import { lazy, Suspense } from 'preact/compat';
import { useEffect, useState } from 'preact/hooks';
import { isPolled, pathOf, type Resource, resourceName } from '../api/resource.ts';
import { objectVerdict } from '../facts/object-verdict.ts';
import { formatPlace } from '../facts/route.ts';
import { failureText } from '../facts/words.ts';
import { KindFacts } from '../objects/kind-facts.tsx';
import { ActionBar } from '../views/action-bar.tsx';
import { useObjects } from '../views/live.ts';
import { Failure, Link, Mark } from '../views/marks.tsx';
import { ObjectEvents } from '../views/object-events.tsx';
import { useSurroundings } from '../views/surroundings.ts';

// Loaded when they are asked for.
const YamlTab = lazy(async () => (await import('../views/yaml-tab.tsx')).YamlTab);
const LogsTab = lazy(async () => (await import('../views/logs-tab.tsx')).LogsTab);
const TerminalTab = lazy(async () => (await import('../views/terminal-tab.tsx')).TerminalTab);

interface ObjectPageProperties {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  readonly tab: string;
}

/** All there is to know of an object, and what can be done to it. */
export function ObjectPage({ resource, namespace, name, tab }: ObjectPageProperties) {
  const { connection } = useSurroundings();
  const live = useObjects<ApiObject>({
    path: pathOf(resource, { namespace }),
    fieldSelector: `metadata.name=${name}`,
    isPolled: isPolled(resource),
  });
  const [read, setRead] = useState<ApiObject>();
  // Who may not list may still be allowed to get.
  const isRefused = live.state === 'failed' && live.error?.code === 403;
  const [refusal, setRefusal] = useState('');
  useEffect(() => {
    if (!isRefused) return;
    connection
      .json<ApiObject>(pathOf(resource, { namespace, name }))
      .then(setRead, (error: unknown) => setRefusal(failureText(error)));
  }, [connection, isRefused, resource, namespace, name]);
  const [kept, setKept] = useState<ApiObject>();
  const current = live.entries[0] ?? read;
  useEffect(() => current && setKept(current), [current]);
  // What is deleted stays on the screen until one leaves.
  const isGone = !current && kept !== undefined && live.state === 'live';
  const object = current ?? kept;
  const title = `${resource.kind} ${name}`;
  useEffect(() => {
    document.title = title;
    return () => {
      document.title = 'Dashboard';
    };
  }, [title]);
  if (refusal !== '') return <Failure text={refusal} />;
  if (live.state === 'failed' && !isRefused) return <Failure text={failureText(live.error)} />;
  if (!object)
    return live.state === 'live' ? (
      <Failure text={`${resourceName(resource)} "${name}" not found`} />
    ) : (
      <p class="wait">Loading …</p>
    );
  const verdict = isGone ? undefined : objectVerdict(resource, object);
  const whole = {
    apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
    ...object,
    kind: resource.kind,
  };
  const shown = tabsOf(resource).find(([id]) => id === tab)?.[0] ?? '';
  return (
    <div class="object">
      <div class="bar">
        <h1>
          <Link to={{ page: 'list', resource: resourceName(resource) }} class="dim">
            {resource.kind}
          </Link>{' '}
          {name} {verdict ? <Mark verdict={verdict} /> : null}
        </h1>
        {isGone ? <span class="mark bad">Deleted</span> : <ActionBar resource={resource} object={whole} />}
      </div>
      {live.state === 'stale' ? <p class="stale">No longer live, trying again: {failureText(live.error)}</p> : null}
      <Tabs {...{ resource, namespace, name, shown }} />
      <Suspense fallback={<p class="wait">Loading …</p>}>
        {shown === '' ? <KindFacts resource={resource} object={whole} /> : null}
        {shown === 'events' ? <ObjectEvents object={whole} /> : null}
        {shown === 'yaml' ? <YamlTab resource={resource} object={whole} /> : null}
        {shown === 'logs' ? <LogsTab pod={whole} /> : null}
        {shown === 'terminal' ? <TerminalTab pod={whole} /> : null}
      </Suspense>
    </div>
  );
}

const tabsOf = (resource: Resource): (readonly [id: string, label: string])[] => [
  ['', 'Facts'],
  ['events', 'Events'],
  ['yaml', 'YAML'],
  ...(resourceName(resource) === 'pods'
    ? ([
        ['logs', 'Logs'],
        ['terminal', 'Terminal'],
      ] as const)
    : []),
];

interface TabsProperties {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  readonly shown: string;
}

/** Links, since each has an address of its own. */
function Tabs({ resource, namespace, name, shown }: TabsProperties) {
  const { place } = useSurroundings();
  return (
    <nav class="tabs" aria-label="Views of the object">
      {tabsOf(resource).map(([id, label]) => (
        <a
          key={id}
          aria-current={shown === id ? 'page' : undefined}
          href={formatPlace({
            route: { page: 'object', resource: resourceName(resource), namespace, name, tab: id },
            namespace: place.namespace,
            parameters: {},
          })}
        >
          {label}
        </a>
      ))}
    </nav>
  );
}
