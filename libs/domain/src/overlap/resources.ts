/** What is one for the whole repository, so that two changes of it rarely add up even where git merges them. */
export const RESOURCE_KINDS = ['LOCK_FILE', 'MIGRATION', 'GENERATED', 'SCHEMA'] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** What a path is; undefined: nothing that is one for the whole repository. */
export type ResourceKindOf = (path: string) => ResourceKind | undefined;

/** A path that a change touches. */
export interface TouchedPath {
  readonly path: string;
  /** The base does not have it. */
  readonly added: boolean;
}

export interface SharedResource {
  readonly kind: ResourceKind;
  readonly path: string;
  /** The other change's file, where it is another one. */
  readonly otherPath?: string;
}

const LOCK_FILES = [
  ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb', 'deno.lock'],
  ['poetry.lock', 'Pipfile.lock', 'uv.lock', 'pdm.lock', 'conda-lock.yml'],
  ['go.sum', 'go.work.sum', 'Cargo.lock', 'gradle.lockfile', 'Gemfile.lock', 'composer.lock', 'mix.lock'],
  ['Package.resolved', 'packages.lock.json', 'pubspec.lock', 'flake.lock', 'Podfile.lock', '.terraform.lock.hcl'],
].flat();

/** The first that fits a path says what it is. */
const RULES: readonly (readonly [ResourceKind, RegExp])[] = [
  ['LOCK_FILE', new RegExp(`(?:^|/)(?:${LOCK_FILES.map((name) => name.replaceAll('.', '\\.')).join('|')})$`)],
  ['MIGRATION', /(?:^|\/)(?:migrations?|migrate|alembic\/versions|changelogs?\/db|db\/changelog)\/(?:.*\/)?[^/]+$/],
  ['MIGRATION', /(?:^|\/)[VUR]\d[\w.]*__[^/]+\.sql$/],
  ['GENERATED', /(?:^|\/)(?:generated|__generated__|gen|__snapshots__)\//],
  [
    'GENERATED',
    /\.(?:generated|g|pb|designer)\.[A-Za-z]+$|_pb2(?:_grpc)?\.pyi?$|_pb\.(?:js|d\.ts)$|\.min\.(?:js|css)$/,
  ],
  ['SCHEMA', /(?:^|\/)(?:schema|structure)\.(?:sql|rb|prisma|json|graphqls?|xml)$/],
  ['SCHEMA', /(?:^|\/)(?:openapi|swagger)\.(?:json|ya?ml)$|\.(?:graphqls?|gql|proto|avsc|xsd|prisma)$/],
];

export function resourceKind(path: string): ResourceKind | undefined {
  return RULES.find(([, pattern]) => pattern.test(path))?.[0];
}

/** Resources that two changes meet in: the same file, or two new migrations that claim the same place in their sequence. */
export function sharedResources(
  a: readonly TouchedPath[],
  b: readonly TouchedPath[],
  kindOf: ResourceKindOf = resourceKind,
): SharedResource[] {
  const touchedByB = new Map(b.map((item) => [item.path, item]));
  const placesOfB = new Map<string, string>();
  for (const item of b) {
    const place = placeOf(item, kindOf);
    if (place !== undefined) placesOfB.set(place, item.path);
  }
  return a.flatMap((item): SharedResource[] => {
    const kind = kindOf(item.path);
    if (kind === undefined) return [];
    if (touchedByB.has(item.path)) return [{ kind, path: item.path }];
    const place = placeOf(item, kindOf);
    const otherPath = place === undefined ? undefined : placesOfB.get(place);
    return otherPath === undefined ? [] : [{ kind, path: item.path, otherPath }];
  });
}

/** Two files of one migration, up and down, have the same place and are no rivals: their endings differ. */
const NUMBERED =
  /^(?:.*\/)?(?<prefix>[VU]?)(?<number>\d+(?:[._]\d+)*)(?=[_.-]|$)[^/]*?(?<ending>(?:\.(?:up|down))?\.[A-Za-z]+)?$/;

function placeOf({ path, added }: TouchedPath, kindOf: ResourceKindOf): string | undefined {
  if (!added || kindOf(path) !== 'MIGRATION') return undefined;
  const groups = NUMBERED.exec(path)?.groups;
  if (groups === undefined) return undefined;
  const number = (groups['number'] ?? '').replace(/(?<![0-9])0+(?=\d)/g, '').replaceAll('_', '.');
  const directory = path.slice(0, path.lastIndexOf('/') + 1);
  return `${directory}\0${groups['prefix'] ?? ''}${number}\0${groups['ending'] ?? ''}`;
}
