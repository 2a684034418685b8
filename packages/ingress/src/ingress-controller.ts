import { createSecureContext } from 'node:tls';
import { type Secret, type Service, secrets, services } from '@typernetes/api/core/v1';
import { type EndpointSlice, endpointslices } from '@typernetes/api/discovery/v1';
import { type Ingress, type IngressClass, ingressclasses, ingresses } from '@typernetes/api/networking/v1';
import { type Clock, type Logger, messageOf, type Runnable } from '@typernetes/base';
import type { EventRecorder, Informer, Informers } from '@typernetes/client';
import { type ApiObject, keyOf } from '@typernetes/machinery';
import type { Nginx } from './nginx.ts';
import { type NginxPlace, nginxConfig, ownCertificate } from './nginx-config.ts';
import { Refusals } from './refusals.ts';
import { type Routes, routesOf, type Sight } from './routes.ts';

export interface IngressControllerOptions {
  /** The `spec.controller` of this controller's classes. */
  readonly controllerName: string;
  readonly place: NginxPlace;
  /** Certificate and key in PEM for hosts without one. */
  readonly ownPem: string;
}

interface IngressControllerDeps {
  readonly informers: Informers;
  readonly nginx: Pick<Nginx, 'serve'>;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * nginx starts new workers for each change, so changes are gathered for this long. No longer, because pods that are
 * going away get requests until nginx knows.
 */
const leastSpanMs = 250;
const byService = 'service';
const classAnnotation = 'kubernetes.io/ingress.class';

/** Keeps nginx's configuration in sync with Ingresses, Services, endpoints and certificates. */
export class IngressController implements Runnable {
  readonly name = 'ingress';
  readonly #options: IngressControllerOptions;
  readonly #deps: IngressControllerDeps;
  readonly #ingresses: Informer<Ingress>;
  readonly #classes: Informer<IngressClass>;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #secrets: Informer<Secret>;
  /** The problems last reported, by the key of the Ingress. */
  readonly #reported = new Map<string, string>();
  readonly #refusals = new Refusals();
  #wake: (() => void) | undefined;
  #dirty = true;
  #ready = false;

  constructor(options: IngressControllerOptions, deps: IngressControllerDeps) {
    this.#options = options;
    this.#deps = deps;
    const { informers } = deps;
    this.#ingresses = informers.for<Ingress>(ingresses);
    this.#classes = informers.for<IngressClass>(ingressclasses);
    this.#services = informers.for<Service>(services);
    this.#slices = informers.for<EndpointSlice>(endpointslices);
    this.#slices.addIndex(byService, ({ metadata }) => {
      const service = metadata.labels?.['kubernetes.io/service-name'];
      return service === undefined ? [] : [`${metadata.namespace}/${service}`];
    });
    // Other types of secrets do not matter here.
    this.#secrets = informers.for<Secret>(secrets, { fieldSelector: 'type=kubernetes.io/tls' });
  }

  /** Whether nginx has been given the state of the cluster. */
  get isReady(): boolean {
    return this.#ready;
  }

  /** The Ingresses of this controller's classes, as they are now. */
  mine(): readonly Ingress[] {
    const { controllerName } = this.#options;
    const classes = new Set(
      this.#classes.lister
        .list()
        .flatMap(({ metadata, spec }) => (spec.controller === controllerName ? metadata.name : [])),
    );
    return this.#ingresses.lister.list().filter(({ metadata, spec }) => {
      const name = spec.ingressClassName ?? metadata.annotations?.[classAnnotation];
      return name !== undefined && classes.has(name) && metadata.deletionTimestamp === undefined;
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    const changed = (): void => {
      this.#dirty = true;
      this.#wake?.();
    };
    const watched: readonly Informer<never>[] = [
      this.#ingresses,
      this.#classes,
      this.#services,
      this.#slices,
      this.#secrets,
    ] as never;
    const stops = watched.map((informer) => informer.onEvent({ added: changed, updated: changed, deleted: changed }));
    signal.addEventListener('abort', changed, { once: true });
    try {
      await Promise.all(watched.map((informer) => informer.untilSynced(signal)));
      while (!signal.aborted) {
        this.#dirty = false;
        await this.#apply().catch((error: unknown) =>
          log.error('nginx goes on with what it had', { error: messageOf(error) }),
        );
        await clock.sleep(leastSpanMs, signal).catch(() => {});
        if (!this.#dirty && !signal.aborted) await new Promise<void>((settle) => (this.#wake = settle));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      for (const stop of stops) stop();
    }
  }

  async #apply(): Promise<void> {
    const { nginx, log } = this.#deps;
    const { place, ownPem } = this.#options;
    const wanted = routesOf(this.#sight());
    const certificates = new Map([...wanted.certificates, [ownCertificate, ownPem]]);
    // This ends, because each round leaves out one path.
    for (;;) {
      const routes = this.#refusals.without(wanted);
      const config = nginxConfig(routes, place);
      const { changed, refusal } = await nginx.serve(config.text, certificates);
      const guilty = refusal?.line === undefined ? undefined : config.locationAt(refusal.line);
      if (refusal && guilty) {
        this.#refusals.add(guilty, `nginx: ${refusal.why}`);
        continue;
      }
      this.#report(routes);
      if (refusal) throw new Error(`nginx -t: ${refusal.why}`);
      if (changed)
        log.info('nginx was given its routes', { hosts: routes.hosts.length, upstreams: routes.upstreams.length });
      this.#ready = true;
      return;
    }
  }

  #sight(): Sight {
    return {
      ingresses: this.mine(),
      service: (namespace, name) => this.#services.lister.get(keyOf({ metadata: { namespace, name } })),
      slices: (namespace, service) => this.#slices.lister.byIndex(byService, `${namespace}/${service}`),
      certificate: (namespace, name) => {
        const data = this.#secrets.lister.get(keyOf({ metadata: { namespace, name } }))?.data;
        const texts = ['tls.crt', 'tls.key'].map((key) => Buffer.from(data?.[key] ?? '', 'base64').toString());
        return pairOf(...(texts as [string, string]));
      },
    };
  }

  /** Reports the problems of each Ingress once, and again when they change. */
  #report({ problems }: Routes): void {
    const { recorder } = this.#deps;
    const byIngress = Map.groupBy(problems, ({ ingress }) => keyOf(ingress as ApiObject));
    for (const key of this.#reported.keys()) if (!byIngress.has(key as never)) this.#reported.delete(key);
    for (const [key, own] of byIngress) {
      const messages = [...new Set(own.map(({ message }) => message))];
      const text = messages.join('; ');
      if (this.#reported.get(key) === text || !own[0]) continue;
      this.#reported.set(key, text);
      const target = { ...own[0].ingress, apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' };
      for (const message of messages) recorder.event(target, 'Warning', 'Rejected', message);
    }
  }
}

/** Certificate and key in one text; undefined if nginx could not load them, which would take down all other hosts. */
function pairOf(cert: string, key: string): string | undefined {
  if (cert === '' || key === '') return undefined;
  try {
    // nginx reads both from one file, in which another key could come first.
    const both = `${cert}\n${key}`;
    createSecureContext({ cert: both, key: both });
    return both;
  } catch {
    return undefined; // The Ingress gets an event.
  }
}
