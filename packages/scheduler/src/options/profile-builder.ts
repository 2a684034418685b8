import type { KubeSchedulerProfile, PluginSet } from '@typernetes/api/kubescheduler.config/v1';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import type { PluginHandle } from '../framework/plugin-handle.ts';
import { type ExtensionPoint, extensionPoints, type Profile, pointsOf } from '../framework/profile.ts';
import { type PluginArgs, type PluginEntry, pluginEntries } from '../plugins/default-plugins.ts';

interface Enabled {
  readonly name: string;
  readonly weight: number;
}

/**
 * The plugins of a profile at each point. Upstream's merge: the defaults are `multiPoint` plugins, less those disabled there, with
 * those enabled there put in their place or behind; a point's own `enabled` come first and win over the rest, its `disabled` take
 * away what `multiPoint` would add.
 */
export function buildProfile(
  profile: KubeSchedulerProfile,
  handle: PluginHandle,
  entries: readonly PluginEntry[] = pluginEntries,
): Profile {
  const schedulerName = profile.schedulerName || 'default-scheduler';
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const args: PluginArgs = Object.fromEntries((profile.pluginConfig ?? []).map((one) => [one.name, one.args]));
  const made = new Map<string, SchedulerPlugin>();
  const pluginOf = (name: string): SchedulerPlugin => {
    const entry = byName.get(name);
    if (!entry)
      throw new Error(
        `initializing profiles: creating profile for scheduler name ${schedulerName}: plugin "${name}" does not exist`,
      );
    const plugin = made.get(name) ?? entry.make(args, handle);
    made.set(name, plugin);
    return plugin;
  };
  const weightOf = (name: string, weight: number | undefined): number => weight || byName.get(name)?.weight || 1;
  const everywhere = merged(
    entries.map(({ name, weight }) => ({ name, weight })),
    profile.plugins?.multiPoint,
  );
  const at = (point: ExtensionPoint): { plugin: SchedulerPlugin; weight: number }[] => {
    const set = profile.plugins?.[point];
    const own = (set?.enabled ?? []).map(({ name, weight }) => ({ name, weight: weight ?? 0 }));
    for (const { name } of own) {
      if (!pointsOf(pluginOf(name)).includes(point))
        throw new Error(
          `initializing profiles: creating profile for scheduler name ${schedulerName}: plugin "${name}" does not extend ${point} plugin`,
        );
    }
    const named = new Set(own.map(({ name }) => name));
    const disabled = new Set((set?.disabled ?? []).map(({ name }) => name));
    const rest = everywhere.filter(
      ({ name }) =>
        !named.has(name) && !disabled.has('*') && !disabled.has(name) && pointsOf(pluginOf(name)).includes(point),
    );
    // A plugin in both lists keeps its place among the defaults and the weight of the point.
    const overridden = everywhere.flatMap(({ name }) => own.filter((one) => one.name === name));
    const added = own.filter(({ name }) => !everywhere.some((one) => one.name === name));
    return [...overridden, ...added, ...rest].map(({ name, weight }) => ({
      plugin: pluginOf(name),
      weight: weightOf(name, weight),
    }));
  };
  const plain = (point: ExtensionPoint): SchedulerPlugin[] => at(point).map(({ plugin }) => plugin);
  const score = at('score');
  const others = Object.fromEntries(
    extensionPoints.filter((point) => point !== 'score').map((point) => [point, plain(point)]),
  ) as unknown as Omit<Profile['at'], 'score'>;
  if (others.queueSort.length === 0) throw new Error(`initializing profiles: no queue sort plugin is enabled`);
  if (others.bind.length === 0)
    throw new Error(`initializing profiles: at least one bind plugin is needed for profile "${schedulerName}"`);
  const { percentageOfNodesToScore } = profile;
  return {
    schedulerName,
    ...(percentageOfNodesToScore === undefined ? {} : { percentageOfNodesToScore }),
    at: { ...others, score },
  };
}

function merged(defaults: readonly Enabled[], set: PluginSet | undefined): readonly Enabled[] {
  const disabled = new Set((set?.disabled ?? []).map(({ name }) => name));
  const enabled = new Map((set?.enabled ?? []).map(({ name, weight }) => [name, { name, weight: weight ?? 0 }]));
  const kept: Enabled[] = [];
  if (!disabled.has('*')) {
    for (const one of defaults) {
      if (disabled.has(one.name)) continue;
      const own = enabled.get(one.name);
      enabled.delete(one.name);
      kept.push(own ? { name: one.name, weight: own.weight || one.weight } : one);
    }
  }
  return [...kept, ...enabled.values()];
}
