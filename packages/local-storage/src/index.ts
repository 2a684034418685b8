export { driverName } from './names.ts';
export { linuxBinder, type NodePluginOptions, nodePlugin } from './node-plugin.ts';
export { type ProvisionerOptions, provisioner } from './provisioner.ts';
