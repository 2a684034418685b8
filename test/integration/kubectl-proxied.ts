/** Lines of `proxy`, which keep running, each with paths to request through it. */
export const proxiedLines: readonly (readonly [line: string, paths: readonly string[]])[] = [
  [
    'proxy --port=0',
    ['/api/v1/namespaces/default', '/healthz', '/nosuch', '/', '/api/v1/namespaces/default/pods/p/exec'],
  ],
  ['proxy -p 0 --api-prefix=/k8s', ['/k8s/healthz', '/healthz', '/k8s', '/']],
  ['proxy --port=0 --api-prefix=k8s/', ['/k8s/healthz', '/healthz']],
  ['proxy --port=0 --accept-paths=^/api', ['/api/v1/namespaces/default', '/healthz']],
  ['proxy --port=0 --reject-paths=^/healthz', ['/healthz', '/version', '/api/v1/namespaces/default/pods/p/attach']],
  ['proxy --port=0 --reject-methods=^DELETE$,^GET$', ['/healthz']],
  ['proxy --port=0 --accept-hosts=^nosuch$', ['/healthz']],
  ['proxy --port=0 --disable-filter', ['/healthz']],
  ['proxy --port=0 --www=FOLDER/dir --www-prefix=/files', ['/files/a.txt', '/files/nosuch', '/healthz']],
  ['proxy --port=0 -w FOLDER/dir -P /s/', ['/s/a.txt', '/static/a.txt']],
  ['proxy --port=0 -w FOLDER/dir -P / --api-prefix=/k8s', ['/a.txt', '/k8s', '/k8s/healthz', '/healthz']],
  ['proxy --port=0 --keepalive=10s --address=127.0.0.1', ['/healthz']],
  ['proxy --port=0 --as=jane', ['/api/v1/nodes', '/healthz']],
];
