import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import type { Ingress, IngressSpec } from '@typernetes/api/networking/v1';
import { routesOf } from './routes.ts';

const ingress = (name: string, spec: IngressSpec, metadata: object = {}): Ingress =>
  ({ metadata: { namespace: 'shop', name, creationTimestamp: '2026-01-01T00:00:00Z', ...metadata }, spec }) as Ingress;
const to = (service: string, port: object = { number: 80 }) => ({ service: { name: service, port } });
const path = (path: string, service = 'web', pathType: 'Exact' | 'Prefix' = 'Prefix') => ({
  path,
  pathType,
  backend: to(service),
});

const services: Record<string, Service['spec']> = {
  web: { ports: [{ name: 'http', port: 80 }] } as Service['spec'],
  api: { ports: [{ port: 80 }, { name: 'admin', port: 9000 }] } as Service['spec'],
  empty: { ports: [{ name: 'http', port: 80 }] } as Service['spec'],
  elsewhere: { type: 'ExternalName', ports: [{ port: 80 }] } as unknown as Service['spec'],
};
const slices: Record<string, EndpointSlice[]> = {
  web: [
    {
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080 }],
      endpoints: [
        { addresses: ['10.0.0.2'] },
        { addresses: ['10.0.0.1'], conditions: { ready: true } },
        { addresses: ['10.0.0.3'], conditions: { ready: false, serving: true, terminating: true } },
      ],
    } as unknown as EndpointSlice,
  ],
  api: [
    {
      addressType: 'IPv6',
      ports: [
        { name: '', port: 8080 },
        { name: 'admin', port: 9001 },
      ],
      endpoints: [{ addresses: ['fd00::1'], conditions: { ready: false, serving: true, terminating: true } }],
    } as unknown as EndpointSlice,
  ],
};

function routes(...ingresses: Ingress[]) {
  const { hosts, upstreams, certificates, problems } = routesOf({
    ingresses,
    service: (namespace, name) =>
      namespace === 'shop' && services[name] ? ({ metadata: { name }, spec: services[name] } as Service) : undefined,
    slices: (_, service) => slices[service] ?? [],
    certificate: (_, secret) => (secret === 'cert' ? 'PEM' : undefined),
  });
  return {
    hosts: hosts.map(
      ({ name, certificate, locations }) =>
        `${name}${certificate ? ` (${certificate})` : ''}: ${locations
          .map(({ path, match, upstream }) => `${match} ${path} ${upstream ?? '-'}`)
          .join(', ')}`,
    ),
    upstreams: Object.fromEntries(upstreams.map(({ name, addresses }) => [name, addresses])),
    certificates,
    problems: problems.map(({ ingress, message }) => `${ingress.metadata.name}: ${message}`),
  };
}

test('hosts and paths lead to the ready pods, the longest path first', () => {
  const found = routes(
    ingress('a', {
      rules: [
        { host: 'a.example', http: { paths: [path('/'), path('/long/path'), path('/long', 'web', 'Exact')] } },
        { host: '*.example', http: { paths: [path('/', 'api')] } },
      ],
    }),
  );
  assert.deepEqual(found.hosts, [
    '*.example: prefix / shop_api_80',
    'a.example: prefix /long/path shop_web_http, exact /long shop_web_http, prefix / shop_web_http',
  ]);
  assert.deepEqual(found.upstreams, {
    // While no pod is ready, terminating pods that still serve.
    shop_api_80: ['[fd00::1]:8080'],
    shop_web_http: ['10.0.0.1:8080', '10.0.0.2:8080'],
  });
  assert.deepEqual(found.problems, []);
});

test('a port is given by name or number', () => {
  const named = { path: '/', pathType: 'Prefix' as const, backend: to('api', { name: 'admin' }) };
  const found = routes(ingress('a', { rules: [{ http: { paths: [named] } }] }));
  assert.deepEqual(found.upstreams, { shop_api_admin: ['[fd00::1]:9001'] });
});

test('if several Ingresses have the same path, the oldest wins', () => {
  const rule = (service: string) => ({ rules: [{ host: 'h', http: { paths: [path('/', service)] } }] });
  const old = ingress('young-name', rule('web'), { creationTimestamp: '2025-01-01T00:00:00Z' });
  assert.deepEqual(routes(ingress('a', rule('api')), old).hosts, ['h: prefix / shop_web_http']);
});

test('a default backend serves hosts without rules, and paths that no rule matches', () => {
  assert.deepEqual(routes(ingress('a', { defaultBackend: to('web') })).hosts, [': prefix / shop_web_http']);
  const both = ingress('a', {
    defaultBackend: to('api'),
    rules: [{ host: 'h', http: { paths: [path('/x')] } }, { host: 'bare' }],
  });
  assert.deepEqual(routes(both).hosts, [
    'bare: prefix / shop_api_80',
    'h: prefix /x shop_web_http, prefix / shop_api_80',
  ]);
});

test('certificates apply to the hosts that they are listed for', () => {
  const rules = ['a', 'b'].map((host) => ({ host, http: { paths: [path('/')] } }));
  const found = routes(ingress('a', { rules, tls: [{ hosts: ['a', 'other'], secretName: 'cert' }] }));
  assert.deepEqual(found.hosts, ['a (shop_cert): prefix / shop_web_http', 'b: prefix / shop_web_http']);
  assert.deepEqual([...found.certificates], [['shop_cert', 'PEM']]);
});

test('reports what cannot be served, and serves the rest', () => {
  const bad = (service: string, port?: object) => ({
    path: `/${service}`,
    pathType: 'Prefix',
    backend: to(service, port),
  });
  const found = routes(
    ingress(
      'a',
      {
        tls: [{ hosts: ['h'], secretName: 'gone' }],
        rules: [
          {
            host: 'h',
            http: {
              paths: [
                path('/', 'empty'),
                bad('gone'),
                bad('elsewhere'),
                bad('web', { number: 81 }),
                { path: '/r', pathType: 'Prefix', backend: { resource: { kind: 'Bucket', name: 'b' } } },
                { ...path('/a\nb'), pathType: 'Exact' },
              ] as never,
            },
          },
        ],
      },
      { annotations: { 'nginx.ingress.kubernetes.io/proxy-body-size': 'much', other: 'x' } },
    ),
  );
  assert.deepEqual(found.hosts, ['h: prefix /elsewhere -, prefix /gone -, prefix /web -, prefix /r -, prefix / -']);
  assert.deepEqual(found.problems, [
    'a: annotation nginx.ingress.kubernetes.io/proxy-body-size: "much" has no effect, a size such as 8m, or 0 for any is expected',
    'a: service shop/gone does not exist',
    'a: service shop/elsewhere is of type ExternalName, which cannot be a backend here',
    'a: service shop/web has no port 81',
    'a: only Services can be backends here',
    'a: path "/a\\nb" is not served: it has control characters',
    'a: secret shop/gone has no certificate that can be shown: the controller shows its own',
  ]);
});
