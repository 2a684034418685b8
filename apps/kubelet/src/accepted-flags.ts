import { type AcceptedFlags, commonAcceptedFlags } from '@typernetes/process';

const statistics = 'statistics are taken when they are asked for';
const garbage = 'dead containers are removed by the rules for images and pods';
const {
  'contention-profiling': _,
  'kube-api-content-type': __,
  'show-hidden-metrics-for-version': ___,
  ...common
} = commonAcceptedFlags;

/** Flags of upstream's kubelet that are accepted and have no effect here, each with the reason. */
export const accepted: AcceptedFlags = {
  ...common,
  'application-metrics-count-limit': ['number', statistics],
  'cloud-config': ['string', 'there are no cloud providers'],
  containerd: ['string', 'the runtime is asked by --container-runtime-endpoint'],
  'containerd-namespace': ['string', 'the runtime is asked by --container-runtime-endpoint'],
  'enable-load-reader': ['boolean', statistics],
  'event-storage-age-limit': ['string', statistics],
  'event-storage-event-limit': ['string', statistics],
  'exit-on-lock-contention': ['boolean', 'there is no lock file'],
  'experimental-allocatable-ignore-eviction': ['boolean', 'what evictions keep free is no part of what pods get'],
  'experimental-mounter-path': ['string', "volumes are mounted by the system's mount"],
  'global-housekeeping-interval': ['duration', statistics],
  'housekeeping-interval': ['duration', statistics],
  'keep-terminated-pod-volumes': ['boolean', 'volumes of ended pods are unmounted'],
  'lock-file': ['string', 'there is no lock file'],
  'log-cadvisor-usage': ['boolean', statistics],
  'machine-id-file': ['string', 'machines are known by /etc/machine-id'],
  'maximum-dead-containers': ['number', garbage],
  'maximum-dead-containers-per-container': ['number', garbage],
  'minimum-container-ttl-duration': ['duration', garbage],
  'reserved-memory': ['array', "the configuration's reservedMemory says it"],
  'runtime-cgroups': ['string', 'the runtime is not moved'],
  'show-hidden-metrics-for-version': ['string', 'no metrics are hidden'],
  'storage-driver-buffer-duration': ['duration', statistics],
  'storage-driver-db': ['string', statistics],
  'storage-driver-host': ['string', statistics],
  'storage-driver-password': ['string', statistics],
  'storage-driver-secure': ['boolean', statistics],
  'storage-driver-table': ['string', statistics],
  'storage-driver-user': ['string', statistics],
};
