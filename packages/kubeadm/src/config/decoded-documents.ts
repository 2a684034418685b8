/** A configuration document of any version, brought to v1beta4 (or the kubelet's and kube-proxy's only version). */
export interface ConfigDocument {
  readonly kind: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export interface DecodedDocuments {
  readonly documents: readonly ConfigDocument[];
  /** Warnings about conversions, dropped fields and deprecations, in upstream's words where it has them. */
  readonly warnings: readonly string[];
  /** `apiServer.timeoutForControlPlane` of an old ClusterConfiguration; today it belongs to the InitConfiguration. */
  readonly controlPlaneTimeout?: string;
}
