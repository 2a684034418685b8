import { type Location, notServed, type Routes } from './routes.ts';

/** What nginx judges a place by: pods come and go. */
const idOf = ({ path, match, options }: Location): string => JSON.stringify([path, match, options]);

/** What nginx was found not to read, for as long as an Ingress asks for it: one path must not cost all others. */
export class Refusals {
  readonly #reasons = new Map<string, string>();

  add(location: Location, why: string): void {
    this.#reasons.set(idOf(location), why);
  }

  /** The routes less those, which their Ingresses are told of. */
  without(routes: Routes): Routes {
    const wanted = new Set(routes.hosts.flatMap(({ locations }) => locations.map(idOf)));
    for (const id of this.#reasons.keys()) if (!wanted.has(id)) this.#reasons.delete(id);
    if (this.#reasons.size === 0) return routes;
    const problems = [...routes.problems];
    const hosts = routes.hosts.map((host) => ({
      ...host,
      locations: host.locations.filter((location) => {
        const why = this.#reasons.get(idOf(location));
        if (why !== undefined) problems.push({ ingress: location.ingress, message: notServed(location.path, why) });
        return why === undefined;
      }),
    }));
    return { ...routes, hosts, problems };
  }
}
