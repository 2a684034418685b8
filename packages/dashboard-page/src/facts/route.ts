/** A place in the dashboard, as the address after `#` names it. */
export type Route =
  | { readonly page: 'overview' }
  | { readonly page: 'list'; readonly resource: string }
  | {
      readonly page: 'object';
      readonly resource: string;
      /** Empty for objects of the cluster. */
      readonly namespace: string;
      readonly name: string;
      readonly tab: string;
    }
  | { readonly page: 'create' };

export interface Place {
  readonly route: Route;
  /** The namespace that lists are of; empty for all. */
  readonly namespace: string;
  /** What narrows and orders a list: `q` text, `l` labels, `f` fields, `sort`. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** `#/list/deployments.apps?ns=default&q=web`. What it does not know is the overview. */
export function parsePlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?');
  const { ns: namespace = '', ...parameters } = Object.fromEntries(new URLSearchParams(query));
  return { route: routeOf(path.split('/').filter(Boolean).map(decoded)), namespace, parameters };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function routeOf([page, resource = '', ...rest]: readonly string[]): Route {
  if (page === 'create') return { page };
  if (page === 'list' && resource !== '') return { page, resource };
  const [namespace = '', name = '', tab = ''] = rest;
  if (page === 'object' && resource !== '' && name !== '')
    return { page, resource, namespace: namespace === '-' ? '' : namespace, name, tab };
  return { page: 'overview' };
}

export function formatPlace({ route, namespace, parameters }: Place): string {
  const query = new URLSearchParams(
    Object.entries({ ns: namespace, ...parameters }).filter(([, value]) => value !== ''),
  ).toString();
  return `#/${partsOf(route).map(encodeURIComponent).join('/')}${query === '' ? '' : `?${query}`}`;
}

function partsOf(route: Route): string[] {
  switch (route.page) {
    case 'overview':
      return [];
    case 'create':
      return ['create'];
    case 'list':
      return ['list', route.resource];
    case 'object': {
      const { resource, namespace, name, tab } = route;
      return ['object', resource, namespace || '-', name, ...(tab === '' ? [] : [tab])];
    }
  }
}
