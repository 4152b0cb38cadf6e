import { Landing_Delivery, Landing_Style, LandingQueue } from '@heddle/contracts';
import { fieldInvalid } from '@heddle/domain';
import type { LandingQueueEntity } from './landing-queue.entity.js';

type Settings = Pick<
  LandingQueueEntity,
  | 'windowMax'
  | 'batchMax'
  | 'retryFlakes'
  | 'style'
  | 'delivery'
  | 'returnToAuthor'
  | 'reconcileEjected'
  | 'roundsMax'
  | 'landedChecks'
>;

/** Fields that an update may replace, in the spelling of an update mask. */
const FIELDS = {
  window_max: 'windowMax',
  batch_max: 'batchMax',
  retry_flakes: 'retryFlakes',
  style: 'style',
  delivery: 'delivery',
  return_to_author: 'returnToAuthor',
  reconcile_ejected: 'reconcileEjected',
  rounds_max: 'roundsMax',
  landed_checks: 'landedChecks',
} as const satisfies Record<string, keyof Settings>;

type MaskPath = keyof typeof FIELDS;

const PATHS = Object.keys(FIELDS) as readonly MaskPath[];
/** Part of the resource and never changed by an update. */
const FIXED = [
  'id',
  'repository_id',
  'branch',
  'state',
  'reason',
  'message',
  'paused_by',
  'waiting_count',
  'create_time',
  'update_time',
  'etag',
  'revision',
];
const RANGES = { window_max: [1, 16], batch_max: [1, 16], rounds_max: [1, 10], landed_checks: [0, 200] } as const;

/**
 * The settings that an update asks for.
 * @param mask absent: what is set
 * @throws HeddleError FIELD_INVALID
 */
export function settingsOf(wanted: LandingQueue, mask: readonly string[] | undefined): Partial<Settings> {
  const paths = pathsToChange(wanted, mask);
  const violations = Object.entries(RANGES).flatMap(([path, [least, most]]) => {
    const value = wanted[FIELDS[path as keyof typeof RANGES]];
    const isFine = !paths.includes(path as MaskPath) || (value >= least && value <= most);
    return isFine ? [] : [{ field: `queue.${path}`, description: `must be from ${String(least)} to ${String(most)}` }];
  });
  const { style, delivery } = wanted;
  if (paths.includes('delivery') && delivery === Landing_Delivery.DELIVERY_UNSPECIFIED)
    violations.push({ field: 'queue.delivery', description: 'must be PUSH or PULL_REQUEST' });
  if (paths.includes('style') && style === Landing_Style.STYLE_UNSPECIFIED)
    violations.push({ field: 'queue.style', description: 'must be MERGE, SQUASH or REBASE' });
  if (violations.length > 0) throw fieldInvalid(violations);
  return Object.fromEntries(paths.map((path) => [FIELDS[path], wanted[FIELDS[path]]]));
}

function pathsToChange(wanted: LandingQueue, mask: readonly string[] | undefined): readonly MaskPath[] {
  if (mask === undefined) {
    const empty = LandingQueue.create();
    return PATHS.filter((path) => wanted[FIELDS[path]] !== empty[FIELDS[path]]);
  }
  const unknown = mask.filter((path) => !Object.hasOwn(FIELDS, path) && !FIXED.includes(path));
  if (unknown.length > 0)
    throw fieldInvalid([
      { field: 'update_mask', description: `names what is no field of a queue: ${unknown.join(', ')}` },
    ]);
  return PATHS.filter((path) => mask.includes(path));
}
