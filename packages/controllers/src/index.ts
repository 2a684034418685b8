export type { ControllerContext, ControllerDefinition } from './context/controller-context.ts';
export { type ControllerSettings, defaultSettings, type SyncedKind } from './context/settings.ts';
export { type ControllerManagerOptions, runControllerManager } from './manager/controller-manager.ts';
export { controllerNameProblems, registry, selectControllers } from './registry.ts';
