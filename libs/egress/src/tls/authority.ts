/** A certificate authority that only one sandbox trusts. */
export interface Authority {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS 8. */
  readonly privateKey: string;
}
