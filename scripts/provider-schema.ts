import ts from 'typescript';

/** A type of Terraform's, as far as the bundled module uses them. */
export type TerraformType = 'string' | 'number' | 'bool' | 'map(string)' | 'list(string)' | 'block';

/** What a resource, a data source or a provider has: each attribute's type, and whether it can be set. */
export type Schema = Readonly<
  Record<string, { readonly type: TerraformType | undefined; readonly settable: boolean }>
>;

/**
 * Reads the schema out of the TypeScript declarations that CDK Terrain generates from a provider's own.
 * @param declarations the text of an `index.d.ts` of `@cdktn/provider-aws`
 * @param className the class of the resource, data source or provider
 * @returns attributes by Terraform's names; what a repeated block has as `block.attribute`
 * @throws Error when there is no such class
 */
export function readSchema(declarations: string, className: string): Schema {
  const file = ts.createSourceFile('index.d.ts', declarations, ts.ScriptTarget.Latest, true);
  const found = file.statements.find(
    (node): node is ts.ClassDeclaration => ts.isClassDeclaration(node) && node.name?.text === className,
  );
  if (found === undefined) throw new Error(`the declarations have no class ${className}`);
  const setters = new Set(found.members.filter(ts.isSetAccessor).map((member) => member.name.getText(file)));
  const blocks = new Set(
    found.members
      .filter(ts.isMethodDeclaration)
      .map((member) => /^put([A-Z]\w*)$/.exec(member.name.getText(file))?.[1])
      .filter((name) => name !== undefined)
      .map((name) => name.charAt(0).toLowerCase() + name.slice(1)),
  );
  return Object.fromEntries(
    found.members.filter(ts.isGetAccessor).flatMap((member) => {
      const name = member.name.getText(file);
      const text = member.type?.getText(file) ?? '';
      const nested = membersOf(file, /^(\w+)\[\]/.exec(text)?.[1] ?? '');
      const type = blocks.has(name) || nested.length > 0 ? 'block' : typeOf(text);
      const settable = setters.has(name) || blocks.has(name);
      return [
        [snakeCase(name), { type, settable }],
        ...nested.map((inner) => [
          `${snakeCase(name)}.${snakeCase(inner.name)}`,
          { type: inner.type, settable },
        ]),
      ] as [string, Schema[string]][];
    }),
  );
}

/** What a block has: the members of the interface that stands for it, none where there is no such interface. */
function membersOf(
  file: ts.SourceFile,
  name: string,
): { readonly name: string; readonly type: TerraformType | undefined }[] {
  const found = file.statements.find(
    (node): node is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(node) && node.name.text === name,
  );
  return [...(found?.members ?? [])].filter(ts.isPropertySignature).map((member) => ({
    name: member.name.getText(file),
    type: typeOf(member.type?.getText(file) ?? ''),
  }));
}

/** The type that generated TypeScript stands for; undefined for whatever the bundled module has no use for. */
function typeOf(text: string): TerraformType | undefined {
  const [plain = ''] = text.replace(/\s+/g, ' ').split(' | ');
  const types: Readonly<Record<string, TerraformType>> = {
    string: 'string',
    number: 'number',
    boolean: 'bool',
    '{ [key: string]: string; }': 'map(string)',
    'string[]': 'list(string)',
  };
  return Object.hasOwn(types, plain) ? types[plain] : undefined;
}

/** `rotationPeriodInDays` to `rotation_period_in_days`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** What Terraform code uses of a provider. */
export interface Use {
  /** `aws_kms_key`, or `data.aws_partition`. */
  readonly of: string;
  readonly name: string;
  readonly how: 'argument' | 'attribute';
}

/** Not arguments of the provider's, but Terraform's own, for every resource. */
const META_ARGUMENTS = new Set(['for_each', 'count', 'provider', 'depends_on']);

/**
 * Reads which arguments Terraform code sets in its resources, and which attributes of resources and data sources it refers
 * to. It knows the form that `terraform fmt` gives: one argument a line, two spaces in.
 * @param hcl the text of a `.tf` file
 */
export function readUses(hcl: string): Use[] {
  const code = hcl.replace(/^\s*#.*$/gm, '');
  const blocks = code.matchAll(/^(resource|data) "(\w+)" "\w+" \{(?:\}|\n([\s\S]*?)^\})/gm);
  const set = [...blocks].flatMap(([, kind = '', type = '', body = '']) =>
    [...body.matchAll(/^ {2}(\w+)\s*=/gm)]
      .map(([, name = '']) => name)
      .filter((name) => !META_ARGUMENTS.has(name))
      .map((name): Use => ({ of: kind === 'data' ? `data.${type}` : type, name, how: 'argument' })),
  );
  const referred = code.matchAll(/(?<![\w.])((?:data\.)?aws_\w+)\.\w+\.(\w+)/g);
  return [...set, ...[...referred].map(([, of = '', name = '']): Use => ({ of, name, how: 'attribute' }))];
}
