import { type Location, notServed, type Routes } from './routes.ts';

/** Identifies a location by what nginx rejects or accepts, without the pods, which come and go. */
const idOf = ({ path, match, options }: Location): string => JSON.stringify([path, match, options]);

/**
 * Locations that nginx has rejected, remembered while an Ingress asks for them: one path must not take down all others.
 */
export class Refusals {
  readonly #reasons = new Map<string, string>();

  add(location: Location, why: string): void {
    this.#reasons.set(idOf(location), why);
  }

  /** The routes without the rejected locations, which become problems of their Ingresses. */
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
