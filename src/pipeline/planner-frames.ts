import type { Size } from '../pixels/picture.ts';
import type { Frame, Operation, Output } from '../pixels/render-plan.ts';
import type { VariantSpec } from './document-steps.ts';
import { joinChains } from './planner-chains.ts';
import { buildLadder, decodeFor, isSame, splitBefore } from './planner-ladder.ts';
import type { PlannedOutput } from './planner-outputs.ts';
import type { Script } from './planner-script.ts';
import { extentAfter, fitOperations, sizingOf } from './planner-sizes.ts';

interface Target {
  readonly variant: VariantSpec;
  readonly outputs: readonly Output[];
}

/** Names of frames: variants keep theirs, others have a space in them, which no variant has. */
type Naming = (name: string) => string;

/** The frames of one way through the source: all its pages, or the first. None where no output goes that way. */
export function fuseFrames(
  script: Script,
  viewed: Size,
  decode: 'first' | 'all',
  planned: readonly PlannedOutput[],
): Frame[] {
  const targets = gatherTargets(planned.filter((output) => output.decode === decode));
  if (targets.length === 0) return [];
  const naming: Naming = (name) => (decode === 'all' ? `moving ${name}` : name);
  const source: Frame = {
    id: naming('the source'),
    from: { decode },
    operations: script.before,
    outputs: [],
  };
  const whole = extentAfter(viewed, script.before);
  return joinChains(
    whole.known
      ? sizeAhead(script, source, whole.size, targets, naming)
      : sizeWhenRun(script, source, targets, naming),
  );
}

function gatherTargets(planned: readonly PlannedOutput[]): Target[] {
  const byVariant = Map.groupBy(planned, ({ variant }) => variant);
  return [...byVariant].map(([variant, files]) => ({ variant, outputs: files.map(({ output }) => output) }));
}

/** Trimmed or turned pictures: only the pixels tell their size, so each variant is fitted from the whole. */
function sizeWhenRun(script: Script, source: Frame, targets: readonly Target[], naming: Naming): Frame[] {
  const variants = targets.map(({ variant, outputs }) => ({
    id: naming(variant.name),
    from: { frame: source.id },
    operations: [...fitOperations(variant, script.sizedBy), ...script.after],
    outputs,
  }));
  return [source, ...variants];
}

/** Whole pictures on a ladder of sizes; variants are cut and marked from the rung of their size. */
function sizeAhead(
  script: Script,
  source: Frame,
  whole: Size,
  targets: readonly Target[],
  naming: Naming,
): Frame[] {
  const groups = groupTwins(script, whole, targets);
  const sizes = groups.map(({ scaled }) => scaled);
  const { settled, movable } = splitBefore(script.before, whole, sizes);
  const from = decodeFor(source.from, script.before, whole, sizes);
  const root = { ...source, from, operations: settled };
  const ladder = buildLadder(root, whole, movable, sizes, (size) => ({
    id: naming(`whole ${size.width}x${size.height}`),
    resize: { step: script.sizedBy, op: 'resize', ...size },
  }));
  const wholes = ladder.frames.map((frame) => ({
    ...frame,
    outputs: groups
      .filter(({ scaled, operations }) => operations.length === 0 && ladder.rungFor(scaled) === frame)
      .flatMap(({ outputs }) => outputs),
  }));
  const variants = groups
    .filter(({ operations }) => operations.length > 0)
    .map(({ name, scaled, operations, outputs }) => ({
      id: naming(name),
      from: { frame: ladder.rungFor(scaled).id },
      operations,
      outputs,
    }));
  return [...wholes, ...variants];
}

/** Variants that come out the same, which share a frame; each keeps its own files. */
interface Group {
  readonly name: string;
  readonly scaled: Size;
  /** after the whole picture has been scaled */
  readonly operations: readonly Operation[];
  readonly outputs: readonly Output[];
}

function groupTwins(script: Script, whole: Size, targets: readonly Target[]): Group[] {
  const groups: Group[] = [];
  for (const { variant, outputs } of targets) {
    const { scaled, cut } = sizingOf(whole, variant, script.sizedBy);
    const operations = [...(cut ? [cut] : []), ...script.after];
    const twin = groups.findIndex(
      (group) => isSame(group.scaled, scaled) && isSame(group.operations, operations),
    );
    const group = groups[twin] ?? { name: variant.name, scaled, operations, outputs: [] };
    groups.splice(twin === -1 ? groups.length : twin, 1, {
      ...group,
      outputs: [...group.outputs, ...outputs],
    });
  }
  return groups;
}
