import { Injectable } from '@nestjs/common';
import {
  CreateEnvironmentRequest,
  Environment,
  type ListEnvironmentsRequest,
  type ListEnvironmentsResponse,
  type UpdateEnvironmentRequest,
} from '@heddle/contracts';
import { toCanonicalJson } from '@heddle/contracts/json';
import { fieldInvalid, HeddleError, type FieldViolation } from '@heddle/domain';
import { appendEvent, answerOnce } from '@heddle/platform/outbox';
import { decodePageToken, encodePageToken, pageSize } from '@heddle/platform/paging';
import { DataSource } from 'typeorm';
import { EnvironmentEntity, EnvironmentVersionEntity } from '../persistence/environment.entity.js';
import { requireId } from '@heddle/platform/ids';
import { agentViolations, checkViolations, limitViolations, variableViolations } from '../shared/recipe-violations.js';
import {
  createEnvironment,
  insertVersion,
  type EnvironmentRecipe,
  type EnvironmentRows,
} from './create-environment.js';

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
        const environment = await createEnvironment(manager, request);
        const version = await manager.findOneByOrFail(EnvironmentVersionEntity, {
          environmentId: environment.id,
          version: 1,
        });
        const message = toEnvironment({ environment, version });
        await appendEvent(manager, {
          aggregate: 'environment',
          id: environment.id,
          version: 1,
          type: 'environment.created',
          data: json(message),
        });
        return message;
      },
    );
  }

  /** @param version 0: the newest */
  async get(id: string, version: number): Promise<Environment> {
    return toEnvironment(await this.rows(id, version));
  }

  /** @throws HeddleError ENVIRONMENT_NOT_FOUND */
  async rows(id: string, version: number): Promise<EnvironmentRows> {
    requireId(id, 'ENVIRONMENT_NOT_FOUND', 'environment');
    const environment = await this.dataSource.manager.findOneBy(EnvironmentEntity, { id });
    const wanted = version === 0 ? environment?.latestVersion : version;
    const found =
      environment === null || wanted === undefined
        ? null
        : await this.dataSource.manager.findOneBy(EnvironmentVersionEntity, { environmentId: id, version: wanted });
    if (environment === null || found === null) {
      const which = version === 0 ? '' : ` in version ${String(version)}`;
      throw new HeddleError('ENVIRONMENT_NOT_FOUND', `There is no environment ${id}${which}`, { metadata: { id } });
    }
    return { environment, version: found };
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
      const environment = await manager.findOne(EnvironmentEntity, {
        where: { id: requireId(wanted.id, 'ENVIRONMENT_NOT_FOUND', 'environment') },
        lock: { mode: 'pessimistic_write' },
      });
      if (environment === null) throw new HeddleError('ENVIRONMENT_NOT_FOUND', `There is no environment ${wanted.id}`);
      if (wanted.etag !== '' && wanted.etag !== environment.revision) {
        throw new HeddleError('VERSION_CONFLICT', 'The environment was edited meanwhile; read it again and repeat', {
          metadata: { etag: environment.revision },
        });
      }
      const now = await manager.findOneByOrFail(EnvironmentVersionEntity, {
        environmentId: environment.id,
        version: environment.latestVersion,
      });
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
      environment.revision = String(BigInt(environment.revision) + 1n);
      await manager.save(EnvironmentEntity, environment);
      const version = await insertVersion(manager, environment, environment.latestVersion, recipe);
      const message = toEnvironment({ environment, version });
      await appendEvent(manager, {
        aggregate: 'environment',
        id: environment.id,
        version: environment.revision,
        type: 'environment.updated',
        data: json(message),
      });
      return message;
    });
  }
}

function toEnvironment({ environment, version }: EnvironmentRows): Environment {
  return Environment.fromPartial({
    id: environment.id,
    name: environment.name,
    version: version.version,
    variables: version.variables,
    limits: version.limits ?? undefined,
    checks: version.checks,
    agent: version.agent ?? undefined,
    createTime: version.createTime,
    revision: environment.revision,
    etag: environment.revision,
  });
}

function json(message: Environment): unknown {
  return toCanonicalJson('heddle.v1.Environment', Environment, message);
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
