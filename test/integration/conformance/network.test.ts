import assert from 'node:assert/strict';
import { eventually } from '../api.ts';
import { conformance } from './checks.ts';
import { at, type Conversation, itemsOf, nameOf, type Wire } from './conversation.ts';
import { supportsOperations, takesStatus } from './operations.ts';
import { collects, condition, until } from './workload.ts';

/** Services and their endpoints, ingresses, addresses. */

const slices = 'discovery.k8s.io/v1/endpointslices';

const service = (name: string, spec: object, labels: object = {}) => ({
  metadata: { name, creationTimestamp: null, labels },
  spec: { ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }], ...spec },
  status: { loadBalancer: {} },
});

const pod = (name: string, labels: object, ports: readonly object[]) => ({
  metadata: { name, labels },
  spec: { containers: [{ name: 'c', image: 'agnhost', ports }] },
});

async function change(talk: Conversation, path: string, spec: object): Promise<Wire> {
  const found = await talk.get(path);
  return talk.replace(path, { ...found, spec: { ...(found.spec as Wire), ...spec } });
}

const ofService = (talk: Conversation, name: string) =>
  talk.get(`${talk.here(slices)}?labelSelector=kubernetes.io/service-name%3D${name}`).then(itemsOf);

/** `pod port` of all ready endpoints, sorted. */
async function endpoints(talk: Conversation, name: string): Promise<string> {
  const found = (await ofService(talk, name)).flatMap((slice) =>
    (at<Wire[]>(slice, 'endpoints') ?? []).flatMap((one) =>
      (at<Wire[]>(slice, 'ports') ?? []).map((port) => `${at(one, 'targetRef/name')} ${port.port}`),
    ),
  );
  return found.sort().join();
}

/** The same of the Endpoints; undefined while there are none. */
async function oldEndpoints(talk: Conversation, name: string): Promise<string | undefined> {
  const [object] = itemsOf(await talk.get(`${talk.here('endpoints')}?fieldSelector=metadata.name=${name}`));
  if (!object) return undefined;
  const found = (at<Wire[]>(object, 'subsets') ?? []).flatMap((subset) =>
    (at<Wire[]>(subset, 'addresses') ?? []).flatMap((one) =>
      (at<Wire[]>(subset, 'ports') ?? []).map((port) => `${at(one, 'targetRef/name')} ${port.port}`),
    ),
  );
  return found.sort().join();
}

const have = (talk: Conversation, name: string, wanted: string) =>
  eventually(async () =>
    (await endpoints(talk, name)) === wanted && (await oldEndpoints(talk, name)) === wanted ? true : undefined,
  );

conformance('network', {
  'Services should be able to change the type from ClusterIP to ExternalName': async (talk) => {
    for (const type of ['ClusterIP', 'NodePort']) {
      const name = `from-${type.toLowerCase()}`;
      await talk.create(talk.here('services'), service(name, { type }));
      const changed = await change(talk, talk.here('services', name), {
        type: 'ExternalName',
        externalName: 'x.example.com',
      });
      assert.deepEqual(
        [at(changed, 'spec/clusterIP'), at(changed, 'spec/clusterIPs'), at(changed, 'spec/ports/0/nodePort')],
        [undefined, undefined, undefined],
      );
    }
  },
  'Services should be able to change the type from ExternalName to NodePort': async (talk) => {
    for (const type of ['ClusterIP', 'NodePort']) {
      const name = `to-${type.toLowerCase()}`;
      const made = await talk.create(talk.here('services'), {
        metadata: { name },
        spec: { type: 'ExternalName', externalName: 'example.com' },
      });
      assert.equal(at(made, 'spec/clusterIP'), undefined);
      const changed = await change(talk, talk.here('services', name), {
        type,
        externalName: '',
        ports: [{ port: 80, name: 'http', protocol: 'TCP' }],
      });
      assert.match(String(at(changed, 'spec/clusterIP')), /^10\./);
      assert.equal(at(changed, 'spec/ports/0/nodePort') !== undefined, type === 'NodePort');
      assert.equal(at(changed, 'spec/externalName'), undefined);
    }
  },
  'Services should complete a service status lifecycle': async (talk) => {
    const path = talk.here('services', 's');
    await talk.create(
      talk.here('services'),
      service('s', { type: 'LoadBalancer', loadBalancerClass: 'example.com/internal-vip' }, { static: 'true' }),
    );
    assert.equal(at(await talk.get(`${path}/status`), 'status/loadBalancer/ingress'), undefined);
    const patched = await talk.patch(`${path}/status`, {
      metadata: { annotations: { patchedstatus: 'true' } },
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } },
    });
    assert.deepEqual(
      [at(patched, 'status/loadBalancer/ingress/0/ip'), at(patched, 'metadata/annotations/patchedstatus')],
      ['203.0.113.1', 'true'],
    );
    const conditions = [
      { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test', lastTransitionTime: null },
    ];
    const updated = await talk.replace(`${path}/status`, {
      ...patched,
      status: { ...(patched.status as Wire), conditions },
    });
    assert.equal(condition(updated, 'StatusUpdate')?.message, 'Set from e2e test');
    await talk.patch(path, { metadata: { labels: { static: 'patched' } } }, 'strategic');
    await talk.delete(path);
    await talk.refused(404, 'GET', path);
  },
  'Services should delete a collection of services': (talk) =>
    collects(talk, 'services', (name) => service(name, {}, { collect: talk.namespace })),
  'Services should be able to switch session affinity for service with type clusterIP': async (talk) => {
    const made = await talk.create(talk.here('services'), service('s', { sessionAffinity: 'ClientIP' }));
    assert.equal(at(made, 'spec/sessionAffinityConfig/clientIP/timeoutSeconds'), 10800);
    const none = await change(talk, talk.here('services', 's'), {
      sessionAffinity: 'None',
      sessionAffinityConfig: undefined,
    });
    assert.deepEqual([at(none, 'spec/sessionAffinity'), at(none, 'spec/sessionAffinityConfig')], ['None', undefined]);
    const back = await talk.patch(talk.here('services', 's'), { spec: { sessionAffinity: 'ClientIP' } }, 'strategic');
    assert.equal(at(back, 'spec/sessionAffinityConfig/clientIP/timeoutSeconds'), 10800);
  },
  'Services should serve multiport endpoints from pods': async (talk) => {
    await talk.create(
      talk.here('services'),
      service('s', {
        selector: { app: 'multi' },
        ports: [
          { name: 'portname1', port: 80, targetPort: 'svc1' },
          { name: 'portname2', port: 81, targetPort: 'svc2' },
        ],
      }),
    );
    await have(talk, 's', '');
    await talk.create(talk.here('pods'), pod('pod1', { app: 'multi' }, [{ name: 'svc1', containerPort: 100 }]));
    await have(talk, 's', 'pod1 100');
    await talk.create(talk.here('pods'), pod('pod2', { app: 'multi' }, [{ name: 'svc2', containerPort: 101 }]));
    await have(talk, 's', 'pod1 100,pod2 101');
    await talk.delete(talk.here('pods', 'pod1'), { gracePeriodSeconds: 0 });
    await have(talk, 's', 'pod2 101');
    await talk.delete(talk.here('pods', 'pod2'), { gracePeriodSeconds: 0 });
    await have(talk, 's', '');
  },
  'Services should serve endpoints on same port and different protocols': async (talk) => {
    const ports = (...protocols: string[]) =>
      protocols.map((protocol) => ({ name: protocol.toLowerCase(), port: 80, protocol, targetPort: 80 }));
    await talk.create(
      talk.here('pods'),
      pod('both', { app: 'both' }, [
        { containerPort: 80, protocol: 'TCP' },
        { containerPort: 80, protocol: 'UDP' },
      ]),
    );
    await talk.create(talk.here('services'), service('s', { selector: { app: 'both' }, ports: ports('TCP', 'UDP') }));
    const protocols = async () =>
      (await ofService(talk, 's'))
        .flatMap((slice) => (at<Wire[]>(slice, 'ports') ?? []).map((port) => port.protocol))
        .sort()
        .join();
    await eventually(async () => ((await protocols()) === 'TCP,UDP' ? true : undefined));
    for (const protocol of ['TCP', 'UDP']) {
      const changed = await change(talk, talk.here('services', 's'), { ports: ports(protocol) });
      assert.equal(at<Wire[]>(changed, 'spec/ports')?.length, 1);
      await eventually(async () => ((await protocols()) === protocol ? true : undefined));
    }
  },
  'EndpointSlice should create Endpoints and EndpointSlices for Pods matching a Service': async (talk) => {
    await talk.create(
      talk.here('pods'),
      pod('pod1', { one: 'on', both: 'on' }, [{ name: 'example-name', containerPort: 3000 }]),
    );
    await talk.create(
      talk.here('pods'),
      pod('pod2', { two: 'on', both: 'on' }, [
        { name: 'example-name', containerPort: 3001 },
        { name: 'other-port', containerPort: 3002 },
      ]),
    );
    const make = (name: string, label: string, targetPort: unknown) =>
      talk.create(
        talk.here('services'),
        service(name, {
          selector: { [label]: 'on' },
          publishNotReadyAddresses: true,
          ports: [{ name: 'http', port: 80, targetPort, protocol: 'TCP' }],
        }),
      );
    await make('int-port', 'one', 3000);
    await make('named-port', 'both', 'example-name');
    await make('no-match', 'three', 8080);
    await have(talk, 'int-port', 'pod1 3000');
    await have(talk, 'named-port', 'pod1 3000,pod2 3001');
    await have(talk, 'no-match', '');
    assert.equal((await ofService(talk, 'named-port')).length, 2);
    const [none] = await eventually(async () => {
      const found = await ofService(talk, 'no-match');
      return found.length === 1 ? found : undefined;
    });
    assert.equal(
      at<Record<string, string>>(none, 'metadata/labels')?.['endpointslice.kubernetes.io/managed-by'],
      'endpointslice-controller.k8s.io',
    );
    for (const slice of await ofService(talk, 'named-port')) await talk.delete(talk.here(slices, nameOf(slice)));
    await have(talk, 'named-port', 'pod1 3000,pod2 3001');
    await talk.delete(talk.here('services', 'no-match'));
    await eventually(async () => {
      const answer = await talk.send('GET', talk.here('endpoints', 'no-match'));
      for await (const _ of answer.body);
      return (answer.status === 404 && (await ofService(talk, 'no-match')).length === 0) || undefined;
    });
  },
  'EndpointSlice should support creating EndpointSlice API operations': (talk) =>
    supportsOperations(talk, {
      resource: slices,
      namespaced: true,
      object: () => ({
        addressType: 'IPv4',
        endpoints: [{ addresses: ['1.2.3.4', '5.6.7.8'], conditions: {} }],
        ports: null,
      }),
      more: async (one) => {
        const found = await talk.get(one);
        const updated = await talk.replace(one, { ...found, endpoints: [{ addresses: ['9.9.9.9'] }] });
        assert.deepEqual(at(updated, 'endpoints/0/addresses'), ['9.9.9.9']);
      },
    }),
  'EndpointSliceMirroring should mirror a custom Endpoints resource through create update and delete': async (talk) => {
    await talk.create(talk.here('services'), service('s', { ports: [{ name: 'example', port: 80, protocol: 'TCP' }] }));
    const object = (ip: string) => ({
      metadata: { name: 's', creationTimestamp: null },
      subsets: [{ ports: [{ port: 80 }], addresses: [{ ip }] }],
    });
    const mirrored = (ip: string) =>
      eventually(async () => {
        const found = await ofService(talk, 's');
        return (
          (found.length === 1 &&
            at(found[0], 'endpoints/0/addresses/0') === ip &&
            at(found[0], 'ports/0/port') === 80) ||
          undefined
        );
      });
    await talk.create(talk.here('endpoints'), object('10.1.2.3'));
    await mirrored('10.1.2.3');
    await talk.replace(talk.here('endpoints', 's'), object('10.2.3.4'));
    await mirrored('10.2.3.4');
    await talk.delete(talk.here('endpoints', 's'));
    await eventually(async () => (await ofService(talk, 's')).length === 0 || undefined);
  },
  'Endpoints should test the lifecycle of an Endpoint': async (talk) => {
    const path = talk.here('endpoints', 'e');
    await talk.create(talk.here('endpoints'), {
      metadata: { name: 'e', labels: { endpoint: talk.namespace } },
      subsets: [{ addresses: [{ ip: '10.0.0.24' }], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }],
    });
    const found = await talk.get(path);
    await talk.replace(path, {
      ...found,
      metadata: { ...(found.metadata as Wire), labels: { endpoint: talk.namespace, step: 'updated' } },
    });
    const patched = await talk.patch(
      path,
      {
        metadata: { creationTimestamp: null, labels: { step: 'patched' } },
        subsets: [{ addresses: [{ ip: '10.0.0.25' }], ports: [{ name: 'http-test', port: 8080 }] }],
      },
      'strategic',
    );
    assert.deepEqual(patched.subsets, [
      { addresses: [{ ip: '10.0.0.25' }], ports: [{ name: 'http-test', port: 8080, protocol: 'TCP' }] },
    ]);
    await talk.delete(`${talk.here('endpoints')}?labelSelector=endpoint%3D${talk.namespace}`);
    await talk.refused(404, 'GET', path);
  },
  'Ingress API should support creating Ingress API operations': (talk) =>
    supportsOperations(talk, {
      resource: 'networking.k8s.io/v1/ingresses',
      namespaced: true,
      below: ['status'],
      object: () => ({
        spec: {
          ingressClassName: 'example',
          rules: [
            {
              host: 'h.example.com',
              http: {
                paths: [
                  {
                    path: '/',
                    pathType: 'ImplementationSpecific',
                    backend: { service: { name: 's', port: { number: 8080 } } },
                  },
                ],
              },
            },
          ],
        },
        status: { loadBalancer: {} },
      }),
      more: (one) => {
        const reached = (ip: string) => ({ loadBalancer: { ingress: [{ ip }] } });
        return takesStatus(talk, one, [reached('169.1.1.1'), reached('169.1.1.2')]);
      },
    }),
  'IngressClass API should support creating IngressClass API operations': (talk) =>
    supportsOperations(talk, {
      resource: 'networking.k8s.io/v1/ingressclasses',
      object: () => ({ spec: { controller: 'example.com/controller' } }),
    }),
  'ServiceCIDR and IPAddress API should support ServiceCIDR API operations': async (talk) => {
    const all = '/apis/networking.k8s.io/v1/servicecidrs';
    const path = `${all}/kubernetes`;
    const found = await until(talk, path, (one) => condition(one, 'Ready')?.status === 'True');
    const status = await talk.get(`${path}/status`);
    assert.deepEqual([status.kind, at(status, 'metadata/uid')], ['ServiceCIDR', at(found, 'metadata/uid')]);
    assert.ok(itemsOf(await talk.get(all)).some((one) => nameOf(one) === 'kubernetes'));
    await talk.seen(`${all}?watch=true`, ({ type, object }) => type === 'ADDED' && nameOf(object) === 'kubernetes');
  },
  'ServiceCIDR and IPAddress API should support IPAddress API operations': async (talk) => {
    const path = '/apis/networking.k8s.io/v1/ipaddresses';
    const object = (name: string, type: string) => ({
      metadata: { name, labels: { type } },
      spec: { parentRef: { group: 'mygroup', resource: 'myresources', namespace: 'foo', name: 'bar' } },
    });
    const made = await talk.create(path, object('255.255.255.255', 'broadcast'));
    await talk.create(path, object('fe80::42:1dff:fe84:f9e2', 'link-local'));
    const one = `${path}/255.255.255.255`;
    const patched = await talk.patch(one, { metadata: { annotations: { patched: 'true' } } });
    assert.equal(at(patched, 'metadata/annotations/patched'), 'true');
    assert.ok(Number(at(patched, 'metadata/resourceVersion')) > Number(at(made, 'metadata/resourceVersion')));
    const found = await talk.get(one);
    const updated = await talk.replace(one, {
      ...found,
      metadata: { ...(found.metadata as Wire), annotations: { patched: 'true', updated: 'true' } },
    });
    assert.equal(at(updated, 'metadata/annotations/updated'), 'true');
    assert.equal(itemsOf(await talk.get(`${path}?labelSelector=type%3Dbroadcast`)).length, 1);
    await talk.seen(`${path}?watch=true&labelSelector=type%3Dbroadcast`, ({ type }) => type === 'ADDED');
    await talk.delete(`${path}/255.255.255.255`);
    await talk.delete(`${path}?labelSelector=type%3Dlink-local`);
    assert.equal(itemsOf(await talk.get(`${path}?labelSelector=type%3Dlink-local`)).length, 0);
  },
  'Services should find a service from listing all namespaces': async (talk) => {
    const services = itemsOf(await talk.get('/api/v1/services'));
    assert.ok(services.some((one) => nameOf(one) === 'kubernetes' && at(one, 'metadata/namespace') === 'default'));
  },
});
