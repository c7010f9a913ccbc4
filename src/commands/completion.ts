import { Args } from '@oclif/core';
import { completionScript, SHELLS, type Shell } from '../render/completion.js';
import { EnimCommand } from './base.js';

/** `enim completion`: prints a script for a shell. */
export default class Completion extends EnimCommand {
  static override summary = 'Print the script by which a shell completes command lines of enim';

  static override description =
    `Completes commands, flags and their values, and the ENIs and owners of this node, for which the shell asks enim.

bash: echo 'source <(enim completion bash)' >> ~/.bashrc
zsh:  enim completion zsh > "\${fpath[1]}/_enim"
fish: enim completion fish > ~/.config/fish/completions/enim.fish`;

  static override examples = ['<%= config.bin %> completion bash'];

  static override args = {
    shell: Args.string({
      required: true,
      ignoreStdin: true,
      options: SHELLS,
      description: 'which shell',
    }),
  };

  async run(): Promise<{ readonly shell: Shell; readonly script: string }> {
    const { args } = await this.parse(Completion);
    // oclif has refused all others.
    const shell = args.shell as Shell;
    const script = completionScript(shell);
    this.log(script.trimEnd());
    return { shell, script };
  }
}
