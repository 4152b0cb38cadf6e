import { Inject, Injectable } from '@nestjs/common';
import {
  CreateEnvironmentRequest,
  Environment,
  ResetEnvironmentCacheRequest,
  type ListEnvironmentsRequest,
  type ListEnvironmentsResponse,
  type UpdateEnvironmentRequest,
} from '@heddle/contracts';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import { appendEvent, answerOnce } from '@heddle/platform/outbox';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource, type EntityManager } from 'typeorm';
import { withNamedCredential } from '../credentials/resolve-credential.js';
import { EnvironmentEntity } from '../persistence/environment.entity.js';
import { CONFIG } from '../shared/tokens.js';
import { createEnvironment, insertVersion } from './create-environment.js';
import { pathsToChange, recipeOf, withChanges, type EnvironmentRecipe } from './environment-recipe.js';
import { findEnvironment, lockEnvironment, reserveName, saveEnvironment } from './environment-rows.js';
import { environmentEvent, toEnvironment, type EnvironmentRows } from './environment.mapper.js';
import type { PlatformMaxima } from './limit-violations.js';
import { refuseInvalidEnvironment } from './validate-environment.js';

@Injectable()
export class EnvironmentService {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly maxima: PlatformMaxima,
  ) {}

  /** @throws HeddleError NAME_TAKEN, FIELD_INVALID */
  async create(request: CreateEnvironmentRequest): Promise<Environment> {
    refuseInvalidEnvironment(request, this.maxima);
    return answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.EnvironmentService/CreateEnvironment',
        requestId: request.requestId,
        request,
        requestCodec: CreateEnvironmentRequest,
        responseCodec: Environment,
      },
      () => Promise.resolve(),
      async (manager) => {
        const rows = await createEnvironment(manager, await withAgent(manager, request, ''));
        await appendEvent(manager, environmentEvent(rows, 'created'));
        return toEnvironment(rows);
      },
    );
  }

  /** @param version 0: the newest */
  async get(id: string, version: number): Promise<Environment> {
    return toEnvironment(await this.rows(id, version));
  }

  /** @throws HeddleError ENVIRONMENT_NOT_FOUND */
  rows(id: string, version: number): Promise<EnvironmentRows> {
    return findEnvironment(this.dataSource.manager, id, version);
  }

  async list(request: ListEnvironmentsRequest): Promise<ListEnvironmentsResponse> {
    const size = pageSize(request.pageSize);
    const after = decodePageToken(request.pageToken, {});
    const query = this.dataSource.manager
      .createQueryBuilder(EnvironmentEntity, 'e')
      .orderBy('e.id', 'DESC')
      .limit(size + 1);
    if (after !== undefined) query.where('e.id < :after', { after });
    const rows = await query.getMany();
    const page = rows.slice(0, size);
    const last = page.at(-1);
    return {
      environments: await Promise.all(page.map((row) => this.get(row.id, row.latestVersion))),
      nextPageToken: rows.length > size && last !== undefined ? encodePageToken(last.id, {}) : '',
    };
  }

  /**
   * Makes a new version with the fields of the mask replaced (absent mask: those that are set).
   * @throws HeddleError ENVIRONMENT_NOT_FOUND, VERSION_CONFLICT, NAME_TAKEN, FIELD_INVALID
   */
  async update(request: UpdateEnvironmentRequest): Promise<Environment> {
    const wanted = request.environment;
    if (wanted === undefined) throw fieldInvalid([{ field: 'environment', description: 'is required' }]);
    refuseInvalidEnvironment(wanted, this.maxima, 'environment.');
    const paths = pathsToChange(wanted, request.updateMask);
    return this.dataSource.transaction(async (manager) => {
      const { environment, version } = await lockEnvironment(manager, wanted.id);
      if (wanted.etag !== '' && wanted.etag !== environment.revision) {
        throw new HeddleError('VERSION_CONFLICT', 'The environment was edited meanwhile; read it again and repeat', {
          metadata: { etag: environment.revision },
        });
      }
      const named = paths.includes('agent') ? await withAgent(manager, wanted, 'environment.') : wanted;
      const recipe = withChanges(recipeOf({ environment, version }), named, paths);
      if (recipe.name !== environment.name) await reserveName(manager, recipe.name);
      environment.name = recipe.name;
      environment.latestVersion += 1;
      const rows = {
        environment,
        version: await insertVersion(manager, environment, environment.latestVersion, recipe),
      };
      await saveEnvironment(manager, rows, 'updated');
      return toEnvironment(rows);
    });
  }

  /** No set-up layer that was made so far is used again: those that come have another key. */
  resetCache(request: ResetEnvironmentCacheRequest): Promise<Environment> {
    return answerOnce(
      this.dataSource,
      {
        method: 'heddle.v1.EnvironmentService/ResetEnvironmentCache',
        requestId: request.requestId,
        request,
        requestCodec: ResetEnvironmentCacheRequest,
        responseCodec: Environment,
      },
      () => Promise.resolve(),
      async (manager) => {
        const rows = await lockEnvironment(manager, request.id);
        rows.environment.cacheEpoch = String(BigInt(rows.environment.cacheEpoch) + 1n);
        await saveEnvironment(manager, rows, 'cache_reset');
        return toEnvironment(rows);
      },
    );
  }
}

/** Its agent's credential by id. @throws HeddleError FIELD_INVALID */
async function withAgent<T extends Pick<EnvironmentRecipe, 'agent'>>(
  manager: EntityManager,
  recipe: T,
  prefix: string,
): Promise<T> {
  if (recipe.agent === undefined) return recipe;
  return { ...recipe, agent: await withNamedCredential(manager, recipe.agent, `${prefix}agent`) };
}
