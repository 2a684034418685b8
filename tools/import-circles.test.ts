import { strictEqual } from 'node:assert';
import { test } from 'node:test';
import { importCircles } from './import-circles.ts';

const circles = (files: Readonly<Record<string, string>>): string =>
  importCircles(new Map(Object.entries(files)))
    .map((circle) => circle.join(' > '))
    .join('; ');

test('files that import each other, even only types, are a circle', () => {
  const files = {
    'a/one.ts': "import { two } from './two.ts';",
    'a/two.ts': "export type { Three } from '../b/three.ts';",
    'b/three.ts': "import type {\n  One,\n} from '../a/one.ts';",
  };
  strictEqual(circles(files), 'a/one.ts > a/two.ts > b/three.ts > a/one.ts');
});

test('shared files, files elsewhere, and dynamic imports are not', () => {
  const files = {
    'one.ts': "import { two } from './two.ts';\nimport './three.ts';\nimport { join } from 'node:path';",
    'two.ts': "import { three } from './three.ts';\nconst later = () => import('./one.ts');",
    'three.ts': "import x from './missing.ts';",
  };
  strictEqual(circles(files), '');
});

test('a circle is reported once, wherever one enters it', () => {
  const files = {
    'zero.ts': "import './one.ts';\nimport './two.ts';",
    'one.ts': "import './two.ts';",
    'two.ts': "import './one.ts';",
  };
  strictEqual(circles(files), 'one.ts > two.ts > one.ts');
});
