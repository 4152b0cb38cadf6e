import { HeddleError, SECRET_IN_CHANGE } from '@heddle/domain';
import { requestContext } from '@heddle/platform/context';
import type { ChangeEntity } from './change.entity.js';

type Noticed = Pick<ChangeEntity, 'id' | 'notices'>;

export function holdsSecret(change: Pick<Noticed, 'notices'>): boolean {
  return change.notices.some(({ reason }) => reason === SECRET_IN_CHANGE);
}

/** @throws HeddleError SECRET_IN_CHANGE on a change that holds a secret's value: it may be neither approved nor landed */
export function requireNoSecret(change: Noticed): void {
  const objection = secretObjection(change);
  if (objection !== undefined) throw objection;
}

/** SECRET_IN_CHANGE of a change that holds a secret's value. */
export function secretObjection(change: Noticed): HeddleError | undefined {
  if (!holdsSecret(change)) return undefined;
  return refusal(change, 'The change holds the value of a secret: reject it, and let a new turn or attempt remove it');
}

/** What is in the files, and in their names, of a change that holds a secret is for operators: who could read it anyway. */
export function maySeeFiles(change: Noticed): boolean {
  return !holdsSecret(change) || requestContext.get()?.role === 'OPERATOR';
}

/** @throws HeddleError SECRET_IN_CHANGE */
export function requireSight(change: Noticed): void {
  if (!maySeeFiles(change))
    throw refusal(
      change,
      'The change holds the value of a secret: only the role OPERATOR may see its files. Ask an operator, or let a new attempt do without it',
    );
}

function refusal(change: Noticed, message: string): HeddleError {
  const paths = change.notices.filter(({ reason }) => reason === SECRET_IN_CHANGE).map(({ path }) => path);
  return new HeddleError('SECRET_IN_CHANGE', message, {
    metadata: { id: change.id, paths: paths.slice(0, 10).join(',') },
  });
}
