import type { Namespace, Pod, Toleration } from '@typernetes/api/core/v1';
import type { Configuration } from '@typernetes/api/podtolerationrestriction.config/v1alpha1';
import { badRequest, jsonEqual, parseSelector } from '@typernetes/machinery';
import type { ObjectSource } from '../../object-source.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
import { refusal, targetOf } from '../request-target.ts';

type Labels = Readonly<Record<string, string>>;

const nodeSelectorAnnotation = 'scheduler.alpha.kubernetes.io/node-selector';

/** Pods of a namespace run only on the nodes that the namespace's annotation, or the configuration, selects. */
export function podNodeSelector(deps: {
  readonly namespaces: ObjectSource<Namespace>;
  /** By namespace; `clusterDefaultNodeSelector` for those without an annotation. */
  readonly selectors: Labels;
}): AdmissionPlugin {
  const wantedFor = async (namespace: string): Promise<Labels> => {
    const annotation = (await deps.namespaces.get(namespace))?.metadata.annotations?.[nodeSelectorAnnotation];
    return labelsOf(annotation ?? deps.selectors.clusterDefaultNodeSelector ?? '');
  };
  const check = async (request: AdmissionRequest): Promise<Labels> => {
    const own = (request.object as Pod).spec.nodeSelector ?? {};
    const wanted = await wantedFor(request.namespace);
    if (Object.entries(wanted).some(([key, value]) => own[key] !== undefined && own[key] !== value))
      throw refusal(request, 'pod node label selector conflicts with its namespace node label selector');
    return wanted;
  };
  return {
    name: 'PodNodeSelector',
    concerns: (request) => request.operation === 'CREATE' && targetOf(request) === 'pods',
    admit: async (request) => {
      const wanted = await check(request);
      const { spec } = request.object as Pod;
      if (Object.keys(wanted).length > 0) spec.nodeSelector = { ...wanted, ...spec.nodeSelector };
    },
    validate: async (request) => {
      await check(request);
      const allowed = labelsOf(deps.selectors[request.namespace] ?? '');
      const own = Object.entries((request.object as Pod).spec.nodeSelector ?? {});
      if (Object.keys(allowed).length > 0 && own.some(([key, value]) => allowed[key] !== value))
        throw refusal(request, 'pod node label selector labels conflict with its namespace whitelist');
    },
  };
}

/** `a=b,c=d`; other selectors cannot be put on a pod. */
function labelsOf(text: string): Labels {
  return Object.fromEntries(
    parseSelector(text).requirements.map(({ key, operator, values }) => {
      if (!['=', '==', 'in'].includes(operator) || values.length !== 1)
        throw badRequest(`invalid selector: ${JSON.stringify(text)}`);
      return [key, values[0] as string];
    }),
  );
}

const defaultsAnnotation = 'scheduler.alpha.kubernetes.io/defaultTolerations';
const whitelistAnnotation = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist';

/** Adds the namespace's default tolerations to pods, and refuses tolerations outside its allowlist. */
export function podTolerationRestriction(deps: {
  readonly namespaces: ObjectSource<Namespace>;
  readonly config: Configuration | undefined;
}): AdmissionPlugin {
  return {
    name: 'PodTolerationRestriction',
    concerns: (request) =>
      (request.operation === 'CREATE' || request.operation === 'UPDATE') && targetOf(request) === 'pods',
    admit: async (request) => {
      if (request.operation !== 'CREATE') return;
      const { spec } = request.object as Pod;
      const annotations = (await deps.namespaces.get(request.namespace))?.metadata.annotations;
      const extra = tolerationsOf(annotations, defaultsAnnotation) ?? deps.config?.default ?? [];
      const merged = mergeTolerations(extra, spec.tolerations ?? []);
      if (merged.length > 0) spec.tolerations = merged;
    },
    validate: async (request) => {
      const { tolerations = [] } = (request.object as Pod).spec;
      const annotations = (await deps.namespaces.get(request.namespace))?.metadata.annotations;
      // An empty list in the annotation is a list: nothing is allowed.
      const allowed = tolerationsOf(annotations, whitelistAnnotation) ?? deps.config?.whitelist ?? [];
      const isStated = annotations?.[whitelistAnnotation] !== undefined && annotations[whitelistAnnotation] !== '';
      if (tolerations.length === 0 || (allowed.length === 0 && !isStated)) return;
      if (!tolerations.every((one) => allowed.some((wider) => covers(wider, one))))
        throw refusal(
          request,
          'pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist',
        );
    },
  };
}

function tolerationsOf(annotations: Labels | undefined, key: string): Toleration[] | undefined {
  const text = annotations?.[key];
  if (!text) return undefined;
  try {
    return JSON.parse(text) as Toleration[];
  } catch (error) {
    throw badRequest(String(error));
  }
}

function mergeTolerations(extra: readonly Toleration[], own: readonly Toleration[]): Toleration[] {
  const all = [...extra, ...own];
  return all.filter(
    (one, i) => !all.some((other, j) => i !== j && covers(other, one) && (j < i || !covers(one, other))),
  );
}

/** Whether everything that `narrow` tolerates is tolerated by `wide`. */
export function covers(wide: Toleration, narrow: Toleration): boolean {
  if (jsonEqual(wide, narrow)) return true;
  if ((wide.key && wide.key !== narrow.key) || (wide.effect && wide.effect !== narrow.effect)) return false;
  if (
    wide.tolerationSeconds !== undefined &&
    (narrow.tolerationSeconds ?? Number.POSITIVE_INFINITY) > wide.tolerationSeconds
  )
    return false;
  if (wide.operator === 'Exists') return true;
  return narrow.operator !== 'Exists' && (wide.value ?? '') === (narrow.value ?? '') && Boolean(wide.key);
}
