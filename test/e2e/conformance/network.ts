/** Items of upstream's conformance suite about access to pods: hooks, proxies, Services, DNS, WebSockets. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { imageRepository, imageTag } from '@typernetes/base';
import { selfSignedServing } from '@typernetes/pki';
import { eventually } from '../../eventually.ts';
import type { Shell } from '../../walkthrough/walkthrough.ts';
import { list, namespace, object } from './containers.ts';

/** An image with Node that every machine has. */
const image = `${imageRepository}/kube-proxy:${imageTag}`;
const node = '/usr/local/lib/typernetes/node';
const busybox = { image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sleep', '36000'] };

/** Runs until it is told to stop. */
const idle = 'trap "exit 0" TERM; while :; do sleep 0.2; done';

/** Answers with the method, the path and its pod's name, over HTTP, HTTPS and UDP; prints each path. */
const server = `
const name = require('node:os').hostname();
const answer = ({ method, url }, response) => { console.log(url); response.end(method + ' ' + url + ' ' + name); };
for (const port of [8080, 8081]) require('node:http').createServer(answer).listen(port);
require('node:https').createServer({ cert: process.env.CERT, key: process.env.KEY }, answer).listen(8443);
const socket = require('node:dgram').createSocket('udp4');
socket.on('message', (_, { port, address }) => socket.send(name, port, address)).bind(8082);
process.on('SIGTERM', () => process.exit(0));
`;

const ports = [
  { name: 'web', containerPort: 8080 },
  { name: 'other', containerPort: 8081 },
  { name: 'tls', containerPort: 8443 },
  { name: 'udp', containerPort: 8082, protocol: 'UDP' },
];
const serving = (identity: { certificate: string; privateKey: string }) => ({
  name: 'main',
  image,
  command: [node, '-e', server],
  env: [
    { name: 'CERT', value: identity.certificate },
    { name: 'KEY', value: identity.privateKey },
  ],
  ports,
  readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
});

const labelled = (name: string, spec: object) => ({
  ...object('Pod', name, { spec: { terminationGracePeriodSeconds: 1, ...spec } }),
  metadata: { name, namespace, labels: { name } },
});
const replicas = (kind: string, apiVersion: string, name: string, selector: object, container: object) => ({
  ...object(kind, name, {}, apiVersion),
  spec: {
    replicas: 3,
    selector,
    template: { metadata: { labels: { name } }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } },
  },
});
const service = (name: string, spec: object) => object('Service', name, { spec });
const sliceFor = (name: string, suffix: string, port: number, addresses: readonly string[]) => ({
  ...object('EndpointSlice', `${name}-${suffix}`, {}, 'discovery.k8s.io/v1'),
  metadata: { name: `${name}-${suffix}`, namespace, labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  ports: [{ name: suffix, port, protocol: 'TCP' }],
  endpoints: [{ addresses }],
});

/** Fetches the cluster's issuer keys with the pod's own token, and verifies the token with them. */
const discovery = `
const { readFileSync } = require('node:fs');
const { createPublicKey, verify } = require('node:crypto');
const token = readFileSync('/var/run/secrets/tokens/token', 'utf8');
const account = readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/token', 'utf8');
const get = async (url) => (await fetch(url, { headers: { authorization: 'Bearer ' + account } })).json();
(async () => {
  const part = (i) => JSON.parse(Buffer.from(token.split('.')[i], 'base64url'));
  const document = await get('https://kubernetes.default.svc/.well-known/openid-configuration');
  if (document.issuer !== part(1).iss) throw new Error('issuer');
  const { keys } = await get('https://kubernetes.default.svc/openid/v1/jwks');
  const jwk = keys.find(({ kid }) => kid === part(0).kid);
  const key = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' };
  const [head, body, signature] = token.split('.');
  console.log(verify('sha256', Buffer.from(head + '.' + body), key, Buffer.from(signature, 'base64url')), part(1).aud[0]);
})();
`;

export function testNetwork(cluster: { host(): Shell; node(): Shell; machine: string }): void {
  describe('access to pods in conformance items', () => {
    let host: Shell;
    let proxy: ReturnType<Shell['start']>;
    let base: string;
    const run = (args: string, input?: string): Promise<string> =>
      host.run(`kubectl -n ${namespace} ${args}`, input === undefined ? {} : { input });
    const path = (what: string, path: string): Promise<string> => run(`get ${what} -o jsonpath='{${path}}'`);
    const client = (script: string): Promise<string> => run(`exec client -- sh -c '${script}'`);
    const fetched = (url: string, init: RequestInit = {}): Promise<Response> =>
      fetch(`${base}/api/v1/namespaces/${namespace}/${url}`, init);
    /** The names in the answers to `times` requests to the address. */
    const namesOf = async (address: string, times = 15): Promise<readonly string[]> => {
      const script = `for i in $(seq ${times}); do wget -q -O - http://${address}/ || echo failed; echo; done`;
      const lines = (await client(script)).trim().split('\n');
      return [...new Set(lines.map((line) => line.split(' ').at(-1) ?? ''))].sort();
    };

    before(async () => {
      host = cluster.host();
      const container = serving(await selfSignedServing('echo', Date.now()));
      const clientIp = { sessionAffinity: 'ClientIP' };
      const web = { ports: [{ port: 80, targetPort: 'web' }], selector: { name: 'replicated' } };
      await run(
        'create -f -',
        list([
          service('fooservice', { ports: [{ port: 8765, targetPort: 8080 }], selector: { name: 'echo' } }),
          service('proxied', {
            ports: [
              { name: 'portname1', port: 80, targetPort: 'web' },
              { name: 'portname2', port: 81, targetPort: 8081 },
              { name: 'tlsport', port: 443, targetPort: 'tls' },
            ],
            selector: { name: 'echo' },
          }),
          service('plain', web),
          service('faithful', { ...web, ...clientIp }),
          service('faithful-port', { ...web, ...clientIp, type: 'NodePort' }),
          service('names', { clusterIP: 'None', ports: [{ name: 'http', port: 80 }], selector: { name: 'named' } }),
          service('regular', { ports: [{ name: 'http', port: 80, targetPort: 8080 }], selector: { name: 'echo' } }),
          service('elsewhere', { type: 'ExternalName', externalName: 'foo.example.com' }),
          service('two-slices', { ports: [80, 81].map((port) => ({ name: `p${port}`, port, protocol: 'TCP' })) }),
          service('two-addresses', { ports: [80, 81].map((port) => ({ name: `p${port}`, port, protocol: 'TCP' })) }),
          labelled('echo', { containers: [container] }),
          labelled('client', { containers: [{ name: 'main', ...busybox }] }),
          labelled('named', { hostname: 'querier', subdomain: 'names', containers: [container] }),
          labelled('resolver', { containers: [{ name: 'main', ...busybox, image: 'debian' }] }),
          replicas('ReplicationController', 'v1', 'replicated', { name: 'replicated' }, container),
          replicas('ReplicaSet', 'apps/v1', 'set', { matchLabels: { name: 'set' } }, container),
          labelled('verifier', {
            restartPolicy: 'Never',
            containers: [
              {
                name: 'main',
                image,
                command: [node, '-e', discovery],
                env: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' }],
                volumeMounts: [{ name: 'tokens', mountPath: '/var/run/secrets/tokens' }],
              },
            ],
            volumes: [
              {
                name: 'tokens',
                projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'oidc-discovery-test' } }] },
              },
            ],
          }),
        ]),
      );
      await run('wait --for=condition=Ready --timeout=180s pod/echo pod/client pod/named pod/resolver');
      await run('wait --for=condition=Ready --timeout=180s pod -l name=replicated');
      await run('wait --for=condition=Ready --timeout=180s pod -l name=set');
      proxy = host.start('exec kubectl proxy -p 0 --disable-filter');
      const line = await proxy.until(/\n/);
      base = `http://${/127\.0\.0\.1:\d+/.exec(line)?.[0]}`;
    });
    after(async () => {
      proxy.child.kill();
      await proxy.outcome;
    });

    test('ServiceAccounts ServiceAccountIssuerDiscovery should support OIDC discovery of service account issuer', () =>
      eventually(async () => {
        const logs = await run('logs verifier');
        assert.equal(logs, 'true oidc-discovery-test\n', logs);
      }));

    test('Container Lifecycle Hook and PreStop', async (context) => {
      const ip = await path('pod echo', '.status.podIP');
      const get = (query: string) => ({ httpGet: { host: ip, port: 8080, path: `/echo?msg=${query}` } });
      const web = (query: string) => ({ exec: { command: ['wget', '-q', '-O-', `http://${ip}:8080/write?${query}`] } });
      const hooked = (name: string, lifecycle: object) =>
        labelled(name, {
          terminationGracePeriodSeconds: 15,
          containers: [{ name: 'main', ...busybox, command: ['sh', '-c', `env; ${idle}`], lifecycle }],
        });
      await run(
        'create -f -',
        list([
          hooked('started', { postStart: get('poststart') }),
          hooked('stopped', { preStop: get('prestop') }),
          hooked('tester', { preStop: web('prestop') }),
        ]),
      );
      await run('wait --for=condition=Ready --timeout=180s pod/started pod/stopped pod/tester');
      const asked = async (url: string): Promise<void> =>
        assert.ok((await run('logs echo')).split('\n').includes(url), url);
      const hook = 'Container Lifecycle Hook when create a pod with lifecycle hook should execute';
      await context.test(`${hook} poststart http hook properly`, () => asked('/echo?msg=poststart'));
      await context.test('Pods should contain environment variables for services', async () => {
        const clusterIP = await path('service fooservice', '.spec.clusterIP');
        const environment = new Set((await run('logs started')).split('\n'));
        for (const line of [
          `FOOSERVICE_SERVICE_HOST=${clusterIP}`,
          'FOOSERVICE_SERVICE_PORT=8765',
          `FOOSERVICE_PORT=tcp://${clusterIP}:8765`,
          'FOOSERVICE_PORT_8765_TCP_PORT=8765',
          'FOOSERVICE_PORT_8765_TCP_PROTO=tcp',
          `FOOSERVICE_PORT_8765_TCP=tcp://${clusterIP}:8765`,
          `FOOSERVICE_PORT_8765_TCP_ADDR=${clusterIP}`,
        ])
          assert.ok(environment.has(line), line);
      });
      await run('delete pod stopped tester --timeout=180s');
      await context.test(`${hook} prestop http hook properly`, () => asked('/echo?msg=prestop'));
      await context.test('PreStop should call prestop when killing a pod', () => asked('/write?prestop'));
    });

    test('replicas each serve', async (context) => {
      for (const [item, name] of [
        ['ReplicationController should serve a basic image on each replica with a public image', 'replicated'],
        ['ReplicaSet should serve a basic image on each replica with a public image', 'set'],
      ] as const)
        await context.test(item, async () => {
          const names = (await path(`pods -l name=${name}`, '.items[*].metadata.name')).split(' ');
          assert.equal(names.length, 3);
          for (const pod of names)
            assert.equal(await (await fetched(`pods/${pod}:8080/proxy/`)).text(), `GET / ${pod}`);
        });
    });

    test('Proxy version v1', async (context) => {
      for (const [item, below] of [
        ['A set of valid responses are returned for both pod and service ProxyWithPath', 'some/path/with'],
        ['A set of valid responses are returned for both pod and service Proxy', ''],
      ] as const)
        await context.test(`Proxy version v1 ${item}`, async () => {
          for (const target of ['pods/echo:8080', 'services/proxied:portname1'])
            for (const method of ['DELETE', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'GET', 'HEAD']) {
              const answer = await fetched(`${target}/proxy/${below}?method=${method}`, { method });
              assert.equal(answer.status, 200, `${method} ${target}`);
              const expected = method === 'HEAD' ? '' : `${method} /${below}?method=${method} echo`;
              assert.equal(await answer.text(), expected);
            }
          for (const method of below === '' ? ['GET', 'HEAD'] : []) {
            const answer = await fetched(`pods/echo:8080/proxy?method=${method}`, { method, redirect: 'manual' });
            assert.equal(answer.status, 301);
            assert.match(answer.headers.get('location') ?? '', /\/pods\/echo:8080\/proxy\/\?method=/);
          }
        });
      await context.test('Proxy version v1 should proxy through a service and a pod', async () => {
        for (const target of [
          'services/proxied:portname1',
          'services/proxied:portname2',
          'services/proxied:80',
          'services/http:proxied:portname1',
          'services/http:proxied:81',
          'services/https:proxied:443',
          'services/https:proxied:tlsport',
          'pods/echo:8080',
          'pods/echo:8081',
          'pods/http:echo:8080',
          'pods/https:echo:8443',
        ])
          assert.equal(await (await fetched(`${target}/proxy/x`)).text(), 'GET /x echo', target);
      });
    });

    /** The messages of an API server WebSocket until it closes, channel by channel. */
    const overSocket = (url: string, protocol: string): Promise<readonly Buffer[]> =>
      new Promise((settle, reject) => {
        const socket = new WebSocket(`${base.replace('http', 'ws')}/api/v1/namespaces/${namespace}/${url}`, protocol);
        socket.binaryType = 'arraybuffer';
        const seen: Buffer[] = [];
        socket.onmessage = ({ data }) => seen.push(typeof data === 'string' ? Buffer.from(data) : Buffer.from(data));
        socket.onclose = () => settle(seen);
        socket.onerror = (event) => reject(new Error(`web socket: ${JSON.stringify(event)}`));
      });

    test('Pods should support remote command execution over websockets', async () => {
      const command = ['echo', 'remote', 'execution'].map((word) => `command=${word}`).join('&');
      const url = `pods/client/exec?stdout=1&stderr=1&container=main&${command}`;
      const said = await overSocket(url, 'v4.channel.k8s.io');
      const text = (channel: number): string =>
        said.flatMap((frame) => (frame[0] === channel ? [frame.subarray(1).toString()] : [])).join('');
      assert.equal(text(1), 'remote execution\n');
      assert.equal(JSON.parse(text(3)).status, 'Success');
    });

    test('Pods should support retrieving logs from the container over websockets', async () => {
      const said = await overSocket('pods/verifier/log?container=main', 'binary.k8s.io');
      assert.equal(Buffer.concat(said).toString(), 'true oidc-discovery-test\n');
    });

    test('Services: session affinity', async (context) => {
      const nodeIp = await path(`node ${cluster.machine}`, '.status.addresses[0].address');
      for (const [kind, name] of [
        ['service with type clusterIP', 'faithful'],
        ['NodePort service', 'faithful-port'],
      ] as const) {
        const clusterIP = await path(`service ${name}`, '.spec.clusterIP');
        const nodePort = await path(`service ${name}`, '.spec.ports[0].nodePort');
        const address = nodePort ? `${nodeIp}:${nodePort}` : clusterIP;
        await context.test(`Services should have session affinity work for ${kind}`, () =>
          eventually(async () => {
            const names = await namesOf(address);
            assert.equal(names.length, 1, names.join());
            assert.match(names[0] ?? '', /^replicated-/);
          }),
        );
        await context.test(`Services should be able to switch session affinity for ${kind}`, async () => {
          const change = (affinity: string): Promise<string> =>
            run(`patch service ${name} -p '${JSON.stringify({ spec: { sessionAffinity: affinity } })}'`);
          await change('None');
          await eventually(async () => assert.ok((await namesOf(address)).length > 1));
          await change('ClientIP');
          await eventually(async () => assert.equal((await namesOf(address)).length, 1));
        });
      }
    });

    test('EndpointSlice', async (context) => {
      const [one, two] = [await path('pod echo', '.status.podIP'), await path('pod named', '.status.podIP')];
      await run(
        'create -f -',
        list([
          sliceFor('two-slices', 'p80', 8080, [one]),
          sliceFor('two-slices', 'p81', 8081, [one]),
          sliceFor('two-addresses', 'p80', 8080, [one]),
          sliceFor('two-addresses', 'p81', 8081, [two]),
        ]),
      );
      for (const [item, name, second] of [
        ['multiple ports', 'two-slices', 'echo'],
        ['multiple endpoint IPs', 'two-addresses', 'querier'],
      ] as const)
        await context.test(
          `EndpointSlice should support a Service with ${item} specified in multiple EndpointSlices`,
          () =>
            eventually(async () => {
              assert.deepEqual([await namesOf(`${name}:80`, 2), await namesOf(`${name}:81`, 2)], [['echo'], [second]]);
            }),
        );
    });

    test('DNS', async (context) => {
      const look = (name: string, type = 'a'): Promise<string> => run(`exec client -- nslookup -type=${type} ${name}`);
      const addressOf = async (name: string): Promise<string> =>
        (await run(`exec resolver -- getent ahostsv4 ${name}`)).split(' ')[0] ?? '';
      const domain = `${namespace}.svc.cluster.local`;
      const named = await path('pod named', '.status.podIP');
      const regular = await path('service regular', '.spec.clusterIP');
      await context.test('DNS should provide DNS for services', () =>
        eventually(async () => {
          assert.match(await look(`names.${domain}`), new RegExp(`Address: ${named}$`, 'm'));
          assert.match(await look(`regular.${domain}`), new RegExp(`Address: ${regular}$`, 'm'));
          for (const name of ['names', 'regular'])
            assert.match(
              await look(`_http._tcp.${name}.${domain}`, 'srv'),
              /service = 0 \d+ 80 \S+\.svc\.cluster\.local/,
            );
          const reversed = regular.split('.').toReversed().join('.');
          assert.match(await look(`${reversed}.in-addr.arpa`, 'ptr'), new RegExp(`name = regular\\.${domain}`));
        }),
      );
      await context.test('DNS should provide DNS for pods for Hostname', async () =>
        assert.equal(await addressOf(`querier.names.${domain}`), named),
      );
      await context.test('DNS should provide DNS for pods for Subdomain', async () =>
        assert.equal(await addressOf(`names.${domain}`), named),
      );
      await context.test('DNS should resolve DNS of partial qualified names for services', async () => {
        for (const suffix of ['', `.${namespace}`, `.${namespace}.svc`]) {
          assert.equal(await addressOf(`regular${suffix}`), regular);
          assert.equal(await addressOf(`names${suffix}`), named);
        }
      });
      await context.test('DNS should provide DNS for ExternalName services', async () => {
        const canonical = async (expected: RegExp): Promise<void> =>
          eventually(async () =>
            assert.match(
              await run(`exec client -- sh -c 'nslookup -type=cname elsewhere.${domain} || true'`),
              expected,
            ),
          );
        await canonical(/canonical name = foo\.example\.com$/m);
        await run(`patch service elsewhere -p '{"spec":{"externalName":"bar.example.com"}}'`);
        await canonical(/canonical name = bar\.example\.com$/m);
        const spec = { type: 'ClusterIP', externalName: null, ports: [{ port: 80, name: 'http', protocol: 'TCP' }] };
        await run(`patch service elsewhere -p '${JSON.stringify({ spec })}'`);
        const address = await path('service elsewhere', '.spec.clusterIP');
        await eventually(async () => assert.equal(await addressOf(`elsewhere.${domain}`), address));
      });
    });

    test('HostPort validates that there is no conflict between pods with same hostPort but different hostIP and protocol', async () => {
      const nodeIp = await path(`node ${cluster.machine}`, '.status.addresses[0].address');
      const template = JSON.parse(await run('get pod echo -o json')).spec.containers[0];
      const exposed = (name: string, hostIP: string, protocol: string) =>
        labelled(name, {
          nodeName: cluster.machine,
          containers: [
            {
              ...template,
              volumeMounts: [],
              ports: [{ containerPort: protocol === 'UDP' ? 8082 : 8080, hostPort: 54323, protocol, hostIP }],
            },
          ],
        });
      await run(
        'create -f -',
        list([exposed('hp-1', '127.0.0.1', 'TCP'), exposed('hp-2', nodeIp, 'TCP'), exposed('hp-3', nodeIp, 'UDP')]),
      );
      await run('wait --for=condition=Ready --timeout=180s pod/hp-1 pod/hp-2 pod/hp-3');
      const udp = `const s = require("node:dgram").createSocket("udp4"); s.on("message", (m) => { console.log(String(m)); process.exit(); }); setInterval(() => s.send("x", 54323, "${nodeIp}"), 200); setTimeout(() => process.exit(1), 5000);`;
      await eventually(async () => {
        assert.equal(await cluster.node().run('curl -s -m 5 http://127.0.0.1:54323/'), 'GET / hp-1');
        assert.equal(await cluster.node().run(`curl -s -m 5 http://${nodeIp}:54323/`), 'GET / hp-2');
        assert.equal(await cluster.node().run(`${node} -e '${udp}'`), 'hp-3\n');
      });
    });

    test('is deleted with its namespace', async () => {
      await host.run('kubectl delete namespace items items-too --wait=false');
    });
  });
}
