import type { Chance } from './chance.ts';
import {
  columns,
  jsonPath,
  kinds,
  kindWord,
  nameOf,
  output,
  pair,
  selector,
  sortKey,
  target,
  words,
} from './kubectl-words.ts';

type Line = (chance: Chance) => string;

const some = (chance: Chance, flags: readonly string[], most = 2): string =>
  chance
    .some(flags, 0, most)
    .map((flag) => ` ${flag}`)
    .join('');

const place = ['-n team', '-n default', '-A', '-n nosuch', '--namespace=team'];
const dry = ['--dry-run=client', '--dry-run=server', '--dry-run=none', '--dry-run', '--dry-run=x'];
const made = ['-o yaml', '-o name', '-o json', '--save-config', '--field-manager=m', ...dry];
const workloads = ['deployments', 'statefulsets', 'daemonsets', 'replicasets', 'pods', 'jobs', 'cronjobs'];

const patch = (chance: Chance): string => {
  const [type, text] = chance.pick([
    ['strategic', '{"metadata":{"labels":{"a":"b"}}}'],
    ['strategic', '{"spec":{"replicas":3}}'],
    ['strategic', '{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"x:2"}]}}}}'],
    ['merge', '{"data":{"a":null,"n":"1"}}'],
    ['merge', '{"spec":{"replicas":"x"}}'],
    ['merge', 'spec: {paused: true}'],
    ['json', '[{"op":"replace","path":"/metadata/labels","value":{"x":"y"}}]'],
    ['json', '[{"op":"remove","path":"/nosuch"}]'],
    ['json', '[{"op":"test","path":"/kind","value":"Pod"}]'],
    ['json', '{"a":1}'],
    ['merge', '{'],
    ['x', '{}'],
    ['merge', ''],
    ['strategic', '{"metadata":{"name":"other"}}'],
  ] as const);
  return `--type=${type} -p ${words(text)}`;
};

const generators: Readonly<Record<string, Line>> = {
  configmap: (c) =>
    `configmap ${nameOf(c, 'configmaps')}${some(c, ['--from-literal=a=1', '--from-literal=b', '--from-literal=c=d=e', '--from-literal==x', '--from-file=FOLDER/f.txt', '--from-file=k=FOLDER/f.txt', '--from-file=FOLDER/nosuch', '--from-env-file=FOLDER/e.env', '--append-hash'], 3)}`,
  secret: (c) =>
    `secret ${c.pick(['generic', 'tls', 'docker-registry', 'x'])} ${nameOf(c, 'secrets')}${some(c, ['--from-literal=a=1', '--type=t', '--cert=FOLDER/f.txt', '--key=FOLDER/f.txt', '--docker-username=u', '--docker-password=p', '--docker-server=s', '--append-hash'], 4)}`,
  deployment: (c) =>
    `deployment ${nameOf(c, 'deployments')}${some(c, ['--image=nginx', '--image=a:1', '--image=b', '--replicas=2', '--replicas=-1', '--port=80', '--port=x'], 4)}${c.of(0.3) ? ' -- sh -c x' : ''}`,
  service: (c) =>
    `service ${c.pick(['clusterip', 'nodeport', 'loadbalancer', 'externalname', 'x'])} ${nameOf(c, 'services')}${some(c, ['--tcp=80', '--tcp=80:8080', '--tcp=x', '--tcp=80:http', '--clusterip=None', '--node-port=30001', '--external-name=e.com', '--tcp=99999'], 3)}`,
  job: (c) =>
    `job ${nameOf(c, 'jobs')}${some(c, ['--image=busybox', '--from=cronjob/tick', '--from=x', '--from=cronjob/nosuch'], 2)}${c.of(0.3) ? ' -- date' : ''}`,
  cronjob: (c) =>
    `cronjob ${nameOf(c, 'cronjobs')}${some(c, ['--image=busybox', '--schedule=*/1_*_*_*_*', '--schedule=x', '--restart=Never', '--restart=x'], 3)}`,
  role: (c) =>
    `${c.pick(['role reader', 'clusterrole viewer'])}${some(c, ['--verb=get', '--verb=get,list', '--verb=x', '--resource=pods', '--resource=pods,deployments.apps', '--resource=nosuch', '--resource=pods/log', '--resource-name=a', '--non-resource-url=/x', '--aggregation-rule=a=b'], 4)}`,
  rolebinding: (c) =>
    `${c.pick(['rolebinding readers', 'clusterrolebinding viewers'])}${some(c, ['--role=reader', '--clusterrole=viewer', '--user=u', '--group=g', '--serviceaccount=team:robot', '--serviceaccount=x'], 4)}`,
  ingress: (c) =>
    `ingress front${some(c, ['--rule=a.com/=web:80', '--rule=/x*=web:http', '--rule=a.com/x=web:80,tls=s', '--rule=x', '--default-backend=web:80', '--class=c', '--annotation=a=b', '--rule=a.com/p=web'], 3)}`,
  quota: (c) => `quota small${some(c, ['--hard=cpu=1,pods=2', '--hard=x', '--scopes=BestEffort', '--scopes=x'], 3)}`,
  pdb: (c) =>
    `poddisruptionbudget web${some(c, ['--selector=app=web', '--min-available=1', '--min-available=50%', '--max-unavailable=1', '--min-available=x', '--selector=!!'], 3)}`,
  priorityclass: (c) =>
    `priorityclass high${some(c, ['--value=10', '--global-default', '--description=d', '--preemption-policy=Never', '--preemption-policy=x', '--value=x'], 3)}`,
  serviceaccount: (c) => `serviceaccount ${nameOf(c, 'serviceaccounts')}`,
  namespace: (c) => `namespace ${nameOf(c, 'namespaces')}`,
  token: (c) =>
    `token robot${some(c, ['--duration=1h', '--duration=1s', '--audience=a', '--bound-object-kind=Pod', '--bound-object-name=p1', '--bound-object-kind=x'], 2)}`,
};

const waits = [
  '--for=delete',
  '--for=create',
  '--for=condition=Ready',
  '--for=condition=Available=true',
  '--for=condition=Nosuch=False',
  '--for=condition',
  '--for=jsonpath={.status.phase}=Running',
  '--for=jsonpath={.metadata.name}',
  '--for=jsonpath={.nosuch}=x',
  '--for=jsonpath=.kind=Pod',
  '--for=jsonpath={.metadata.name}=web',
  '--for=x',
  '--for=',
];

const lines: Readonly<Record<string, Line>> = {
  get: (c) => {
    const kind = c.pick(kinds);
    const one = target(c, kind, { all: true });
    return `get ${one}${some(c, [...place, '--show-labels', '--no-headers', '-L app', '--show-kind', '--ignore-not-found', '--chunk-size=1', '--show-managed-fields', '--field-selector=metadata.name=web', '--field-selector=status.phase=Running', '--field-selector=x', '--field-selector=nosuch=1', '--subresource=status', '--subresource=scale', '--subresource=x', `--sort-by=${sortKey(c)}`, `-l ${selector(c)}`, '--output-watch-events', '--allow-missing-template-keys=false', '--server-print=false'])}${c.of(0.7) ? ` ${output(c)}` : ''}`;
  },
  several: (c) =>
    `get ${c.some(kinds, 2, 3).join(',')}${some(c, [...place, '--show-labels', `--sort-by=${sortKey(c)}`, '--no-headers', '-o name', '-o wide', '--ignore-not-found', `-o jsonpath=${jsonPath(c)}`, `-o custom-columns=${columns(c)}`])}`,
  create: (c) => `create ${(generators[c.pick(Object.keys(generators))] as Line)(c)}${some(c, [...made, '-n team'])}`,
  run: (c) =>
    `run ${nameOf(c, 'pods')}${some(c, ['--image=nginx', '--image=x', '--restart=Never', '--restart=x', '--port=80', '--env=A=b', '--env=x', '--labels=app=web,tier=x', '--command', '--expose', '--overrides={"spec":{"hostNetwork":true}}', '--overrides={', '--override-type=json', '--privileged', '--annotations=a=b', ...made], 5)}${c.of(0.3) ? ' -- sh -c x' : ''}`,
  label: (c) =>
    `label ${target(c, c.pick(kinds), { all: true })} ${c.some([pair(c), pair(c), pair(c)], 0, 2).join(' ')}${some(c, ['--overwrite', '--list', '--all', '--resource-version=1', '-n team', '--local', ...made])}`,
  annotate: (c) =>
    `annotate ${target(c, c.pick(kinds), { all: true })} ${c.some([pair(c), pair(c)], 0, 2).join(' ')}${some(c, ['--overwrite', '--list', '--all', '-n team', ...made])}`,
  taint: (c) =>
    `taint ${c.pick(['node', 'nodes', 'no', 'pods'])} ${nameOf(c, 'nodes')} ${c.pick(['a=b:NoSchedule', 'a:NoExecute', 'a=b:X', 'a-', 'a:NoSchedule-', 'a=b', '=x:NoSchedule', 'a=b:NoSchedule,c=d:NoSchedule', 'x/y=z:PreferNoSchedule'])}${some(c, ['--overwrite', '--all', ...made])}`,
  patch: (c) =>
    `patch ${target(c, c.pick(kinds))} ${patch(c)}${some(c, ['-n team', '--subresource=status', '--subresource=scale', '--local', ...made])}`,
  scale: (c) =>
    `scale ${target(c, c.pick([...workloads, 'configmaps', 'widgets.example.com']), { all: true })}${some(c, ['--replicas=2', '--replicas=0', '--replicas=-1', '--replicas=x', '--current-replicas=1', '--current-replicas=2', '--resource-version=1', '--all', '--timeout=1s', ...made], 3)}`,
  expose: (c) =>
    `expose ${target(c, c.pick([...workloads, 'services', 'configmaps']))}${some(c, ['--port=80', '--port=80,443', '--target-port=http', '--target-port=8080', '--name=db', '--type=NodePort', '--type=x', '--protocol=UDP', '--selector=a=b', '--external-ip=1.2.3.4', '--cluster-ip=None', '--session-affinity=ClientIP', '--load-balancer-ip=x', '--labels=a=b', ...made], 4)}`,
  autoscale: (c) =>
    `autoscale ${target(c, c.pick(['deployments', 'statefulsets', 'configmaps']))}${some(c, ['--max=5', '--min=2', '--max=1', '--min=x', '--cpu=50%', '--cpu=100m', '--memory=1Gi', '--cpu-percent=80', '--name=h', ...made], 4)}`,
  set: (c) =>
    `set ${c.pick([`image ${target(c, c.pick(workloads))} ${c.pick(['c=x:2', '*=y', 'nosuch=z', 'c', 'c=', 'c=a,d=b'])}`, `env ${target(c, c.pick(workloads))} ${c.pick(['A=b', 'A-', '--list', '--from=configmap/conf', '--from=secret/s1 --prefix=P_', 'A', '--env=B=c', 'A=b --overwrite=false', '--from=cm/nosuch', 'A=b -c nosuch'])}`, `resources ${target(c, c.pick(workloads))} ${c.pick(['--limits=cpu=1', '--requests=memory=1Gi,cpu=x', '--limits=x', '', '--limits=cpu=1 -c c', '--limits=cpu=0'])}`, `serviceaccount ${target(c, c.pick(workloads))} robot`, `selector ${target(c, c.pick(['services', 'deployments']))} ${c.pick(['a=b', 'x', 'a in (b)'.replaceAll(' ', '_')])}`, `subject ${c.pick(['rolebinding/readers', 'clusterrolebinding viewers', 'role/reader'])} ${c.pick(['--user=x', '--serviceaccount=a:b', '--group=g', '--serviceaccount=a', ''])}`, 'x'])}${some(c, ['--all', '--local', '-n team', ...made])}`,
  rollout: (c) =>
    `rollout ${c.pick(['history', 'pause', 'resume', 'restart', 'status --timeout=1s', 'status --watch=false', 'undo', 'undo --to-revision=1', 'undo --to-revision=9', 'history --revision=1', 'history --revision=7', 'x'])} ${target(c, c.pick([...workloads, 'services']))}${some(c, ['-n team', '-o yaml', '-o name', '--dry-run=client'], 1)}`,
  explain: (c) =>
    `explain ${words(c.pick([`${kindWord(c, c.pick(kinds))}`, `${kindWord(c, c.pick(kinds))}.spec`, `${kindWord(c, c.pick(kinds))}.metadata.labels`, `${kindWord(c, c.pick(kinds))}.spec.template.spec.containers.env`, `${kindWord(c, c.pick(kinds))}.status.conditions`, `${kindWord(c, c.pick(kinds))}.nosuch`, 'pods.spec.volumes.projected.sources', 'po.spec.containers.', '.spec', 'pods.spec.affinity', 'nosuch', 'crd.spec.versions.schema.openAPIV3Schema', 'hpa.spec.metrics']))}${some(c, ['--recursive', '--api-version=apps/v1', '--api-version=x', '--output=plaintext-openapiv2', '--output=x', '--api-version=autoscaling/v1'], 2)}`,
  describe: (c) =>
    `describe ${target(c, c.pick(kinds), { all: true })}${some(c, [...place, '--show-events=false', '--chunk-size=1', '--all-namespaces'], 1)}`,
  wait: (c) =>
    `wait ${target(c, c.pick(kinds), { all: true })} ${words(c.pick(waits))} --timeout=${c.pick(['1s', '0', '1ms', '-1s', 'x'])}${some(c, ['--all', '-n team', '-o name', '-o yaml', '-A'], 1)}`,
  apply: (c) =>
    `apply -f FOLDER/${c.pick(['a.yaml', 'b.yaml', 'list.yaml', 'bad.yaml', 'widget.yaml', 'nosuch.yaml', 'dup.yaml', 'a.json'])}${some(c, ['--server-side', '--force-conflicts', '--prune -l app=x', '--prune --all', '--field-manager=m', '--validate=false', '--validate=strict', '--validate=warn', '--overwrite=false', '-R', '--force', '-n team', '--wait', '--openapi-patch=false', '--prune-allowlist=core/v1/ConfigMap', ...made], 3)}`,
  replace: (c) =>
    `replace -f FOLDER/${c.pick(['a.yaml', 'b.yaml', 'list.yaml', 'bad.yaml', 'widget.yaml', 'nosuch.yaml'])}${some(c, ['--force', '--save-config', '--cascade=orphan', '--grace-period=0', '-n team', ...made])}`,
  diff: (c) =>
    `diff -f FOLDER/${c.pick(['a.yaml', 'b.yaml', 'list.yaml', 'bad.yaml', 'widget.yaml', 'nosuch.yaml'])}${some(c, ['--server-side', '--show-managed-fields', '--prune -l app=x', '--field-manager=m', '--force-conflicts', '-n team', '--concurrency=2'], 2)}`,
  lastApplied: (c) =>
    `apply ${c.pick(['view-last-applied', 'set-last-applied -f FOLDER/a.yaml', 'view-last-applied -f FOLDER/a.yaml'])} ${c.of(0.7) ? target(c, c.pick(['configmaps', 'deployments', 'widgets.example.com'])) : ''}${some(c, ['-o json', '-o x', '--create-annotation', '--all', '-n team'], 1)}`,
  delete: (c) =>
    `delete ${target(c, c.pick(['pods', 'configmaps', 'secrets', 'jobs', 'services', 'deployments', 'roles', 'widgets.example.com']), { all: true })}${some(c, ['--dry-run=client', '--dry-run=server', '--ignore-not-found', '--grace-period=0', '--force', '--cascade=orphan', '--cascade=x', '--wait=false', '--now', '-o name', '-o yaml', '--all', '--field-selector=metadata.name=p1', '-n team', '--timeout=5s'], 2)}`,
  deleteFiles: (c) =>
    `delete -f FOLDER/${c.pick(['a.yaml', 'b.yaml', 'list.yaml', 'nosuch.yaml', 'bad.yaml'])}${some(c, ['--dry-run=client', '--ignore-not-found', '--wait=false', '-n team', '-o name'], 2)}`,
  drain: (c) =>
    `${c.pick(['drain', 'cordon', 'uncordon'])} ${c.pick(['node-1', 'nosuch', 'node/node-1', '-l a=b', ''])}${some(c, ['--force', '--ignore-daemonsets', '--delete-emptydir-data', '--dry-run=client', '--dry-run=server', '--disable-eviction', '--pod-selector=app=x', '--grace-period=0', '--timeout=5s', '--pod-selector=!!'], 2)}`,
  can: (c) =>
    `auth can-i ${c.pick(['get', 'list', 'create', '*', 'use', 'x', 'impersonate', ''])} ${c.pick(['pods', 'pods/log', 'deployments.apps', 'nosuch', '/healthz', 'pods/p1', '*', 'nodes', 'users', ''])}${some(c, [...place, '--as=jane', '--as=system:serviceaccount:team:robot', '-q', '--subresource=log', '--list', '--no-headers', '--list -o json'], 2)}`,
  events: (c) =>
    `events${some(c, [...place, '--for=pod/p1', '--for=x', '--types=Warning', '--types=x', '--no-headers', '-o name', '-o x', '--for=nosuch/x'], 2)}`,
  resources: (c) =>
    `api-resources${some(c, ['--api-group=apps', '--namespaced=false', '--verbs=list,delete', '-o name', '-o wide', '--sort-by=kind', '--sort-by=x', '--categories=all', '--no-headers', '--api-group=x', '--cached', '-o json'], 3)}`,
  raw: (c) =>
    `${c.pick(['get', 'delete', 'create', 'replace'])} --raw ${words(c.pick(['/api/v1/namespaces/default/pods/nosuch', '/version', '/apis/apps', '/nosuch', 'api', '/healthz?x=y', '/api/v1/nodes?limit=1&labelSelector=a', '/readyz/ping', '//x']))}${some(c, ['-o json', '-f FOLDER/a.yaml', '-f FOLDER/nosuch'], 1)}`,
  logs: (c) =>
    `logs ${c.pick(['p1', 'deploy/web', 'nosuch', '-l app=web', 'job/once', 'svc/web', ''])}${some(c, ['--tail=1', '--tail=x', '--since=1h', '--since=x', '--previous', '-c c', '-c nosuch', '--all-containers', '--prefix', '--timestamps', '--limit-bytes=10', '--since-time=x', '--max-log-requests=1', '--since=1s --since-time=2020-01-01T00:00:00Z'], 2)}`,
  certificate: (c) => `certificate ${c.pick(['approve', 'deny', 'x'])} ${c.pick(['nosuch', '', '-f FOLDER/a.yaml'])}`,
  config: (c) =>
    `config ${c.pick(['view', 'view --minify', 'view --raw -o json', `view -o jsonpath=${jsonPath(c)}`, 'get-contexts', 'get-contexts nosuch', 'get-contexts -o name', 'current-context', 'get-clusters', 'get-users', 'use-context nosuch', 'rename-context a b', 'delete-cluster nosuch', 'set x y', 'unset users.nosuch', 'x'])}`,
  // Those that end at once: others last as long as they may.
  watch: (c) =>
    `get ${c.pick([c.some(kinds, 2, 2).join(','), `${kindWord(c, c.pick(kinds))} nosuch`, `${kindWord(c, c.pick(kinds))} -l a=b=c`, `pods --field-selector=x`, `cm/conf secret/s1`, ''])} ${c.pick(['-w', '--watch', '--watch-only'])}${some(c, [...place, '--output-watch-events', '--ignore-not-found', '--no-headers', '--show-kind', '--server-print=false', `--sort-by=${sortKey(c)}`, output(c)])}`,
  cordon: (c) =>
    `${c.pick(['cordon', 'uncordon'])} ${c.pick(['', nameOf(c, 'nodes'), 'node/node-1', 'node-1 nosuch', `-l ${selector(c)}`])}${some(c, dry, 1)}`,
  top: (c) =>
    `top ${c.pick(['pod', 'pods', 'node', 'no'])}${c.of(0.3) ? ` ${nameOf(c, 'pods')}` : ''}${some(c, [...place, '--containers', '--sort-by=cpu', '--sort-by=x', '--sum', '--no-headers', '--show-capacity', '--show-swap', `-l ${selector(c)}`, '--field-selector=x'], 3)}`,
  kuberc: (c) =>
    `alpha kuberc ${c.pick(['view', 'view', 'set --section=aliases', 'set --section=defaults', 'set --section=credentialplugin', 'set --section=x', 'set'])} --kuberc=FOLDER/${c.pick(['kuberc', 'kuberc', 'f.txt', 'nosuch/x'])}${some(c, ['--name=gx', '--name=get', '--name=a§b', '--command=get', '--command=set_image', '--command=nosuch', '--option=output=wide', '--option=output', '--prependarg=pods', '--appendarg=x', '--overwrite', '--policy=DenyAll', '--policy=Allowlist', '--allowlist-entry=name=x', '-o json', '-o name'], 5)}`,
  debug: (c) =>
    `debug ${c.pick(['p1', 'pod/p1', 'node/node-1', 'nosuch', 'deploy/web', '-f FOLDER/nosuch.yaml'])}${some(c, ['--image=busybox', '--copy-to=other', '--container=dbg', '--target=c', '--profile=general', '--profile=x', '--set-image=c=x', '--same-node', '--env=A=b', '--attach=false', '--share-processes', '--replace', '--image-pull-policy=Never', '--keep-labels', '-q'], 5)}`,
  streams: (c) =>
    `${c.pick(['exec', 'attach', 'port-forward', 'cp'])} ${c.pick([nameOf(c, 'pods'), 'deploy/web', 'svc/web', 'cm/conf', 'job/once', 'nosuch/x', ''])} ${c.pick(['', '80', '80:http', ':x', '-- date', 'p1:/x', 'a:b:c'])}${some(c, ['-c c', '-c nosuch', '-n nosuch', '--pod-running-timeout=1ms', '--pod-running-timeout=0s', '--address=x', '-q'], 2)}`,
  plugin: (c) =>
    c.pick([
      'plugin list',
      'plugin',
      'version --client',
      'version -o json --client',
      'version -o x',
      'cluster-info',
      'cluster-info x',
      'options',
      'top pod',
      'top node',
      'api-versions',
      'completion x',
      'nosuch',
      'get',
      'describe',
      'create',
      'set',
      'cp a b',
      'attach nosuch',
      'exec nosuch -- x',
      'port-forward nosuch 80',
      'debug nosuch',
      'auth whoami',
      'auth whoami -o yaml',
      'auth reconcile -f FOLDER/rbac.yaml',
      'auth reconcile -f FOLDER/rbac.yaml --dry-run=client',
      'kustomize FOLDER',
      'kustomize',
      'edit cm nosuch',
      'proxy --port=x',
    ]),
};

/** The forms of a line, all equally likely, except that reads are more likely. */
const forms = [...Object.keys(lines), 'get', 'get', 'get', 'several', 'create', 'apply', 'patch', 'describe'];

/**
 * A command line without `kubectl`: `_` in a word stands for a space, `§` for `_`, FOLDER for a directory of manifests.
 */
export function commandLine(chance: Chance): string {
  const form = chance.pick(forms);
  return (lines[form] as Line)(chance).trim().replace(/ +/g, ' ');
}
