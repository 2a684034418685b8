import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lazyParts } from './lazy-parts.ts';

test('a part is loaded once, when one of its names is first used', () => {
  const code = `var import_A = require("./A.cjs");
exports.twice = () => [(0, import_A.one)(), new import_A.Two().two];
`;
  const loaded: string[] = [];
  const exports: { twice?: () => unknown } = {};
  new Function('exports', 'require', lazyParts(code))(exports, (name: string) => {
    loaded.push(name);
    return {
      one: () => 1,
      Two: class {
        two = 2;
      },
    };
  });
  assert.deepEqual(loaded, []);
  assert.deepEqual(exports.twice?.(), [1, 2]);
  assert.deepEqual(loaded, ['./A.cjs']);
});

test('requires of anything else stay as they are', () => {
  const code = 'var import_node_tls = __toESM((0, require_tls)(), 1);\nimport_node_tls.connect();\n';
  assert.equal(lazyParts(code), code);
});
