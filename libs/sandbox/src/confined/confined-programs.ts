import { chmod, chown, mkdir, mkdtemp, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BubblewrapWrapper } from '../bubblewrap/bubblewrap.wrapper.js';
import { directoryInTheWay } from '../bubblewrap/toolchain.js';
import { findProgram, SEARCH_PATH } from '../drivers/find-program.js';
import type { BoxSpec } from '../drivers/sandbox-driver.js';
import { subordinateIds } from '../native/mapped-ids.js';
import { errnoOf, SandboxError } from '../sandbox-error.js';
import { boxPaths } from '../workspace/box-paths.js';
import type { ConfinedOutcome, ConfinedProgram } from './confined-program.js';
import { startConfined, type ConfinedEnding } from './start-confined.js';

/** Below those of sandboxes, and nobody's: one pid namespace each keeps runs of it apart. */
const HOST_UID = 0x6fff_ffff;
const FILES_INSIDE = '/opt/heddle/files';
const PROGRAM_INSIDE = '/opt/heddle/program';
const WORK_INSIDE = '/tmp/files';
const RUN = 'run-';
const MIB = 1024 * 1024;

/**
 * Copies the files to where there is a limit of size, and runs the program on them. It says nothing that is read but its result:
 * $0 is that file, or empty for what it prints.
 */
const SCRIPT = `mkdir ${WORK_INSIDE} && cp ${FILES_INSIDE}/* ${WORK_INSIDE}/ 2>/dev/null; cd ${WORK_INSIDE} || exit 125
[ -n "$0" ] || exec "$@" 2>/dev/null
"$@" >/dev/null 2>&1 || exit
exec cat "./$0" 2>/dev/null`;

interface Boundary {
  readonly wrapper: BubblewrapWrapper;
  readonly prlimit: string;
}

/**
 * Runs programs of the operator in the boundary that agents have: no file of the host but programs, no network, no environment of
 * the platform, a user of its own where the platform is root; with limits, and with nothing left of it when it has ended.
 */
export class ConfinedPrograms {
  private boundary: Promise<Boundary> | undefined;

  /** @param directory its own and no other process's, made when it is needed. Other users must be able to pass through it. */
  constructor(private readonly directory: string) {}

  /** Never rejects for what the program does, or because it or the boundary is not to be had here. */
  async run(run: ConfinedProgram): Promise<ConfinedOutcome> {
    try {
      this.boundary ??= openBoundary(this.directory);
      const boundary = await this.boundary;
      const program = await reachable(run.program);
      return judge(await this.runIn(boundary, program, run), run);
    } catch (error) {
      if (!SandboxError.is(error)) throw error;
      // What is missing may be installed meanwhile.
      this.boundary = undefined;
      return { kind: 'FAILED', reason: error.message };
    }
  }

  private async runIn({ wrapper, prlimit }: Boundary, program: string, run: ConfinedProgram): Promise<ConfinedEnding> {
    const scratch = await mkdtemp(join(this.directory, RUN));
    try {
      const isRoot = process.getuid?.() === 0;
      const uid = isRoot ? confinedUid() : (process.getuid?.() ?? 0);
      if (isRoot) await chown(scratch, 0, uid);
      await chmod(scratch, 0o710);
      const [files, nothing] = [join(scratch, 'files'), join(scratch, 'nothing')];
      for (const directory of [files, nothing]) await mkdir(directory, { mode: 0o755 });
      for (const [name, content] of Object.entries(run.files ?? {}))
        await writeFile(join(files, name), content, { mode: 0o644 });
      const isOfHost = program.startsWith('/usr/');
      const inside = isOfHost ? program : `${PROGRAM_INSIDE}/${basename(program)}`;
      const box: BoxSpec = {
        name: basename(scratch),
        paths: { ...boxPaths(scratch), merged: nothing, home: nothing, run: nothing },
        layers: [],
        uid,
        limits: { tmpBytes: 64 * MIB + 4 * run.limits.outputBytes, shmBytes: MIB },
        tools: [{ source: files, target: FILES_INSIDE }, ...(isOfHost ? [] : [{ source: program, target: inside }])],
      };
      const wrapped = await wrapper.wrap(box, {
        command: ['/bin/sh', '-c', SCRIPT, run.result ?? '', inside, ...run.args],
        environment: { HOME: WORK_INSIDE },
      });
      return await startConfined(prlimit, wrapped, run.limits, isRoot);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
}

/** Root of a user namespace has no others than those that it was given. */
function confinedUid(): number {
  const range = subordinateIds();
  return range === undefined ? HOST_UID : range.first + range.count - 1;
}

async function openBoundary(directory: string): Promise<Boundary> {
  const isRoot = process.getuid?.() === 0;
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const blocked = isRoot ? await directoryInTheWay(`${directory}/x`) : undefined;
  if (blocked !== undefined)
    throw new SandboxError('SANDBOX_UNAVAILABLE', `other users can't pass ${blocked} on the way to ${directory}`);
  // Of a process that was killed.
  for (const name of (await readdir(directory)).filter((each) => each.startsWith(RUN)))
    await rm(join(directory, name), { recursive: true, force: true });
  const wrapper = await BubblewrapWrapper.open({
    program: await findProgram('bwrap', 'bubblewrap', SEARCH_PATH),
    directory: join(directory, 'toolchain'),
    setpriv: isRoot ? await findProgram('setpriv', 'util-linux', SEARCH_PATH) : undefined,
    rootDirectories: [],
    weakened: new Set(),
    endsWithParent: true,
  });
  return { wrapper, prlimit: await findProgram('prlimit', 'util-linux', SEARCH_PATH) };
}

/** The program's real path, once others may run it. */
async function reachable(path: string): Promise<string> {
  const refused = (why: string): SandboxError => new SandboxError('SANDBOX_SPAWN_FAILED', `${path} ${why}`);
  try {
    const program = await realpath(path);
    const stats = await stat(program);
    const isRoot = process.getuid?.() === 0;
    if (!stats.isFile() || (stats.mode & (isRoot ? 0o001 : 0o111)) === 0)
      throw refused('is no program that others may run');
    const blocked = isRoot ? await directoryInTheWay(program) : undefined;
    if (blocked !== undefined) throw refused(`can't be reached by other users: chmod o+x ${blocked}`);
    return program;
  } catch (error) {
    const code = errnoOf(error);
    throw code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES' ? refused('is not there') : error;
  }
}

function judge(
  { stopped, code, output, status, errors }: ConfinedEnding,
  { limits }: ConfinedProgram,
): ConfinedOutcome {
  const failed = (reason: string): ConfinedOutcome => ({ kind: 'FAILED', reason });
  if (stopped === 'TIME') return failed(`it took longer than ${String(limits.wallMs / 1000)} s`);
  if (stopped === 'OUTPUT') return failed(`it wrote more than ${String(limits.outputBytes)} bytes`);
  if (!status.includes('"exit-code"'))
    return failed(`it could not be started in its boundary: ${errors.trim().slice(0, 300)}`);
  if (code === 0) return { kind: 'DONE', output };
  if (code === 126 || code === 127) return failed('it could not be run');
  return failed(code === null || code > 128 ? 'it was ended by a signal' : `it exited with ${String(code)}`);
}
