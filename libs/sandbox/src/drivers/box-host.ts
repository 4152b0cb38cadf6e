import { closeCgroupHierarchy, listBoxGroups, type CgroupHierarchy } from '../cgroup/cgroup-hierarchy.js';
import { SandboxCgroup } from '../cgroup/sandbox-cgroup.js';
import type { Containment } from '../containment/containment.js';
import { ScanContainment } from '../containment/scan.containment.js';
import type { BoxDisk } from '../disk/box-disk.js';
import type { BoxNetwork } from '../network/box-network.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import { createBoxDirectories, type BoxPaths } from '../workspace/box-paths.js';
import { layersAbove } from '../workspace/layers-above.js';
import { layersWithSeed, seedUppers } from '../workspace/seed-box.js';
import type { WorkspaceFileSystem } from '../workspace/workspace-file-system.js';
import { offeredDriver } from './offered-driver.js';
import type {
  AttachedProcess,
  AttachedSpec,
  BoxSpec,
  BoxUsage,
  DriverDescription,
  ProcessEnding,
  ProcessSpec,
  SandboxDriver,
  SpawnedProcess,
} from './sandbox-driver.js';

const EVICT_MS = 20_000;

/** What boxes are made of on this host, whatever keeps their processes apart. */
export interface BoxParts {
  readonly fileSystem: WorkspaceFileSystem;
  readonly disk: BoxDisk;
  readonly hierarchy: CgroupHierarchy;
}

/** Work trees, disks and control groups of boxes. How a process gets into one is the driver's own. */
export abstract class BoxHost implements SandboxDriver {
  constructor(
    readonly description: DriverDescription,
    protected readonly parts: BoxParts,
  ) {}

  abstract inside(paths: BoxPaths): { readonly workspace: string; readonly home: string; readonly run: string };

  abstract spawn(
    box: BoxSpec,
    process: ProcessSpec,
    onDrained: (drainers: readonly ProcessIdentity[]) => Promise<void>,
    network?: BoxNetwork,
  ): Promise<SpawnedProcess>;

  abstract attach(box: BoxSpec, process: AttachedSpec): Promise<AttachedProcess>;

  abstract recover(box: BoxSpec, processId: string): Promise<ProcessIdentity | undefined>;

  abstract ending(box: BoxSpec, processId: string): Promise<ProcessEnding>;

  abstract terminate(box: BoxSpec, processId: string, mainPid: number): Promise<void>;

  /** Refuses a box that nothing could run in. */
  protected abstract prepare(box: BoxSpec): Promise<void>;

  get attributePrefix(): SandboxDriver['attributePrefix'] {
    return this.parts.fileSystem.attributePrefix;
  }

  descriptionFor({ driver }: Pick<BoxSpec, 'driver'>): DriverDescription {
    return offeredDriver(this, driver);
  }

  async create(box: BoxSpec): Promise<void> {
    this.descriptionFor(box);
    await this.prepare(box);
    const { disk, fileSystem } = this.parts;
    const workTree = async (): Promise<void> => {
      await disk.open(box.paths, box.limits);
      await createBoxDirectories(box.paths, box.uid);
      const { layers, homeLayers = [] } = await this.layersOf(box);
      await seedUppers(fileSystem.kind, box, homeLayers.length > 0);
      await fileSystem.mount(box.paths, layers, box.uid);
      if (homeLayers.length > 0) await fileSystem.mountHome(box.paths, homeLayers, box.uid);
    };
    await Promise.all([workTree(), this.containment(box).create(box.limits)]);
  }

  async freeze(box: BoxSpec, limitMs: number): Promise<void> {
    await this.containment(box).freeze(limitMs);
  }

  async thaw(box: BoxSpec): Promise<void> {
    await this.containment(box).thaw();
  }

  async kill(box: BoxSpec, limitMs: number): Promise<void> {
    await this.containment(box).killAll(limitMs);
  }

  async isEmpty(box: BoxSpec): Promise<boolean> {
    return (await this.containment(box).members()).length === 0;
  }

  async usage(box: BoxSpec): Promise<BoxUsage> {
    return { ...this.containment(box).usage(), disk: await this.parts.disk.usage(box.paths, box.limits) };
  }

  isFrozen(box: BoxSpec): Promise<boolean> {
    return this.containment(box).isFrozen();
  }

  isWhole(box: BoxSpec): Promise<boolean> {
    return this.parts.disk.isWhole(box.paths);
  }

  async destroy(box: BoxSpec): Promise<void> {
    await this.parts.fileSystem.unmount(box.paths);
    await this.parts.disk.close(box.paths);
    await this.containment(box).remove();
  }

  boxNames(): Promise<string[]> {
    return listBoxGroups(this.parts.hierarchy);
  }

  async evict(boxName: string): Promise<void> {
    const group = SandboxCgroup.at(this.parts.hierarchy, boxName);
    await group.killAll(EVICT_MS);
    await group.remove();
  }

  async close(): Promise<void> {
    await closeCgroupHierarchy(this.parts.hierarchy);
  }

  /** Those of a box over what an ended one left begin with what that wrote. */
  protected async layersOf(box: BoxSpec): Promise<Pick<BoxSpec, 'layers' | 'homeLayers'>> {
    const { above, paths } = box;
    const { disk, fileSystem } = this.parts;
    if (above === undefined) return layersWithSeed(fileSystem.kind, box, box.seed);
    return layersAbove(fileSystem.kind, above, await disk.openAbove(paths, above), box);
  }

  protected containment(box: BoxSpec): Containment {
    const cgroup = SandboxCgroup.at(this.parts.hierarchy, box.name);
    return cgroup.canContain ? cgroup : new ScanContainment(box.name, box.paths.control);
  }
}
