/** Apart, so that commands which print YAML only when asked load the encoder only then. */
export { encodeKyaml, encodeYaml } from '@typernetes/process';
