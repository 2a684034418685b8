export { CommandError } from './command.ts';
export { defaultHome, type ImageLayout, type Installation, instanceName } from './installation.ts';
export {
  attachToMachine,
  commandInMachine,
  createMachine,
  deleteMachine,
  fileInMachine,
  listMachines,
  type MachineContext,
  type MachineInfo,
  runInMachine,
  startMachine,
  stopMachine,
} from './machine.ts';
export { wrapperOf } from './machine-files.ts';
export type { MachinePhase, MachineRecord } from './machine-state.ts';
