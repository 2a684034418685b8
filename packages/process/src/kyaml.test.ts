import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeKyaml } from './kyaml.ts';
import { decodeDocument } from './yaml.ts';

const object = {
  kind: 'Service',
  apiVersion: 'v1',
  metadata: { name: 'a', labels: { no: 'yes', 'a.b/c': 'x', '1': '2', '': 'e', '-x': '"\\' }, annotations: {} },
  spec: { ports: [{ port: 80, name: null }, { port: 81.5 }], names: ['a', true], none: [], pairs: [['a'], []] },
  text: 'first\n  second\n\n\tthird\u0001',
  script: 'one\ntwo\n',
};

test('objects have braces, quoted strings and their keys in order', () => {
  assert.equal(
    encodeKyaml(object),
    String.raw`---
{
  kind: "Service",
  apiVersion: "v1",
  metadata: {
    name: "a",
    labels: {
      "1": "2",
      "no": "yes",
      a.b/c: "x",
      "": "e",
      "-x": "\"\\",
    },
    annotations: {},
  },
  spec: {
    ports: [{
      port: 80,
      name: null,
    }, {
      port: 81.5,
    }],
    names: [
      "a",
      true,
    ],
    none: [],
    pairs: [[
      "a",
    ], []],
  },
  text: "\
     first\n\
    \  second\n\
     \n\
    \	third\x01\
    ",
  script: "\
     one\n\
     two\n\
    ",
}
`,
  );
});

test('it is YAML', () => assert.deepEqual(decodeDocument(encodeKyaml(object)), object));
