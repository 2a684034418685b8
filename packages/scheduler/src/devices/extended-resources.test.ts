import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container } from '@typernetes/api/core/v1';
import { makeDeviceClass } from '../testing/devices.ts';
import { makePod } from '../testing/objects.ts';
import { extendedClaim } from './extended-resources.ts';

const served = new Map([
  ['example.com/gpu', makeDeviceClass('gpu')],
  ['deviceclass.resource.kubernetes.io/nic', makeDeviceClass('nic')],
]);

const container = (name: string, gpus: number, rest: Partial<Container> = {}): Container => ({
  name,
  image: 'i',
  resources: { requests: { cpu: '1', ...(gpus ? { 'example.com/gpu': String(gpus) } : {}) } },
  ...rest,
});

const sidecar = { restartPolicy: 'Always' as const };

const cases: Record<string, { init?: Container[]; containers: Container[]; requests: string[]; mappings: string[] }> = {
  'each container has a request of its own': {
    containers: [container('a', 1), container('b', 0), container('c', 2)],
    requests: ['container-0-request-1=1 gpu', 'container-2-request-1=2 gpu'],
    mappings: ['a:container-0-request-1', 'c:container-2-request-1'],
  },
  'each resource has one, too': {
    containers: [
      container('a', 0, {
        resources: { requests: { 'example.com/gpu': '1', 'deviceclass.resource.kubernetes.io/nic': '1', memory: '1' } },
      }),
    ],
    requests: ['container-0-request-0=1 nic', 'container-0-request-1=1 gpu'],
    mappings: ['a:container-0-request-0', 'a:container-0-request-1'],
  },
  'what ends before has the devices of what comes after': {
    init: [container('setup', 2)],
    containers: [container('a', 1), container('b', 2)],
    requests: ['container-1-request-1=1 gpu', 'container-2-request-1=2 gpu'],
    mappings: [
      'a:container-1-request-1',
      'b:container-2-request-1',
      'setup:container-1-request-1',
      'setup:container-2-request-1',
    ],
  },
  'of what it needs beside, the greatest request serves all that end': {
    init: [container('one', 3), container('two', 5)],
    containers: [container('a', 1)],
    requests: ['container-1-request-1=4 gpu', 'container-2-request-1=1 gpu'],
    mappings: [
      'a:container-2-request-1',
      'one:container-2-request-1',
      'one:container-1-request-1',
      'two:container-2-request-1',
      'two:container-1-request-1',
    ],
  },
  'nobody has the devices of a sidecar that came before': {
    init: [container('side', 1, sidecar), container('setup', 1)],
    containers: [container('a', 0)],
    requests: ['container-0-request-1=1 gpu', 'container-1-request-1=1 gpu'],
    mappings: ['side:container-0-request-1', 'setup:container-1-request-1'],
  },
};

for (const [name, { init, containers, requests, mappings }] of Object.entries(cases))
  test(`extended resources: ${name}`, () => {
    const pod = makePod({ name: 'p', containers, ...(init ? { initContainers: init } : {}) });
    const { claim, mappings: got } = extendedClaim(pod, served);
    assert.equal(claim.metadata.generateName, 'p-extended-resources-');
    assert.deepEqual(
      claim.spec.devices?.requests?.map(
        (request) => `${request.name}=${request.exactly?.count} ${request.exactly?.deviceClassName}`,
      ),
      requests,
    );
    assert.deepEqual(
      got.map(({ containerName, requestName }) => `${containerName}:${requestName}`),
      mappings,
    );
  });
