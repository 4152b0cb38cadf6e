import { HeddleError } from '@heddle/domain';
import type { RoleName } from '../catalog/method-options.js';
import type { Caller } from './authenticator.js';

const RANKS: Readonly<Record<RoleName, number>> = { VIEWER: 1, DEVELOPER: 2, OPERATOR: 3 };

/** Each role includes the ones before it. @throws HeddleError ROLE_REQUIRED */
export function requireRole(caller: Caller, role: RoleName): void {
  if (RANKS[caller.role] >= RANKS[role]) return;
  throw new HeddleError('ROLE_REQUIRED', `This needs the role ${role}`, {
    metadata: { requiredRole: role, role: caller.role },
  });
}
