/** The commands of a sequence: each is done to the node and to the model, and then the two must agree. */
import { expect } from '@jest/globals';
import fc from 'fast-check';
import type { AddAnswer, GcAnswer } from '../fabric/answers.js';
import type { TestEni } from '../fabric/inventory.js';
import type { DelRequest, Model, ModelEni, ModelLink, ModelPod } from './model.js';
import { disguised, type Ran, type World } from './world.js';

type Command = fc.AsyncCommand<Model, World>;

/** Pods of four owners want the ENIs. */
const OWNERS = ['default/web-0', 'default/web-1', 'default/web-2', 'default/web-3'];

/** More ENIs than one, fewer than owners. */
export const ENIS = 3;

/** Most of what an add has; a run that has fewer is not killed. */
const STEPS = 90;

function command(
  text: string,
  run: (model: Model, world: World) => Promise<void>,
  check: (model: Model) => boolean = () => true,
): Command {
  return {
    check,
    async run(model, world) {
      try {
        await run(model, world);
        expect(await world.see()).toEqual(model.expected());
      } catch (cause) {
        const trace = world.trace.map((line) => `  ${line}`).join('\n');
        throw new Error(`After\n${trace}\n${cause instanceof Error ? cause.message : cause}`, { cause });
      }
    },
    toString: () => text,
  };
}

/** The pod that lives at the owner's, and a new one where there is none. */
async function podOf(owner: string, model: Model, world: World): Promise<ModelPod> {
  const living = model.reachable(owner);
  if (living !== undefined) return living;
  const pod: ModelPod = { name: nameOf(owner, model), owner, life: 'named', inhabited: false };
  await world.startPod(pod.name);
  model.pods.push(pod);
  return pod;
}

function nameOf(owner: string, model: Model): string {
  return `${owner.replace('default/', '')}.${model.pods.filter((pod) => pod.owner === owner).length}`;
}

function expectExit({ code, stdout, stderr }: Ran, exit: number): void {
  if (code !== exit) throw new Error(`It ended with ${code}, not with ${exit}: ${stdout}${stderr}`);
}

const at = (step: number | null): string => (step === null ? '' : ` killed at ${step}`);

function add(owner: string, wish: number | null, step: number | null): Command {
  return command(`add ${owner}${wish === null ? '' : ` eni${wish}`}${at(step)}`, async (model, world) => {
    const pod = await podOf(owner, model, world);
    const wanted = wish === null ? null : (model.enis[wish] as ModelEni);
    const touched = model.addTouches(pod, wanted);
    const eni = wanted === null ? [] : ['--eni', wanted.id];
    const args = ['add', owner, '--netns', world.path(pod), '--container-id', pod.name, ...eni];
    const ran = await world.enim(args, step);
    if (ran.killed) return model.settle(await world.facts(), touched, pod);
    const { exit, choices } = model.add(pod, wanted);
    expectExit(ran, exit);
    if (exit !== 0) return;
    const given = choices.find(({ id }) => id === (ran.json as AddAnswer).eni.id);
    if (given === undefined) throw new Error(`It gave ${ran.stdout}, not one of ${choices.map(({ id }) => id)}.`);
    model.attach(given, pod);
  });
}

/** Whom a del names. */
const DELS: Readonly<Record<string, (owner: string, model: Model) => DelRequest>> = {
  'its container': (owner, model) => ({ owner, container: last(owner, model)?.name ?? 'none', netns: null }),
  'its container and netns': (owner, model) => {
    const pod = last(owner, model);
    return { owner, container: pod?.name ?? 'none', netns: pod?.life === 'named' ? pod : null };
  },
  'no container': (owner) => ({ owner, container: null, netns: null }),
  'its netns': (owner, model) => ({ owner, container: null, netns: model.reachable(owner) ?? null }),
  'an earlier container': (owner, model) => {
    const [, earlier] = model.pods.filter((pod) => pod.owner === owner).reverse();
    return { owner, container: earlier?.name ?? 'none', netns: model.reachable(owner) ?? null };
  },
  "another's container": (owner, model) => {
    const other = model.pods.find((pod) => pod.owner !== owner && pod.life !== 'dead');
    return { owner, container: other?.name ?? 'none', netns: null };
  },
};

function last(owner: string, model: Model): ModelPod | undefined {
  return model.pods.filter((pod) => pod.owner === owner).at(-1);
}

function del(owner: string, whom: string, step: number | null): Command {
  return command(`del ${owner}, ${whom}${at(step)}`, async (model, world) => {
    const request = DELS[whom]?.(owner, model) as DelRequest;
    const container = request.container === null ? [] : ['--container-id', request.container];
    const netns = request.netns === null ? [] : ['--netns', world.path(request.netns)];
    const { exit, enis } = model.del(request);
    const ran = await world.enim(['del', owner, ...container, ...netns], step);
    if (ran.killed) return model.settle(await world.facts(), model.relatives(enis));
    expectExit(ran, exit);
    if (exit !== 0) return;
    const { returned } = ran.json as { returned: { eni: string }[] };
    expect(returned.map(({ eni }) => eni).sort()).toEqual(enis.map(({ id }) => id).sort());
    for (const eni of enis) model.giveBack(eni);
  });
}

/** `enim gc`, at the end of the sequence as well. */
export function gc(step: number | null): Command {
  return command(`gc${at(step)}`, async (model, world) => {
    const work = model.enis.filter((eni) => model.fate(eni) !== null);
    const ran = await world.enim(['gc', '--grace', '0s'], step);
    if (ran.killed) return model.settle(await world.facts(), model.relatives(work));
    expectExit(ran, 0);
    const done = work.filter((eni) => {
      // What it has just done for another may have changed it.
      const fate = model.fate(eni);
      if (fate === 'reclaim') model.giveBack(eni);
      if (fate === 'record') model.recordAgain(eni);
      return fate !== null;
    });
    const told = (ran.json as GcAnswer).verdicts.filter((verdict) => verdict.done).map(({ eni }) => eni);
    expect(told.sort()).toEqual(done.map(({ id }) => id).sort());
  });
}

function adopt(): Command {
  return command('adopt', async (model, world) => {
    const ran = await world.enim(['adopt', '--yes']);
    for (const eni of model.enis) if (model.fate(eni) === 'record') model.recordAgain(eni);
    expectExit(ran, model.outrun.length === 0 ? 0 : 1);
  });
}

function inhabit(owner: string): Command {
  return command(
    `a process starts at ${owner}`,
    async (model, world) => {
      const pod = model.reachable(owner) as ModelPod;
      await world.startProcess(pod);
      pod.inhabited = true;
    },
    (model) => model.reachable(owner)?.inhabited === false,
  );
}

/** Its process, if any, lives on. */
function unmount(owner: string): Command {
  return command(
    `the path of ${owner} goes`,
    async (model, world) => {
      const pod = model.reachable(owner) as ModelPod;
      await world.unmount(pod);
      pod.life = 'unnamed';
    },
    (model) => model.reachable(owner)?.inhabited === true,
  );
}

function die(owner: string, nics: 'cards' | 'virtual'): Command {
  const living = (model: Model): ModelPod | undefined =>
    model.pods.find((pod) => pod.owner === owner && pod.life !== 'dead');
  return command(
    `${owner} dies, ${nics}`,
    async (model, world) => {
      const pod = living(model) as ModelPod;
      model.die(pod, await world.die(pod, nics));
    },
    (model) => living(model) !== undefined,
  );
}

/** Of a NIC in a pod. Of one without a record nobody could know any more which it is if its MAC changed: a veth has no other. */
function change(nth: number, what: 'name' | 'mtu' | 'mac'): Command {
  const changeable = (model: Model): readonly ModelEni[] =>
    model.pods.flatMap((pod) => model.inside(pod)).filter(({ now }) => what !== 'mac' || now.record !== null);
  return command(
    `NIC ${nth} of those in pods gets another ${what}`,
    async (model, world) => {
      const enis = changeable(model);
      const eni = enis[nth % enis.length] as ModelEni;
      const { home, now } = eni;
      const values = { name: `net-${home.name}`, mtu: 1400, mac: disguised(home.mac) };
      const changed: Partial<ModelLink> = { [what]: values[what] };
      await world.change(now.at, now.link?.name ?? '', changed);
      model.change(eni, changed);
    },
    (model) => changeable(model).length > 0,
  );
}

function unplug(index: number): Command {
  return command(
    `eni${index} is pulled out`,
    async (model, world) => {
      await world.unplug(world.node.eni(index));
      model.unplug(model.enis[index] as ModelEni);
    },
    (model) => model.enis[index]?.now.at !== 'nowhere',
  );
}

/** A NIC is plugged in that was pulled out, or had died with its pod. */
export function plug(nth: number): Command {
  const missing = (model: Model): readonly ModelEni[] => model.enis.filter(({ now }) => now.at === 'nowhere');
  return command(
    `NIC ${nth} of those that are nowhere is plugged in`,
    async (model, world) => {
      const enis = missing(model);
      const eni = enis[nth % enis.length] as ModelEni;
      await world.plug(world.node.enis.find(({ id }) => id === eni.id) as TestEni);
      model.plug(eni);
    },
    (model) => missing(model).length > 0,
  );
}

/** See `change` for the condition. */
function loseState(): Command {
  return command(
    'the state is lost',
    async (model, world) => {
      world.loseState();
      model.loseState();
    },
    (model) => model.enis.every(({ now, home }) => now.link === null || now.link.mac === home.mac),
  );
}

function reboot(): Command {
  return command('the node reboots', async (model, world) => {
    await world.reboot();
    model.reboot();
  });
}

/** The end of all pods. */
export const ends: readonly Command[] = OWNERS.flatMap((owner) => [die(owner, 'cards'), die(owner, 'virtual')]);

/** Sequences that went wrong once; they come first. */
export const KNOWN: readonly (readonly Command[])[] = ([gc(null), adopt()] as const).map((repair) => {
  const [owner = ''] = OWNERS;
  const again = [add(owner, null, null), repair, del(owner, 'its container', null), repair];
  return [add(owner, 0, null), loseState(), change(0, 'name'), ...again];
});

/** What a sequence is made of; what is named twice comes twice as often. */
export function anyCommand(): fc.Arbitrary<Command>[] {
  const owner = fc.constantFrom(...OWNERS);
  const index = fc.nat(ENIS - 1);
  const step = fc.option(fc.integer({ min: 1, max: STEPS }), { freq: 3 });
  const anyAdd = fc.tuple(owner, fc.option(index, { freq: 1 }), step).map((args) => add(...args));
  const anyDel = fc.tuple(owner, fc.constantFrom(...Object.keys(DELS)), step).map((args) => del(...args));
  const anyGc = step.map(gc);
  const anyDeath = fc.tuple(owner, fc.constantFrom('cards' as const, 'virtual' as const)).map((args) => die(...args));
  const anyPlug = index.map(plug);
  const anyChange = fc
    .tuple(index, fc.constantFrom('name' as const, 'mtu' as const, 'mac' as const))
    .map((args) => change(...args));
  return [
    ...[anyAdd, anyAdd, anyAdd, anyAdd, anyAdd, anyAdd, anyDel, anyDel, anyDel, anyGc, anyGc, anyGc],
    ...[anyChange, anyChange, anyChange, anyChange, anyDeath, anyDeath, anyPlug, anyPlug],
    ...[owner.map(inhabit), owner.map(unmount), index.map(unplug)],
    ...[fc.constant(adopt()), fc.constant(loseState()), fc.constant(reboot())],
  ];
}
