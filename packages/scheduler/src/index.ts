export { type Placement, planPlacement } from './cycle/plan.ts';
export type { SchedulerPlugin, Verdict, WeightedPlugin } from './framework/plugin.ts';
export type { Profile } from './framework/profile.ts';
export {
  decodeSchedulerConfig,
  profilesOf,
  type SchedulerConfigFile,
  validateSchedulerConfig,
} from './options/config.ts';
export { defaultPlugins } from './plugins/default-plugins.ts';
export { Scheduler, type SchedulerDeps } from './scheduler.ts';
