export type { ControllerContext, ControllerDefinition } from './controller-context.ts';
export { type ControllerManagerOptions, runControllerManager } from './manager/controller-manager.ts';
export { controllerNameProblems, registry, selectControllers } from './registry.ts';
export { type ControllerSettings, defaultSettings, type SyncedKind } from './settings.ts';
