/** A configuration document of any version, brought to v1beta4 (or the kubelet's and kube-proxy's only version). */
export interface ConfigDocument {
  readonly kind: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export interface DecodedDocuments {
  readonly documents: readonly ConfigDocument[];
  /** What was converted, dropped or is deprecated, in upstream's words where it has them. */
  readonly warnings: readonly string[];
  /** `apiServer.timeoutForControlPlane` of a ClusterConfiguration of old, which belongs to the InitConfiguration beside it today. */
  readonly controlPlaneTimeout?: string;
}
