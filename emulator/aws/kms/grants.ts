import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { parseArn } from '../arn.js';
import { AwsError } from '../error.js';
import { isObject } from '../../json.js';
import { principalArn } from '../principal.js';
import { boolean, readInput, required } from './input.js';
import { findKey, REFUSED } from './lookup.js';
import type { Grant, Key } from './model.js';
import { page } from './paging.js';
import * as shapes from './shapes.js';
import { endDryRun } from './usage.js';
import { seconds, type KmsOutput, type Operation } from './world.js';

const createGrant: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    GranteePrincipal: required(shapes.principalId),
    RetiringPrincipal: shapes.principalId,
    Operations: required(shapes.grantOperations),
    Name: shapes.grantName,
    DryRun: boolean(),
  });
  const key = findKey(world, call, { keyId: input.KeyId, refuses: REFUSED.use });
  for (const principal of [input.GranteePrincipal, input.RetiringPrincipal]) refuseNonArn(principal);
  if (input.Operations.length === 0)
    throw new AwsError('ValidationException', 'A grant must allow at least one operation.');
  endDryRun(input.DryRun);
  const constraints = call.body['Constraints'];
  const content = {
    name: input.Name,
    grantee: input.GranteePrincipal,
    retiring: input.RetiringPrincipal,
    issuer: principalArn({ ...call.principal, resource: 'root' }, call.region).replace(':sts:', ':iam:'),
    operations: [...new Set(input.Operations)],
    constraints: isObject(constraints) ? constraints : undefined,
  };
  const grant = sameGrant(key, content) ?? addGrant(key, content, world.clock.now());
  return { GrantId: grant.id, GrantToken: grant.token };
};

type GrantContent = Omit<Grant, 'id' | 'token' | 'createdAt'>;

/** A named grant can be created again with the same content: the API is idempotent then. */
function sameGrant(key: Key, content: GrantContent): Grant | undefined {
  if (content.name === undefined) return undefined;
  return [...key.grants.values()].find((grant) => {
    const { name, grantee, retiring, issuer, operations, constraints } = grant;
    return isDeepStrictEqual({ name, grantee, retiring, issuer, operations, constraints }, content);
  });
}

function addGrant(key: Key, content: GrantContent, now: number): Grant {
  const id = randomBytes(32).toString('hex');
  const grant = { ...content, id, token: randomBytes(48).toString('base64'), createdAt: now };
  key.grants.set(id, grant);
  return grant;
}

function refuseNonArn(principal: string | undefined): void {
  if (principal === undefined || principal.endsWith('.amazonaws.com')) return;
  const arn = parseArn(principal);
  if (arn === undefined || !['iam', 'sts'].includes(arn.service))
    throw new AwsError('InvalidArnException', `Invalid arn ${principal}`);
}

const listGrants: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    GrantId: shapes.grantId,
    GranteePrincipal: shapes.principalId,
    Limit: shapes.limit,
    Marker: shapes.marker,
  });
  const key = findKey(world, call, { keyId: input.KeyId });
  const grants = [...key.grants.values()].filter(
    (grant) =>
      (input.GrantId === undefined || grant.id === input.GrantId) &&
      (input.GranteePrincipal === undefined || grant.grantee === input.GranteePrincipal),
  );
  const { items, ...rest } = page(grants, { ...input, idOf: (grant) => grant.id, defaultLimit: 50 });
  return { Grants: items.map((grant) => describeGrant(key, grant)), ...rest };
};

const listRetirableGrants: Operation = (world, call) => {
  const input = readInput(call.body, {
    RetiringPrincipal: required(shapes.principalId),
    Limit: shapes.limit,
    Marker: shapes.marker,
  });
  const found = world.store.keysIn(call.region).flatMap((key) => {
    const grants = [...key.grants.values()].filter(({ retiring }) => retiring === input.RetiringPrincipal);
    return grants.map((grant) => ({ key, grant }));
  });
  const { items, ...rest } = page(found, { ...input, idOf: ({ grant }) => grant.id, defaultLimit: 50 });
  return { Grants: items.map(({ key, grant }) => describeGrant(key, grant)), ...rest };
};

function describeGrant(key: Key, grant: Grant): KmsOutput {
  return {
    KeyId: key.arn,
    GrantId: grant.id,
    ...(grant.name === undefined ? {} : { Name: grant.name }),
    CreationDate: seconds(grant.createdAt),
    GranteePrincipal: grant.grantee,
    ...(grant.retiring === undefined ? {} : { RetiringPrincipal: grant.retiring }),
    IssuingAccount: grant.issuer,
    Operations: grant.operations,
    ...(grant.constraints === undefined ? {} : { Constraints: grant.constraints }),
  };
}

const revokeGrant: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    GrantId: required(shapes.grantId),
    DryRun: boolean(),
  });
  const key = findKey(world, call, { keyId: input.KeyId });
  if (!key.grants.has(input.GrantId)) throw noSuchGrant(input.GrantId);
  endDryRun(input.DryRun);
  key.grants.delete(input.GrantId);
  return {};
};

/** By the grant's token, or by key and grant id. */
const retireGrant: Operation = (world, call) => {
  const input = readInput(call.body, {
    GrantToken: shapes.grantToken,
    KeyId: shapes.keyId,
    GrantId: shapes.grantId,
    DryRun: boolean(),
  });
  if (input.GrantToken === undefined && (input.KeyId === undefined || input.GrantId === undefined))
    throw new AwsError('ValidationException', 'Either a GrantToken or a KeyId and a GrantId must be given.');
  const keys =
    input.KeyId === undefined
      ? world.store.keysIn(call.region)
      : [findKey(world, call, { keyId: input.KeyId })];
  for (const key of keys) {
    const found = [...key.grants.values()].find(
      ({ id, token }) => id === input.GrantId || token === input.GrantToken,
    );
    if (found === undefined) continue;
    endDryRun(input.DryRun);
    key.grants.delete(found.id);
    return {};
  }
  if (input.GrantId !== undefined) throw noSuchGrant(input.GrantId);
  throw new AwsError('InvalidGrantTokenException', 'The grant token is not valid.');
};

function noSuchGrant(id: string): AwsError {
  return new AwsError('NotFoundException', `Grant ID ${id} not found`);
}

export const grantOperations: Readonly<Record<string, Operation>> = {
  CreateGrant: createGrant,
  ListGrants: listGrants,
  ListRetirableGrants: listRetirableGrants,
  RevokeGrant: revokeGrant,
  RetireGrant: retireGrant,
};
