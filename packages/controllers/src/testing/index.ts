export { type ControllerUnderTest, type RunOptions, runController } from './run-controller.ts';
