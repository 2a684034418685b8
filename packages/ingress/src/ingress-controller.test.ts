import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Service, services } from '@typernetes/api/core/v1';
import { type EndpointSlice, endpointslices } from '@typernetes/api/discovery/v1';
import { type Ingress, type IngressClass, ingressclasses, ingresses } from '@typernetes/api/networking/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { sharedInformers } from '@typernetes/client';
import { FakeApi, RecordedEvents } from '@typernetes/client/testing';
import { IngressController } from './ingress-controller.ts';

const place = { folder: '/run/ingress', httpPort: 80, httpsPort: 443, ipv6: false };

/** Rejects patterns with `(?<$`, as nginx does and JavaScript does not; records what it serves. */
class ScriptedNginx {
  served: readonly string[] = [];
  asked = 0;

  async serve(config: string) {
    this.asked++;
    const lines = config.split('\n');
    const at = lines.findIndex((line) => line.includes('(?<$'));
    if (at >= 0) return { changed: false, refusal: { why: 'subpattern name expected', line: at + 1 } };
    const served = lines.map((line) => line.trim()).filter((line) => line.startsWith('location ~*'));
    const changed = served.join() !== this.served.join();
    this.served = served;
    return { changed };
  }
}

test('a path that nginx rejects does not affect others, and its Ingress gets one event', async () => {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  await api
    .resource(ingressclasses)
    .create({ metadata: { name: 'nginx' }, spec: { controller: 'typernetes.io/ingress' } } as IngressClass);
  await api.resource(services).create({
    metadata: { name: 'web', namespace: 'shop' },
    spec: { ports: [{ name: 'http', port: 80 }] },
  } as Service);
  const slice = (address: string): EndpointSlice =>
    ({
      metadata: { name: 'web-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 80 }],
      endpoints: [{ addresses: [address] }],
    }) as unknown as EndpointSlice;
  await api.resource(endpointslices).create(slice('10.0.0.1'));
  const ingress = (name: string, ...paths: string[]): Ingress =>
    ({
      metadata: { name, namespace: 'shop', annotations: { 'nginx.ingress.kubernetes.io/use-regex': 'true' } },
      spec: {
        ingressClassName: 'nginx',
        rules: [
          {
            host: `${name}.example`,
            http: {
              paths: paths.map((path) => ({
                path,
                pathType: 'ImplementationSpecific',
                backend: { service: { name: 'web', port: { number: 80 } } },
              })),
            },
          },
        ],
      },
    }) as unknown as Ingress;
  await api.resource(ingresses).create(ingress('odd', '/(?<$a>x)', '/fine', '/(?<$b>y)'));
  await api.resource(ingresses).create(ingress('other', '/a(?i)b'));

  const nginx = new ScriptedNginx();
  const recorder = new RecordedEvents();
  const informers = sharedInformers({ client: api, log: silentLogger });
  const options = { controllerName: 'typernetes.io/ingress', place, ownPem: 'own' };
  const controller = new IngressController(options, { informers, nginx, recorder, clock, log: silentLogger });
  const stop = new AbortController();
  const running = Promise.all([controller.run(stop.signal), informers.run(stop.signal)]);
  while (!controller.isReady) await clock.advance(10);
  assert.deepEqual(nginx.served, ['location ~* "^/fine" {', 'location ~* "^/a(?i)b" {']);
  assert.deepEqual(recorder.seen, [
    'Warning Rejected path "/(?<$a>x)" is not served: nginx: subpattern name expected',
    'Warning Rejected path "/(?<$b>y)" is not served: nginx: subpattern name expected',
  ]);
  assert.deepEqual(
    recorder.targets.map(({ metadata }) => metadata.name),
    ['odd', 'odd'],
  );

  // A change of pods is no reason to try rejected paths again.
  const before = nginx.asked;
  await api.resource(endpointslices).update({ ...slice('10.0.0.2') });
  while (nginx.asked === before) await clock.advance(300);
  assert.equal(nginx.asked, before + 1);
  assert.equal(recorder.seen.length, 2);

  const mended = await api.resource(ingresses).get({ namespace: 'shop', name: 'odd' });
  await api.resource(ingresses).update({ ...mended, spec: ingress('odd', '/mended').spec });
  while (nginx.served.length !== 2 || !nginx.served[0]?.includes('mended')) await clock.advance(300);
  assert.equal(nginx.asked, before + 2);
  stop.abort();
  await running;
});
