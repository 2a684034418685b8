import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { validateIngressClass, validateIngressClassUpdate } from './ingress-class-validation.ts';
import { addressNameProblems, validateIPAddress, validateIPAddressUpdate } from './ip-address-validation.ts';
import { validateServiceCIDR, validateServiceCIDRUpdate } from './service-cidr-validation.ts';
import type { IngressClassSpec } from './v1.gen.ts';

const metadata = { name: 'x', uid: '1', resourceVersion: '1', creationTimestamp: '' };

describe('an ingress class', () => {
  const cases: readonly { name: string; spec: IngressClassSpec; wants: readonly string[] }[] = [
    { name: 'complete', spec: { controller: 'example.com/nginx' }, wants: [] },
    { name: 'without a controller', spec: {}, wants: ['spec.controller: Required value'] },
    {
      name: 'with a controller without a domain',
      spec: { controller: 'nginx' },
      wants: ['spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")'],
    },
    {
      name: 'with namespaced parameters without a namespace',
      spec: { controller: 'example.com/nginx', parameters: { kind: '', name: 'a/b', scope: 'Namespace' } },
      wants: [
        'spec.parameters.kind: Required value: kind is required',
        'spec.parameters.name: Invalid value: "a/b": may not contain \'/\'',
        "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
      ],
    },
    {
      name: 'with parameters of an empty group',
      spec: {
        controller: 'example.com/nginx',
        parameters: { apiGroup: '', kind: 'K', name: 'n', scope: 'Cluster' },
      },
      wants: [
        "spec.parameters.apiGroup: Invalid value: \"\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      ],
    },
    {
      name: 'with parameters everywhere and somewhere',
      spec: {
        controller: 'example.com/nginx',
        parameters: { kind: 'K', name: 'n', scope: 'Cluster', namespace: 'shop' },
      },
      wants: ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    },
  ];
  for (const { name, spec, wants } of cases) {
    test(name, () => assert.deepEqual(validateIngressClass({ metadata, spec }).map(problemText), wants));
  }

  test('keeps its controller', () => {
    const of = (controller: string) => ({ metadata, spec: { controller } });
    assert.deepEqual(validateIngressClassUpdate(of('a.io/x'), of('a.io/y')).map(problemText), [
      'spec.controller: Invalid value: "a.io/x": field is immutable',
    ]);
  });
});

describe('a ServiceCIDR', () => {
  const of = (...cidrs: string[]) => ({ metadata, spec: { cidrs } });

  test('has one range, or one of each family, in canonical form', () => {
    assert.deepEqual(validateServiceCIDR(of('10.0.0.0/16', 'fd00::/112')), []);
    assert.deepEqual(validateServiceCIDR(of()).map(problemText), [
      'spec.cidrs: Required value: at least one CIDR required',
    ]);
    assert.deepEqual(validateServiceCIDR(of('FD00::/112')).map(problemText), [
      'spec.cidrs[0]: Invalid value: "FD00::/112": must be in canonical form ("fd00::/112")',
    ]);
    assert.deepEqual(validateServiceCIDR(of('10.0.0.0/16', '10.1.0.0/16')).map(problemText), [
      'spec.cidrs: Invalid value: ["10.0.0.0/16","10.1.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    ]);
  });

  test('can only grow by a range of the other family', () => {
    assert.deepEqual(validateServiceCIDRUpdate(of('10.0.0.0/16', 'fd00::/112'), of('10.0.0.0/16')), []);
    assert.deepEqual(validateServiceCIDRUpdate(of('10.1.0.0/16'), of('10.0.0.0/16')).map(problemText), [
      'spec.cidrs[0]: Invalid value: "10.1.0.0/16": field is immutable',
    ]);
    assert.deepEqual(validateServiceCIDRUpdate(of('10.0.0.0/16'), of('10.0.0.0/16', 'fd00::/112')).map(problemText), [
      'spec.cidrs: Invalid value: ["10.0.0.0/16"]: field is immutable',
    ]);
  });
});

test('an IPAddress is named after its address and belongs to one object', () => {
  assert.deepEqual(addressNameProblems('10.0.0.1'), []);
  assert.deepEqual(addressNameProblems('FD00::1'), ['must be in canonical form ("fd00::1")']);
  const parentRef = { resource: 'services', namespace: 'shop', name: 'web' };
  assert.deepEqual(validateIPAddress({ metadata, spec: { parentRef } }), []);
  assert.deepEqual(validateIPAddress({ metadata, spec: { parentRef: { resource: '', name: '' } } }).map(problemText), [
    'spec.parentRef.resource: Required value',
    'spec.parentRef.name: Required value',
  ]);
  const moved = { metadata, spec: { parentRef: { ...parentRef, name: 'other' } } };
  assert.deepEqual(validateIPAddressUpdate(moved, { metadata, spec: { parentRef } }).map(problemText), [
    'spec.parentRef: Invalid value: {"resource":"services","namespace":"shop","name":"other"}: field is immutable',
  ]);
});
