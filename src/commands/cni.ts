import { EnimError } from '../model/errors.js';
import { EnimCommand } from './base.js';

/** `enim cni`: what a container runtime calls. With CNI_COMMAND set the program never gets here. */
export default class Cni extends EnimCommand {
  static override summary = 'Answer a container runtime as its CNI plugin';

  static override description =
    `A container runtime runs this, or the executable itself under the name that a network configuration has as its "type", with CNI_COMMAND and the other variables of the CNI specification set and the network configuration on standard input. It answers ADD, DEL, CHECK, GC, STATUS and VERSION in the versions 0.3.1, 0.4.0, 1.0.0 and 1.1.0 with one JSON document on standard output.

Keys of the network configuration, besides those of the specification: "config", "stateDir", "runDir", "lockWait" (milliseconds), "logFile", "logLevel", "mtu", "force", and those of the host-device plugin: "device", "hwaddr", "kernelpath", "pciBusID".`;

  static override examples = ['$ CNI_COMMAND=VERSION <%= config.bin %> cni < /dev/null'];

  async run(): Promise<never> {
    await this.parse(Cni);
    throw new EnimError('INVALID_ARGUMENT', 'CNI_COMMAND is not set; a container runtime sets it.', {
      hint: 'by hand: CNI_COMMAND=VERSION enim cni < /dev/null',
    });
  }
}
