import type { SchedulerPlugin, WeightedPlugin } from './plugin.ts';

/** The framework's extension points that plugins are enabled at, in the configuration's spelling. */
export const extensionPoints = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const;

export type ExtensionPoint = (typeof extensionPoints)[number];

/** One scheduling configuration, chosen by a pod's spec.schedulerName. */
export interface Profile {
  readonly schedulerName: string;
  /** 0 adapts to the size of the cluster. */
  readonly percentageOfNodesToScore?: number;
  /** Which plugins run at which point, in order. */
  readonly at: Readonly<Record<Exclude<ExtensionPoint, 'score'>, readonly SchedulerPlugin[]>> & {
    readonly score: readonly WeightedPlugin[];
  };
}

/** The points that a plugin has something to do at. */
export function pointsOf(plugin: SchedulerPlugin): readonly ExtensionPoint[] {
  const does: Record<ExtensionPoint, boolean> = {
    preEnqueue: plugin.gate !== undefined,
    queueSort: plugin.compare !== undefined,
    preFilter: plugin.prepare !== undefined,
    filter: plugin.filter !== undefined,
    postFilter: plugin.postFilter !== undefined,
    preScore: plugin.prepareScore !== undefined,
    score: plugin.score !== undefined,
    reserve: plugin.reserve !== undefined,
    permit: plugin.permit !== undefined,
    preBind: plugin.preBind !== undefined,
    bind: plugin.bind !== undefined,
    postBind: plugin.postBind !== undefined,
  };
  return extensionPoints.filter((point) => does[point]);
}

/** A profile with every plugin at every point that it knows. */
export function profileOf(schedulerName: string, plugins: readonly WeightedPlugin[]): Profile {
  const at = (point: ExtensionPoint): SchedulerPlugin[] =>
    plugins.map(({ plugin }) => plugin).filter((plugin) => pointsOf(plugin).includes(point));
  return {
    schedulerName,
    at: {
      preEnqueue: at('preEnqueue'),
      queueSort: at('queueSort'),
      preFilter: at('preFilter'),
      filter: at('filter'),
      postFilter: at('postFilter'),
      preScore: at('preScore'),
      score: plugins.filter(({ plugin }) => plugin.score !== undefined),
      reserve: at('reserve'),
      permit: at('permit'),
      preBind: at('preBind'),
      bind: at('bind'),
      postBind: at('postBind'),
    },
  };
}

/** Every plugin of a profile once. */
export function pluginsOf(profile: Profile): ReadonlySet<SchedulerPlugin> {
  const { score, ...others } = profile.at;
  return new Set([...Object.values(others).flat(), ...score.map(({ plugin }) => plugin)]);
}
