import type { Chance } from './chance.ts';

/** Names for command lines: few, so that lines refer to the same objects. */
export const names: Readonly<Record<string, readonly string[]>> = {
  pods: ['p1', 'p2', 'web-0'],
  deployments: ['web', 'api'],
  services: ['web', 'db'],
  configmaps: ['conf', 'app'],
  secrets: ['s1', 'token'],
  serviceaccounts: ['default', 'robot'],
  namespaces: ['default', 'team', 'kube-system'],
  nodes: ['node-1'],
  jobs: ['once'],
  cronjobs: ['tick'],
  statefulsets: ['db'],
  daemonsets: ['agent'],
  replicasets: ['rs'],
  ingresses: ['front'],
  roles: ['reader'],
  rolebindings: ['readers'],
  clusterroles: ['viewer', 'edit'],
  clusterrolebindings: ['viewers'],
  persistentvolumeclaims: ['data'],
  persistentvolumes: ['disk'],
  storageclasses: ['fast'],
  horizontalpodautoscalers: ['web'],
  networkpolicies: ['deny'],
  poddisruptionbudgets: ['web'],
  resourcequotas: ['small'],
  limitranges: ['limits'],
  priorityclasses: ['high', 'system-node-critical'],
  events: ['none'],
  leases: ['lock'],
  customresourcedefinitions: ['widgets.example.com'],
  'widgets.example.com': ['w1', 'w2'],
};

const shortNames: Readonly<Record<string, readonly string[]>> = {
  pods: ['po', 'pod'],
  deployments: ['deploy', 'deployment', 'deployments.apps', 'deployments.v1.apps'],
  services: ['svc', 'service'],
  configmaps: ['cm'],
  namespaces: ['ns'],
  nodes: ['no', 'node'],
  statefulsets: ['sts'],
  persistentvolumeclaims: ['pvc'],
  horizontalpodautoscalers: ['hpa', 'hpa.v1.autoscaling'],
  'widgets.example.com': ['widgets', 'widget', 'wd'],
  ingresses: ['ing'],
};

export const kinds = Object.keys(names);

export const kindWord = (chance: Chance, kind: string): string =>
  chance.of(0.4) && shortNames[kind] ? chance.pick(shortNames[kind]) : kind;

export const nameOf = (chance: Chance, kind: string): string =>
  chance.of(0.08) ? 'nosuch' : chance.pick(names[kind] ?? ['x']);

/** `KIND NAME`, `KIND/NAME`, several, all, or a label selector; without names for commands that accept that. */
export function target(chance: Chance, kind: string, { all = false } = {}): string {
  const word = kindWord(chance, kind);
  const roll = chance.next();
  if (all && roll < 0.3) return word;
  if (all && roll < 0.4) return `${word} -l ${selector(chance)}`;
  if (roll < 0.7) return `${word} ${nameOf(chance, kind)}`;
  if (roll < 0.9) return `${word}/${nameOf(chance, kind)}`;
  if (roll < 0.95) return `${word} ${nameOf(chance, kind)} ${nameOf(chance, kind)}`;
  return `${word}/${nameOf(chance, kind)} ${chance.pick(['cm', 'secret', 'svc'])}/${chance.pick(['conf', 's1', 'web'])}`;
}

const labels = ['app', 'tier', 'a', 'env', 'example.com/x', 'kubernetes.io/hostname', 'bad_/key/x'];
const values = ['web', 'db', '', 'prod', '1', 'true', 'a.b-c', 'bad value'];

export function selector(chance: Chance): string {
  const one = (): string => {
    const key = chance.pick(labels.slice(0, 6));
    const value = chance.pick(values.slice(0, 7));
    return chance.pick([
      `${key}=${value}`,
      `${key}==${value}`,
      `${key}!=${value}`,
      key,
      `!${key}`,
      `${key} in (${value},x)`,
      `${key} notin (${value})`,
      `${key}>1`,
      `${key}=${value}=x`,
      `${key} in ()`,
      '',
    ]);
  };
  return words(chance.some([one(), one(), one()], 1, 2).join(','));
}

/** Escapes a word: spaces, and the character that stands for a space. */
export const words = (text: string): string => text.replaceAll('_', '§').replaceAll(' ', '_');

export const pair = (chance: Chance): string =>
  words(
    chance.pick([
      `${chance.pick(labels)}=${chance.pick(values)}`,
      `${chance.pick(labels)}=${chance.pick(values)}`,
      `${chance.pick(labels)}-`,
      chance.pick(labels),
      '=x',
      'a=b=c',
    ]),
  );

const steps = [
  'metadata.name',
  'metadata.labels',
  'metadata.labels.app',
  'metadata.labels.example\\.com/x',
  'metadata.annotations',
  'metadata.namespace',
  'metadata.creationTimestamp',
  'spec',
  'spec.replicas',
  'spec.containers',
  'spec.containers[*].name',
  'spec.containers[0].image',
  'spec.containers[-1:].image',
  'spec.ports[*].port',
  'spec.template.spec.containers[0].name',
  'status',
  'status.phase',
  'status.conditions[?(@.type=="Ready")].status',
  'status.conditions[0]',
  'data',
  'data.a',
  'kind',
  'apiVersion',
  'nosuch',
  'spec.nosuch.deeper',
  'spec.selector',
  'spec..name',
  'spec.size',
  'rules[*].verbs',
  "metadata['name','namespace']",
  '*',
];

/** A random JSONPath template. */
export function jsonPath(chance: Chance): string {
  const step = (): string => chance.pick(steps);
  const base = chance.pick([
    '.items[*].',
    '.items[0].',
    '.',
    '.items[?(@.metadata.name=="web")].',
    '.items[1:].',
    '.items[::2].',
    '..',
  ]);
  return words(
    chance.pick([
      `{${base}${step()}}`,
      `{${base}${step()}}{"\\n"}`,
      `{${base}${step()}} and {${base}${step()}}`,
      `{range .items[*]}{.${step()}}{"\\t"}{.${step()}}{"\\n"}{end}`,
      `{range ${base.replace(/\.$/, '')}}[{.${step()}}]{end}`,
      `{.${step()}`,
      `.${step()}`,
      step(),
      `{${base}${step()}${chance.pick(['[0]', '[*]', '[-1]', '[5]', '[0:1]', '[?(@.name)]', '[?(@.port>79)]', '[?(@.name=="web")]', '[a]', '['])}}`,
      '{}',
      `{@}`,
      `{.kind}{'x'}{.metadata.name}`,
      `{range .items[*]}{range .spec.containers[*]}{.name}={.image} {end}{end}`,
      `{.items[?(@.${step()})].metadata.name}`,
      `{.items[?(@.spec.replicas${chance.pick(['>', '<', '>=', '==', '!='])}${chance.pick(['1', '2', '"a"', 'true'])})].metadata.name}`,
      '',
    ]),
  );
}

const goSteps = steps.filter((step) => /^[a-zA-Z.]+$/.test(step) && !step.includes('..'));

/** A random Go template. */
export function goTemplate(chance: Chance): string {
  const step = (): string => `.${chance.pick(goSteps)}`;
  return words(
    chance.pick([
      `{{${step()}}}`,
      `{{range .items}}{{${step()}}} {{end}}`,
      `{{range $i, $e := .items}}{{$i}}={{$e${step()}}},{{else}}none{{end}}`,
      `{{range $k, $v := ${step()}}}{{$k}}:{{$v}} {{end}}`,
      `{{if ${step()}}}yes{{else}}no{{end}}`,
      `{{with ${step()}}}{{.}}{{end}}`,
      `{{len ${step()}}}`,
      `{{index ${step()} ${chance.pick(['"app"', '0', '"nosuch"'])}}}`,
      `{{printf "%${chance.pick(['s', 'v', 'd', 'q', '5s', '-5v|', 'T', 'x'])}" ${step()}}}`,
      `{{${step()} | ${chance.pick(['len', 'html', 'js', 'urlquery', 'print', 'base64decode', 'nosuch', 'not'])}}}`,
      `{{eq ${step()} ${chance.pick(['"web"', '1', 'true'])}}}`,
      `{{${chance.pick(['lt', 'gt', 'and', 'or', 'exists', 'slice'])} ${step()} ${chance.pick(['1', '"a"', '"name"'])}}}`,
      `{{define "x"}}[{{.}}]{{end}}{{template "x" ${step()}}}`,
      `{{- ${step()} -}} x`,
      '{{',
      `{{${step()}`,
      `{{/* c */}}{{"${chance.pick(['a', '\\n', '\\"'])}"}}`,
      `{{$x := ${step()}}}{{$x}}`,
      '{{end}}',
    ]),
  );
}

export function columns(chance: Chance): string {
  const one = (): string =>
    chance.pick([
      `${chance.pick(['NAME', 'A', 'x y', ''])}:.${chance.pick(steps)}`,
      `N:{.${chance.pick(steps)}}`,
      `N:${chance.pick(steps)}`,
      'BAD',
      ':',
      'A:.metadata.name:x',
    ]);
  return words(chance.some([one(), one(), one()], 1, 3).join(','));
}

export const sortKey = (chance: Chance): string =>
  words(chance.pick([`.${chance.pick(steps)}`, `{.${chance.pick(steps)}}`, chance.pick(steps), '.metadata.uid', '']));

export function output(chance: Chance): string {
  return chance.pick([
    '-o name',
    '-o wide',
    '-o json',
    '-o yaml',
    '-o kyaml',
    `-o jsonpath=${jsonPath(chance)}`,
    `-o jsonpath=${jsonPath(chance)}`,
    `-o jsonpath-as-json=${jsonPath(chance)}`,
    `-o go-template=${goTemplate(chance)}`,
    `-o go-template=${goTemplate(chance)}`,
    `-o custom-columns=${columns(chance)}`,
    `-o custom-columns=${columns(chance)}`,
    '-o nosuch',
    '-o custom-columns',
    '-o jsonpath',
    '--template={{.kind}}',
  ]);
}
