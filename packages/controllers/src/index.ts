export type { ControllerContext, ControllerDefinition } from './controller-context.ts';
export { registry, selectControllers } from './registry.ts';
export { type ControllerSettings, defaultSettings } from './settings.ts';
