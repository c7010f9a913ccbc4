/**
 * The shapes of documents, read from the types of the source: what the compiler holds the program to and what a schema says cannot come
 * apart. The comments of the types become the descriptions.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  createFormatter,
  createParser,
  createProgram,
  DEFAULT_CONFIG,
  SchemaGenerator,
} from 'ts-json-schema-generator';
import ts from 'typescript';
import type { Schema } from './schema.js';

/** Finds the shapes. */
export interface Shapes {
  /** What the command with this oclif ID returns, which is what `--json` prints. @throws Error if it has no `run` */
  ofCommand(id: string): Schema;
  /** An exported type of a file below `src`. @throws Error if there is none */
  ofType(file: string, name: string): Schema;
}

/** Reads the source below `root`; it takes seconds. */
export function readShapes(root: string): Shapes {
  const config = {
    ...DEFAULT_CONFIG,
    path: join(root, 'src/commands/**/*.ts'),
    tsconfig: join(root, 'tsconfig.json'),
    // What has errors is told by `tsc`.
    skipTypeCheck: true,
    topRef: false,
    expose: 'export',
  } as const;
  const program = createProgram(config);
  const generator = new SchemaGenerator(program, createParser(program, config), createFormatter(config), config);
  const sourceOf = (file: string): ts.SourceFile => {
    const source = program.getSourceFile(join(root, file));
    if (source === undefined) throw new Error(`${file} is no file of the program.`);
    return source;
  };
  const shapeOf = (node: ts.Node | undefined, what: string): Schema => {
    if (node === undefined) throw new Error(`There is no ${what}.`);
    return generator.createSchemaFromNodes([node]) as object as Schema;
  };
  return {
    ofCommand(id) {
      const file = fileOf(root, id);
      return shapeOf(documentType(sourceOf(file)), `method "run" with a Promise in ${file}`);
    },
    ofType: (file, name) => shapeOf(declarationOf(sourceOf(file), name), `type ${name} in ${file}`),
  };
}

function fileOf(root: string, id: string): string {
  const path = `src/commands/${id.replaceAll(':', '/')}`;
  return existsSync(join(root, `${path}.ts`)) ? `${path}.ts` : `${path}/index.ts`;
}

/** The `T` of `run(): Promise<T>`. That it may be undefined means that it prints by itself; what it prints has another schema. */
function documentType(source: ts.SourceFile): ts.Node | undefined {
  const run = find(source, (node): node is ts.MethodDeclaration => {
    return ts.isMethodDeclaration(node) && node.name.getText(source) === 'run';
  });
  const promise = run?.type;
  const type = promise !== undefined && ts.isTypeReferenceNode(promise) ? promise.typeArguments?.[0] : undefined;
  if (type === undefined || !ts.isUnionTypeNode(type)) return type;
  const printed = type.types.filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword);
  return printed.length === 1 ? printed[0] : type;
}

function declarationOf(source: ts.SourceFile, name: string): ts.Node | undefined {
  return find(source, (node): node is ts.InterfaceDeclaration | ts.TypeAliasDeclaration => {
    return (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) && node.name.text === name;
  });
}

function find<T extends ts.Node>(node: ts.Node, is: (each: ts.Node) => each is T): T | undefined {
  if (is(node)) return node;
  return ts.forEachChild(node, (child) => find(child, is));
}
