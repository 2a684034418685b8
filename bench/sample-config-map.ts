const fill = 'x'.repeat(1024);

/** The `i`th 1 KB ConfigMap, as JSON; `extra` makes another version of it. */
export const sampleConfigMap = (i: number, extra = ''): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `cm-${i}`, labels: { idx: String(i % 10) } },
    data: { payload: fill + extra },
  });
