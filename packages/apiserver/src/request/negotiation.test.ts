import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notFound } from '@typernetes/machinery';
import { negotiate, negotiateUnrouted } from './negotiation.ts';
import { errorReply } from './reply.ts';

test('a group or a version without a kind is a form that nobody has', () => {
  for (const accept of [
    'application/json;v=v1',
    'application/json;g=meta.k8s.io',
    'application/json;g=meta.k8s.io;v=v1',
  ])
    assert.throws(() => negotiate(accept), { reason: 'NotAcceptable', message: /^only the following media types/ });
  assert.equal(negotiate('application/json;as=Table;g=meta.k8s.io;v=v1').as, 'Table');
});

test('there is one kind of streams, and none in YAML', async () => {
  assert.equal(negotiate('application/json;stream=watch').format, 'json');
  assert.equal(negotiate('application/json;stream=tail, application/yaml').format, 'yaml');
  for (const accept of ['application/yaml;stream=watch', 'application/json;stream=tail']) {
    assert.throws(() => negotiate(accept), { reason: 'NotAcceptable', message: /^only the following media types/ });
    const { headers } = await errorReply(notFound({ group: '', plural: 'pods' }, 'a'), accept);
    assert.equal(headers['content-type'], 'application/json');
  }
});

test('what the router does not know takes any type that fits', () => {
  assert.equal(negotiateUnrouted('application/*').format, 'json');
  assert.throws(() => negotiate('application/*, x/y'), { message: /^406: Not Acceptable/ });
  assert.throws(() => negotiateUnrouted('text/plain'), { message: /^only the following media types/ });
});

test('errors in a form that nobody has asked for are indented', async () => {
  const error = notFound({ group: '', plural: 'pods' }, 'a');
  const text = async (accept: string) => Buffer.from((await errorReply(error, accept)).body as Uint8Array).toString();
  assert.match(await text('text/html'), /^\{\n {2}"kind": "Status",\n[\s\S]*\n\}$/);
  assert.match(await text('text/html, */*'), /^\{"kind":"Status",[\s\S]*\}\n$/);
});
