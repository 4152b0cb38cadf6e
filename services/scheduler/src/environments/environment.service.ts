import { Injectable } from '@nestjs/common';
import {
  CreateEnvironmentRequest,
  Environment,
  ResetEnvironmentCacheRequest,
  type ListEnvironmentsRequest,
  type ListEnvironmentsResponse,
  type UpdateEnvironmentRequest,
} from '@heddle/contracts';
import { fieldInvalid, HeddleError, type FieldViolation } from '@heddle/domain';
import { appendEvent, answerOnce } from '@heddle/platform/outbox';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource } from 'typeorm';
import { EnvironmentEntity } from '../persistence/environment.entity.js';
import { agentViolations, checkViolations, limitViolations, variableViolations } from '../shared/recipe-violations.js';
import { createEnvironment, insertVersion, type EnvironmentRecipe } from './create-environment.js';
import { findEnvironment, lockEnvironment, saveEnvironment } from './environment-rows.js';
import { environmentEvent, toEnvironment, type EnvironmentRows } from './environment.mapper.js';

@Injectable()
export class EnvironmentService {
  constructor(private readonly dataSource: DataSource) {}

  async create(request: CreateEnvironmentRequest): Promise<Environment> {
    refuseInvalid(request, '');
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
        const rows = await createEnvironment(manager, request);
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

  /** Makes a new version with the fields of the mask replaced (absent mask: those that are set). */
  async update(request: UpdateEnvironmentRequest): Promise<Environment> {
    const wanted = request.environment;
    if (wanted === undefined) throw fieldInvalid([{ field: 'environment', description: 'is required' }]);
    refuseInvalid(wanted, 'environment.');
    const paths = request.updateMask ?? populated(wanted);
    return this.dataSource.transaction(async (manager) => {
      const { environment, version: now } = await lockEnvironment(manager, wanted.id);
      if (wanted.etag !== '' && wanted.etag !== environment.revision) {
        throw new HeddleError('VERSION_CONFLICT', 'The environment was edited meanwhile; read it again and repeat', {
          metadata: { etag: environment.revision },
        });
      }
      const has = (path: string): boolean => paths.includes(path);
      const recipe: EnvironmentRecipe = {
        name: has('name') && wanted.name !== '' ? wanted.name : environment.name,
        variables: has('variables') ? wanted.variables : now.variables,
        limits: has('limits') ? wanted.limits : (now.limits ?? undefined),
        checks: has('checks') ? wanted.checks : now.checks,
        agent: has('agent') ? wanted.agent : (now.agent ?? undefined),
      };
      environment.name = recipe.name;
      environment.latestVersion += 1;
      const version = await insertVersion(manager, environment, environment.latestVersion, recipe);
      await saveEnvironment(manager, { environment, version }, 'updated');
      return toEnvironment({ environment, version });
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

/** What a request without a mask means to change: an empty list or map cannot be told from one that was not sent. */
function populated(wanted: Environment): string[] {
  const set = {
    name: wanted.name !== '',
    variables: Object.keys(wanted.variables).length > 0,
    limits: wanted.limits !== undefined,
    checks: wanted.checks.length > 0,
    agent: wanted.agent !== undefined,
  };
  return Object.entries(set).flatMap(([path, isSet]) => (isSet ? [path] : []));
}

function refuseInvalid(recipe: EnvironmentRecipe, prefix: string): void {
  const violations: FieldViolation[] = [
    ...variableViolations(recipe.variables, `${prefix}variables`),
    ...limitViolations(recipe.limits, `${prefix}limits`),
    ...checkViolations(recipe.checks, `${prefix}checks`),
    ...(recipe.agent === undefined ? [] : agentViolations(recipe.agent, `${prefix}agent`)),
  ];
  if (prefix === '' && !/^.{1,100}$/.test(recipe.name))
    violations.push({ field: 'name', description: 'must be 1 to 100 characters' });
  if (violations.length > 0) throw fieldInvalid(violations);
}
