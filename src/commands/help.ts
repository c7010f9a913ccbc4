/**
 * What of oclif's help is not as it should be. It takes a class of one's own only from a file, which the executable does not have, so
 * the one that it has is changed.
 */
import { Help } from '@oclif/core';
import { folded } from '../render/fold.js';
import { widthOf } from '../render/style.js';
import { buildDocument } from './build.js';

/** What is changed; oclif has it for classes that extend its own. */
interface Changed {
  readonly config: { userAgent: string };
  formatRoot(): string;
  log(text: string): void;
}

const prototype = Help.prototype as unknown as Changed;
const { formatRoot } = prototype;

/**
 * Has the help name the runtime that there is, where oclif takes the Node.js that Bun stands for, and be no wider than the terminal.
 *
 * @param version of the package
 */
export function adaptHelp(version: string): void {
  const { runtime } = buildDocument(version);
  prototype.formatRoot = function (this: Changed): string {
    this.config.userAgent = `enim ${version}, ${runtime.name} ${runtime.version}`;
    return formatRoot.call(this);
  };
  prototype.log = (text) => console.log(folded(text, widthOf(process.stdout)));
}
