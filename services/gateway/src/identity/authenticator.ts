import { createHash, timingSafeEqual } from 'node:crypto';
import { HeddleError } from '@heddle/domain';
import type { RoleName } from '../catalog/method-options.js';

/** Who asks. */
export interface Caller {
  readonly principal: string;
  readonly role: RoleName;
}

/** Knows the bearer tokens of the installation. */
export class Authenticator {
  private readonly adminDigest: Buffer;

  constructor(adminToken: string) {
    this.adminDigest = digest(adminToken);
  }

  /**
   * @param authorization the value of the header or metadata entry `authorization`
   * @throws HeddleError TOKEN_MISSING, TOKEN_INVALID
   */
  authenticate(authorization: string | undefined): Caller {
    if (authorization === undefined || authorization === '') {
      throw new HeddleError('TOKEN_MISSING', 'A token is needed: send the header "Authorization: Bearer <token>"');
    }
    const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
    if (token === undefined || !timingSafeEqual(digest(token), this.adminDigest)) {
      throw new HeddleError('TOKEN_INVALID', 'The token is not valid');
    }
    return { principal: 'admin', role: 'OPERATOR' };
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
