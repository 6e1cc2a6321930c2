import { AwsError } from '../error.js';
import { authorize } from './authorization.js';
import { readInput, required } from './input.js';
import { aliasArn, findKey, REFUSED } from './lookup.js';
import type { Alias } from './model.js';
import { page } from './paging.js';
import * as shapes from './shapes.js';
import { seconds, type KmsCall, type KmsWorld, type Operation } from './world.js';

/** Aliases that one key may have (KMS quotas). */
const MAX_ALIASES_PER_KEY = 50;

const createAlias: Operation = (world, call) => {
  const input = readInput(call.body, {
    AliasName: required(shapes.aliasName),
    TargetKeyId: required(shapes.keyId),
  });
  refuseName(input.AliasName);
  const key = findKey(world, call, { keyId: input.TargetKeyId, refuses: REFUSED.manage });
  const account = call.principal.account;
  const arn = aliasArn(account, call.region, input.AliasName);
  if (world.store.findAlias(account, call.region, input.AliasName) !== undefined)
    throw new AwsError('AlreadyExistsException', `An alias with the name ${arn} already exists`);
  refuseTooMany(world, call, key.family.id);
  const now = world.clock.now();
  world.store.addAlias(account, call.region, {
    name: input.AliasName,
    arn,
    targetId: key.family.id,
    createdAt: now,
    updatedAt: now,
  });
  return {};
};

const updateAlias: Operation = (world, call) => {
  const input = readInput(call.body, {
    AliasName: required(shapes.aliasName),
    TargetKeyId: required(shapes.keyId),
  });
  refuseName(input.AliasName);
  const alias = findAlias(world, call, input.AliasName);
  // UpdateAlias asks for the permission on the key that it leaves, too.
  authorizeTarget(world, call, alias);
  const key = findKey(world, call, { keyId: input.TargetKeyId, refuses: REFUSED.manage });
  refuseOtherKind(world, call, { alias, newId: key.family.id });
  if (alias.targetId !== key.family.id) refuseTooMany(world, call, key.family.id);
  alias.targetId = key.family.id;
  alias.updatedAt = world.clock.now();
  return {};
};

const deleteAlias: Operation = (world, call) => {
  const input = readInput(call.body, { AliasName: required(shapes.aliasName) });
  refuseName(input.AliasName);
  const alias = findAlias(world, call, input.AliasName);
  authorizeTarget(world, call, alias);
  world.store.removeAlias(call.principal.account, call.region, alias.name);
  return {};
};

const listAliases: Operation = (world, call) => {
  const input = readInput(call.body, { KeyId: shapes.keyId, Limit: shapes.limit, Marker: shapes.marker });
  const target =
    // The permission to list is not one on a key.
    input.KeyId === undefined
      ? undefined
      : findKey(world, call, { keyId: input.KeyId, permission: undefined }).family.id;
  const aliases = world.store
    .aliasesIn(call.principal.account, call.region)
    .filter((alias) => target === undefined || alias.targetId === target);
  const { items, ...rest } = page(aliases, { ...input, idOf: (alias) => alias.name, defaultLimit: 50 });
  return { Aliases: items.map(describeAlias), ...rest };
};

function describeAlias(alias: Alias): Readonly<Record<string, unknown>> {
  return {
    AliasName: alias.name,
    AliasArn: alias.arn,
    TargetKeyId: alias.targetId,
    CreationDate: seconds(alias.createdAt),
    LastUpdatedDate: seconds(alias.updatedAt),
  };
}

/** The permission on the key that an alias stands for. */
function authorizeTarget(world: KmsWorld, call: KmsCall, alias: Alias): void {
  const key = world.store.find(call.principal.account, call.region, alias.targetId);
  if (key !== undefined) authorize(world, call, { key, permission: call.action });
}

function findAlias(world: KmsWorld, call: KmsCall, name: string): Alias {
  const alias = world.store.findAlias(call.principal.account, call.region, name);
  if (alias !== undefined) return alias;
  const arn = aliasArn(call.principal.account, call.region, name);
  throw new AwsError('NotFoundException', `Alias ${arn} is not found.`);
}

/** `alias/` and a name, but none of AWS's own; a colon passes the model's pattern and is refused here. */
function refuseName(name: string): void {
  if (!name.startsWith('alias/'))
    throw new AwsError(
      'ValidationException',
      'Alias must start with the prefix "alias/". Please see ' + ALIAS_PAGE,
    );
  if (name === 'alias/') throw new AwsError('ValidationException', 'Alias must not be empty');
  if (name.startsWith('alias/aws/'))
    throw new AwsError('NotAuthorizedException', 'Aliases that begin with alias/aws/ are reserved for AWS.');
  if (name.includes(':'))
    throw new AwsError('InvalidAliasNameException', `${name} contains invalid characters for an alias`);
}

const ALIAS_PAGE = 'http://docs.aws.amazon.com/kms/latest/developerguide/programming-aliases.html';

function refuseTooMany(world: KmsWorld, call: KmsCall, keyId: string): void {
  const aliases = world.store.aliasesIn(call.principal.account, call.region);
  if (aliases.filter((alias) => alias.targetId === keyId).length >= MAX_ALIASES_PER_KEY)
    throw new AwsError('LimitExceededException', `A key may have at most ${MAX_ALIASES_PER_KEY} aliases.`);
}

/** An alias moves only between keys of the same type and usage (UpdateAlias's API page). */
function refuseOtherKind(world: KmsWorld, call: KmsCall, move: { alias: Alias; newId: string }): void {
  const { account } = call.principal;
  const old = world.store.find(account, call.region, move.alias.targetId)?.family;
  const next = world.store.find(account, call.region, move.newId)?.family;
  if (old === undefined || next === undefined) return;
  const typeOf = (spec: string): string =>
    spec === 'SYMMETRIC_DEFAULT' ? spec : (spec.split('_')[0] ?? spec);
  const asymmetric = (spec: string): boolean => ['RSA', 'ECC'].includes(typeOf(spec));
  const sameType = typeOf(old.spec) === typeOf(next.spec) || (asymmetric(old.spec) && asymmetric(next.spec));
  if (!sameType || old.usage !== next.usage)
    throw new AwsError(
      'ValidationException',
      `Alias ${move.alias.name} cannot be changed from a KMS key with KeyUsage ${old.usage} and KeySpec ${old.spec} ` +
        `to one with KeyUsage ${next.usage} and KeySpec ${next.spec}`,
    );
}

export const aliasOperations: Readonly<Record<string, Operation>> = {
  CreateAlias: createAlias,
  UpdateAlias: updateAlias,
  DeleteAlias: deleteAlias,
  ListAliases: listAliases,
};
