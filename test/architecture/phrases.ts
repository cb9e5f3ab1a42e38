/** The phrases that sources give to an error as `expected` or `found`, through the helpers, tables and properties that pass them on. */
import path from 'node:path';
import { API, SymbolFlags, type Checker, type Program, type Symbol } from 'typescript/unstable/sync';
import * as ts from 'typescript/unstable/ast';
import * as is from 'typescript/unstable/ast/is';

/** Where a phrase stands: `core/x/y.ts:12`. A value of a template is `{}` in it. */
export interface Phrase {
  readonly text: string;
  readonly at: string;
}

/** Sources that ship, not their tests. */
const SHIPPED = /^(?:core|plugins|connectors)\/(?!.*\/(?:test|vectors)\/)/;
const SINKS = ['expected', 'found'];

/** A value that the sources only pass on (what a message, a file or a library says) gives none. Takes some seconds: it asks the compiler. */
export function phrasesOf(root: string): readonly Phrase[] {
  const api = new API({ cwd: root });
  try {
    const [project] = api.updateSnapshot({ openProjects: [path.join(root, 'tsconfig.json')] }).getProjects();
    return new Reader(root, project!.program, project!.checker).read();
  } finally {
    api.close();
  }
}

class Reader {
  readonly #root: string;
  readonly #program: Program;
  readonly #checker: Checker;
  readonly #phrases: Phrase[] = [];
  readonly #seen = new Set<ts.Node>();
  /** By name of what is called. */
  readonly #calls = new Map<string, ts.CallExpression[]>();
  readonly #news: ts.NewExpression[] = [];
  /** By name of the property. */
  readonly #properties = new Map<string, ts.Node[]>();

  constructor(root: string, program: Program, checker: Checker) {
    this.#root = root;
    this.#program = program;
    this.#checker = checker;
  }

  read(): readonly Phrase[] {
    for (const name of this.#program.getSourceFileNames()) {
      if (!SHIPPED.test(path.relative(this.#root, name))) continue;
      this.#index(this.#program.getSourceFile(name)!);
    }
    for (const name of SINKS) for (const one of this.#properties.get(name) ?? []) this.#follow(valueOf(one));
    return this.#phrases;
  }

  #index(node: ts.Node): void {
    if (is.isCallExpression(node)) add(this.#calls, nameOf(node.expression), node);
    if (is.isNewExpression(node)) this.#news.push(node);
    if (is.isPropertyAssignment(node) || is.isShorthandPropertyAssignment(node)) add(this.#properties, nameOf(node.name), node);
    node.forEachChild((child) => this.#index(child));
  }

  #isShipped(node: ts.Node): boolean {
    return SHIPPED.test(path.relative(this.#root, node.getSourceFile().fileName));
  }

  #at(node: ts.Node): string {
    const file = node.getSourceFile();
    const line = file.text.slice(0, node.getStart(file)).split('\n').length;
    return `${path.relative(this.#root, file.fileName)}:${line}`;
  }

  #follow(node: ts.Node | undefined): void {
    if (!node || this.#seen.has(node)) return;
    this.#seen.add(node);
    const texts = this.#texts(node);
    if (texts) for (const text of texts) this.#phrases.push({ text, at: this.#at(node) });
    else this.#through(node);
  }

  /** What is written here, each way it can read; undefined when it is written elsewhere. */
  #texts(node: ts.Node): readonly string[] | undefined {
    if (is.isStringLiteral(node) || is.isNoSubstitutionTemplateLiteral(node)) return [node.text];
    if (is.isTemplateExpression(node)) {
      return node.templateSpans.reduce<readonly string[]>(
        (before, { expression, literal }) => before.flatMap((start) => this.#place(expression).map((value) => start + value + literal.text)),
        [node.head.text],
      );
    }
    if (is.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
      const made = this.#place(node.left).flatMap((left) => this.#place(node.right).map((right) => left + right));
      return made.every((text) => text.replaceAll('{}', '') === '') ? undefined : made;
    }
    // Words between the items of a list.
    if (is.isCallExpression(node) && nameOf(node.expression) === 'join' && node.arguments[0] && is.isStringLiteral(node.arguments[0]))
      return /[a-z]/.test(node.arguments[0].text) ? [`{}${node.arguments[0].text}{}`] : undefined;
    if (is.isTypeOfExpression(node)) return ['string', 'number', 'boolean', 'object', 'undefined'];
    return undefined;
  }

  #place(node: ts.Node): readonly string[] {
    const inner = bare(node);
    if (is.isConditionalExpression(inner)) return [...this.#place(inner.whenTrue), ...this.#place(inner.whenFalse)];
    if (is.isBinaryExpression(inner) && FALLBACKS.has(inner.operatorToken.kind))
      return [...new Set([...this.#place(inner.left), ...this.#place(inner.right)])];
    const texts = this.#texts(inner);
    if (!texts) this.#follow(inner);
    return texts ?? ['{}'];
  }

  #through(node: ts.Node): void {
    const inner = bare(node);
    if (inner !== node) return this.#follow(inner);
    if (is.isConditionalExpression(node)) {
      this.#follow(node.whenTrue);
      this.#follow(node.whenFalse);
    } else if (is.isBinaryExpression(node)) {
      if (node.operatorToken.kind !== ts.SyntaxKind.AmpersandAmpersandToken) this.#follow(node.left);
      this.#follow(node.right);
    } else if (is.isIdentifier(node)) {
      if (node.text !== 'undefined') this.#declared(this.#symbol(node));
    } else if (is.isCallExpression(node)) this.#returned(node);
    else if (is.isElementAccessExpression(node)) this.#values(node.expression);
    else if (is.isPropertyAccessExpression(node)) this.#declared(this.#symbol(node));
  }

  #symbol(node: ts.Node): Symbol | undefined {
    const parent = node.parent;
    const symbol =
      parent && is.isShorthandPropertyAssignment(parent) && parent.name === node
        ? this.#checker.getShorthandAssignmentValueSymbol(parent)
        : this.#checker.getSymbolAtLocation(is.isPropertyAccessExpression(node) ? node.name : node);
    return symbol && symbol.flags & SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }

  #declared(symbol: Symbol | undefined): void {
    for (const handle of symbol?.declarations ?? []) {
      const one = handle.resolve();
      if (!one || this.#seen.has(one) || !this.#isShipped(one)) continue;
      this.#seen.add(one);
      if (is.isVariableDeclaration(one) || is.isPropertyAssignment(one)) this.#follow(one.initializer);
      else if (is.isParameterDeclaration(one)) this.#given(one);
      else if (is.isPropertySignatureDeclaration(one) || is.isPropertyDeclaration(one)) {
        // Words of a list are data, and what has an English text has a French one beside it.
        if (nameOf(one.name) !== 'en' && /^string\b/.test(one.type?.getText() ?? 'string')) this.#assigned(one);
      } else if (is.isBindingElement(one)) this.#bound(one);
    }
  }

  #bound(one: ts.BindingElement): void {
    const name = nameOf(one.propertyName ?? one.name);
    const type = is.isObjectBindingPattern(one.parent) ? this.#checker.getTypeAtLocation(one.parent) : undefined;
    if (type) this.#declared(this.#checker.getPropertyOfType(type, name));
  }

  /** Every value that a caller gives for the parameter. */
  #given(parameter: ts.ParameterDeclaration): void {
    const owner = parameter.parent as ts.FunctionLikeDeclaration;
    const index = owner.parameters.indexOf(parameter);
    if (parameter.initializer) this.#follow(parameter.initializer);
    if (is.isConstructorDeclaration(owner)) {
      const made = this.#symbol((owner.parent as ts.ClassDeclaration).name!);
      for (const call of this.#news) {
        if (nameOf(call.expression) === made?.name) this.#follow(call.arguments?.[index]);
      }
      return;
    }
    const named = is.isArrowFunction(owner) || is.isFunctionExpression(owner) ? owner.parent : owner;
    const name = 'name' in named && named.name ? (named.name as ts.Node) : undefined;
    if (!name || !(is.isVariableDeclaration(named) || is.isFunctionDeclaration(named) || is.isMethodDeclaration(named))) return;
    const symbol = this.#symbol(name);
    for (const call of this.#calls.get(nameOf(name)) ?? []) {
      if (this.#symbol(call.expression)?.id === symbol?.id) this.#follow(call.arguments[index]);
    }
  }

  /** Every value that a literal gives the property. */
  #assigned(declaration: ts.PropertySignatureDeclaration | ts.PropertyDeclaration): void {
    const name = nameOf(declaration.name);
    if (is.isPropertyDeclaration(declaration) && declaration.initializer) this.#follow(declaration.initializer);
    if (SINKS.includes(name)) return;
    for (const one of this.#properties.get(name) ?? []) {
      const type = this.#checker.getContextualType(one.parent as ts.ObjectLiteralExpression);
      const solid = type && this.#checker.getNonNullableType(type);
      const property = solid && this.#checker.getPropertyOfType(solid, name);
      if (property?.declarations.some((handle) => handle.resolve() === declaration)) this.#follow(valueOf(one));
    }
  }

  #returned(call: ts.CallExpression): void {
    const callee = call.expression;
    if (is.isPropertyAccessExpression(callee) && ['slice', 'trim', 'at'].includes(callee.name.text)) return this.#follow(callee.expression);
    const [handle] = this.#symbol(callee)?.declarations ?? [];
    let made = handle?.resolve();
    if (!made || !this.#isShipped(made)) return;
    if (is.isVariableDeclaration(made)) made = made.initializer;
    if (made && is.isArrowFunction(made) && !is.isBlock(made.body)) return this.#follow(made.body);
    if (made && 'body' in made && made.body) return this.#returns(made.body as ts.Node);
  }

  #returns(node: ts.Node): void {
    if (is.isReturnStatement(node)) return this.#follow(node.expression);
    if (is.isArrowFunction(node) || is.isFunctionDeclaration(node) || is.isFunctionExpression(node)) return;
    node.forEachChild((child) => this.#returns(child));
  }

  /** The values of a table. */
  #values(node: ts.Node): void {
    const inner = bare(node);
    if (is.isArrayLiteralExpression(inner)) for (const one of inner.elements) this.#follow(one);
    else if (is.isObjectLiteralExpression(inner)) for (const one of inner.properties) this.#follow(valueOf(one));
    else {
      const made = this.#symbol(inner)?.valueDeclaration?.resolve();
      if (made && is.isVariableDeclaration(made) && made.initializer) this.#values(made.initializer);
    }
  }
}

const FALLBACKS: ReadonlySet<ts.SyntaxKind> = new Set([ts.SyntaxKind.BarBarToken, ts.SyntaxKind.QuestionQuestionToken]);

function valueOf(node: ts.Node): ts.Node | undefined {
  if (is.isPropertyAssignment(node)) return node.initializer;
  return is.isShorthandPropertyAssignment(node) ? node.name : undefined;
}

function bare(node: ts.Node): ts.Node {
  if (
    is.isParenthesizedExpression(node) ||
    is.isAsExpression(node) ||
    is.isSatisfiesExpression(node) ||
    is.isNonNullExpression(node) ||
    is.isAwaitExpression(node)
  )
    return bare(node.expression);
  return node;
}

function nameOf(node: ts.Node | undefined): string {
  if (!node) return '';
  if (is.isPropertyAccessExpression(node)) return node.name.text;
  return is.isIdentifier(node) || is.isPrivateIdentifier(node) || is.isStringLiteral(node) ? node.text : '';
}

function add<T>(map: Map<string, T[]>, name: string, value: T): void {
  const list = map.get(name);
  if (list) list.push(value);
  else map.set(name, [value]);
}
