export { isTrue, type ListClient, type ObjectStatus, waitFor } from './api-client.ts';
export {
  type ClusterContext,
  type ClusterPlan,
  createCluster,
  deleteCluster,
  kubeconfigFile,
  listClusters,
  startCluster,
  withApi,
} from './cluster.ts';
export type { ClusterRecord } from './cluster-state.ts';
export { CommandError } from './command.ts';
export { rehearseControlPlane } from './control-plane-rehearsal.ts';
export { loadImages, runtimeSocket, saveImages } from './image-bundle.ts';
export { defaultHome, type ImageLayout, type Installation, instanceName } from './installation.ts';
export { joinCommands } from './join-command.ts';
export {
  attachToMachine,
  commandInMachine,
  createMachine,
  deleteMachine,
  fileInMachine,
  type HomeContext,
  listMachines,
  type MachineInfo,
  runInMachine,
  startMachine,
  stopMachine,
} from './machine.ts';
export type { MachineContext } from './machine-context.ts';
export type { MachinePhase, MachineRecord } from './machine-state.ts';
export {
  compileAhead,
  programDirectory,
  programEntry,
  rehearsalCommand,
  rehearsalOf,
  wrapperOf,
} from './program.ts';
export { fillRegistry } from './registry.ts';
