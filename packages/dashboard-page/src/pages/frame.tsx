import type { Namespace } from '@typernetes/api/core/v1';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { known, pathOf, resourceName } from '../api/resource.ts';
import { sectionsOf, titleOf } from '../facts/sections.ts';
import { useObjects } from '../views/live.ts';
import { Link } from '../views/marks.tsx';
import { useSurroundings } from '../views/surroundings.ts';
import { ThemeButton } from '../views/theme-button.tsx';
import { CreatePage } from './create-page.tsx';
import { EventsPage } from './events-page.tsx';
import { ListPage } from './list-page.tsx';
import { ObjectPage } from './object-page.tsx';
import { Overview } from './overview.tsx';

/** The header, the menu, and the page that the address names. */
export function Frame({ leave }: { readonly leave: () => void }) {
  const { place, connection } = useSurroundings();
  const [isOpen, setOpen] = useState(false);
  const address = JSON.stringify(place.route);
  // Whoever has gone somewhere wants to see it
  useEffect(() => setOpen(false), [address]);
  useEffect(() => {
    const close = ({ key }: KeyboardEvent): void => {
      if (key === 'Escape') setOpen(false);
    };
    document.addEventListener('keydown', close);
    return () => document.removeEventListener('keydown', close);
  }, []);
  return (
    <div class="frame">
      <button type="button" class="skip" onClick={() => document.getElementById('content')?.focus()}>
        Skip to the content
      </button>
      <header>
        <button
          type="button"
          class="menu-button"
          aria-expanded={isOpen}
          aria-controls="menu"
          aria-label="Menu"
          onClick={() => setOpen(!isOpen)}
        >
          ☰
        </button>
        <Link to={{ page: 'overview' }} class="brand">
          Dashboard
        </Link>
        <NamespaceChoice />
        <Link to={{ page: 'create' }} class="button">
          Create
        </Link>
        <ThemeButton />
        <details class="user">
          <summary aria-label="Your account">{shortName(connection.session.user.username)}</summary>
          <div class="card">
            <p>{connection.session.user.username}</p>
            <p class="dim">{connection.session.user.groups.join(', ')}</p>
            <button type="button" onClick={leave}>
              Log out
            </button>
          </div>
        </details>
      </header>
      <Menu isOpen={isOpen} />
      <main id="content" tabIndex={-1}>
        <Page />
      </main>
    </div>
  );
}

/** `system:serviceaccount:default:jane` is `jane` among friends. */
const shortName = (name: string): string => name.slice(name.lastIndexOf(':') + 1) || 'nobody';

function Page() {
  const { place, catalogue } = useSurroundings();
  const { route } = place;
  if (route.page === 'overview') return <Overview />;
  if (route.page === 'create') return <CreatePage />;
  const resource = catalogue.named(route.resource);
  if (!resource) return <p class="failure">The cluster does not serve "{route.resource}".</p>;
  if (route.page === 'list' && route.resource === 'events') return <EventsPage />;
  if (route.page === 'list') return <ListPage key={route.resource} resource={resource} />;
  const { namespace, name } = route;
  return (
    <ObjectPage
      key={`${route.resource} ${namespace} ${name}`}
      resource={resource}
      {...{ namespace, name }}
      tab={route.tab}
    />
  );
}

/** Every kind that the server knows. */
function Menu({ isOpen }: { readonly isOpen: boolean }) {
  const { catalogue, place } = useSurroundings();
  const [text, setText] = useState('');
  const sections = useMemo(() => sectionsOf(catalogue.resources), [catalogue]);
  const current = 'resource' in place.route ? place.route.resource : '';
  const wanted = text.trim().toLowerCase();
  return (
    <nav id="menu" class={isOpen ? 'open' : ''} aria-label="Kinds of objects">
      <input
        type="search"
        placeholder="Find a kind"
        aria-label="Find a kind"
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <Link to={{ page: 'overview' }} aria-current={place.route.page === 'overview' ? 'page' : undefined}>
        Overview
      </Link>
      {sections.map(({ title, resources }) => {
        const shown = resources.filter((one) =>
          [one.kind, resourceName(one), ...one.shortNames].some((name) => name.toLowerCase().includes(wanted)),
        );
        const isUsual = title !== 'More' && title !== 'Custom';
        if (shown.length === 0) return null;
        return (
          <details key={title} open={isUsual || wanted !== '' || shown.some((one) => resourceName(one) === current)}>
            <summary>{title}</summary>
            <ul>
              {shown.map((one) => {
                const name = resourceName(one);
                return (
                  <li key={name}>
                    <Link to={{ page: 'list', resource: name }} aria-current={current === name ? 'page' : undefined}>
                      {titleOf(one)}
                      {isUsual ? null : <small>{one.group}</small>}
                    </Link>
                  </li>
                );
              })}
            </ul>
          </details>
        );
      })}
    </nav>
  );
}

/** A list to choose from; who may not list namespaces types one. */
function NamespaceChoice() {
  const { place, go } = useSurroundings();
  const live = useObjects<Namespace>({ path: pathOf(known.namespaces) });
  const choose = (namespace: string): void => {
    const { route, parameters } = place;
    // An object stays where it is: the list of its kind is what has others.
    const next = route.page === 'object' ? ({ page: 'list', resource: route.resource } as const) : route;
    go({ route: next, namespace, parameters: route.page === 'list' ? parameters : {} });
  };
  if (live.state === 'failed')
    return (
      <input
        class="namespace"
        aria-label="Namespace"
        placeholder="Namespace"
        title="You may not list namespaces: type the name of one"
        value={place.namespace}
        onChange={({ currentTarget }) => choose(currentTarget.value.trim())}
      />
    );
  const names = live.entries.map(({ metadata }) => metadata.name ?? '').sort();
  return (
    <select
      class="namespace"
      aria-label="Namespace"
      value={place.namespace}
      onChange={({ currentTarget }) => choose(currentTarget.value)}
    >
      <option value="">All namespaces</option>
      {[...new Set([...names, ...(place.namespace === '' ? [] : [place.namespace])])].map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}
