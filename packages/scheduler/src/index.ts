export { type PlacementOptions, planPlacement } from './cycle/plan.ts';
export type { SchedulerPlugin, WeightedPlugin } from './framework/plugin.ts';
export type { Profile } from './framework/profile.ts';
export {
  completeSchedulerConfig,
  decodeSchedulerConfig,
  type SchedulerConfig,
  type SchedulerConfigFile,
  shownConfiguration,
} from './options/config.ts';
export { validateSchedulerConfig } from './options/validate.ts';
export { podResourceMetrics } from './pod-resource-metrics.ts';
export { Scheduler, type SchedulerDeps, type SchedulerOptions } from './scheduler.ts';
