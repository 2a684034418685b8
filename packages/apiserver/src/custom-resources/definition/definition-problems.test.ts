import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import type { StructuralSchema } from '../schema/structural-schema.ts';
import { conversionProblems } from './conversion-problems.ts';
import { structuralProblems } from './structural-problems.ts';

const config = 'spec.conversion.webhookClientConfig';
const versions = 'spec.conversion.conversionReviewVersions';

/** What is wrong with a conversion webhook. */
const conversion = (webhook: object): string[] =>
  [...conversionProblems({ conversion: { strategy: 'Webhook', webhook } } as never)].map(problemText);

/** What is wrong with the schema of one field. */
const field = (schema: StructuralSchema): string[] =>
  [...structuralProblems({ type: 'object', properties: { spec: schema } }, 'schema')].map(problemText);

test('the webhook of a conversion is checked as those of admission are', () => {
  const service = { name: 'hook', namespace: 'default', port: 443 };
  const conversionReviewVersions = ['v1'];
  const of = (clientConfig: object) => conversion({ clientConfig, conversionReviewVersions });
  assert.deepEqual(of({ service: { ...service, path: '/convert' } }), []);
  assert.deepEqual(of({ service: { ...service, path: 'convert', port: 70_000 } }), [
    `${config}.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive`,
    `${config}.service.path: Invalid value: "convert": must start with a '/'`,
  ]);
  assert.deepEqual(of({ url: 'http://hook.example' }), [
    `${config}.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
  ]);
  assert.deepEqual(of({}), [`${config}: Required value: exactly one of url or service is required`]);
  assert.deepEqual(conversion({ clientConfig: { service }, conversionReviewVersions: ['v1', 'v1'] }), [
    `${versions}[1]: Invalid value: "v1": duplicate version`,
  ]);
});

test('keys of lists are names of properties, each once', () => {
  const list = (...keys: string[]) => ({
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': keys,
    items: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  });
  const path = 'schema.properties[spec].x-kubernetes-list-map-keys';
  assert.deepEqual(field(list('name')), []);
  assert.deepEqual(field(list('name', 'name')), [
    `${path}: Invalid value: ["name","name"]: must not contain duplicate entries`,
  ]);
  assert.deepEqual(field(list('other')), [
    `${path}: Invalid value: ["other"]: entries must all be names of item properties`,
  ]);
});

test('a default is a multiple of what is positive', () => {
  const path = 'schema.properties[spec].default';
  assert.deepEqual(field({ type: 'integer', multipleOf: 2, default: 4 }), []);
  assert.deepEqual(field({ type: 'integer', multipleOf: 2, default: 5 }), [
    `${path}: Invalid value: 5:  in body should be a multiple of 2`,
  ]);
  assert.deepEqual(field({ type: 'integer', multipleOf: -2, default: 4 }), [
    `${path}: Invalid value: -2: factor MultipleOf declared for  must be positive: -2`,
  ]);
});
