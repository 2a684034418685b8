const fill = 'x'.repeat(1024);

/** A ConfigMap of 1 KB as JSON, the `i`th of its kind; `extra` makes another version of it. */
export const sampleConfigMap = (i: number, extra = ''): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `cm-${i}`, labels: { idx: String(i % 10) } },
    data: { payload: fill + extra },
  });
