import { EnvironmentSecret_Kind } from '@heddle/contracts';
import type { SandboxSecret } from '@heddle/contracts/internal';
import type { EgressCredential } from '@heddle/egress';

/** The environment's secrets that are put on requests; those of the set-up script are not among them. */
export function egressCredentials(secrets: readonly SandboxSecret[]): EgressCredential[] {
  return secrets
    .filter(({ kind }) => kind === EnvironmentSecret_Kind.EGRESS)
    .map(({ name, hosts, methods, pathPrefix, header, format, value }) => ({
      name,
      hosts,
      methods,
      pathPrefix,
      header: header === '' ? 'Authorization' : header,
      format: format === '' ? '{value}' : format,
      value,
    }));
}
