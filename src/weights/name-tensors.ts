/** @file Gives the tensors of a file this project's names, whatever the file calls them and puts before them. */
import { type Shape, sameShape } from "../util/nd-array.ts";
import { ENCODER_MARKS, type Placement, placementOf } from "./names.ts";

/** A parameter, and the tensor of a file that it is; or the three that it consists of, one after another. */
export interface Match {
  /** The parameter's name in this project. */
  readonly name: string;
  /** The tensors' names in the file: one, or query, key and value. */
  readonly sources: readonly string[];
}

/** A parameter as a file has it. */
export interface NamedTensor extends Match {
  /** The parameter's shape, once parts are put together. */
  readonly shape: Shape;
}

/** A file's tensors by this project's names. Those that are not known keep theirs, without what comes before all names. */
export interface NamedTensors {
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  /** Tensors that repeat, under another spelling, one of `tensors`; they should hold the same values. */
  readonly repeated: readonly Match[];
  /** What comes before the names of each encoder that was found: `""`, `module.`, `vit.`; none, or several, are possible. */
  readonly prefixes: readonly string[];
}

type Tensors = Iterable<readonly [name: string, shape: Shape]>;

const PARALLEL = "module.";

/** What comes before the names of every vision transformer in a file. */
function findPrefixes(names: ReadonlySet<string>): readonly string[] {
  const prefixes: string[] = [];
  for (const [patches, block] of ENCODER_MARKS) {
    for (const name of names) {
      if (name !== patches && !name.endsWith(`.${patches}`)) continue;
      const prefix = name.slice(0, -patches.length);
      if (names.has(prefix + block)) prefixes.push(prefix);
    }
  }
  return prefixes;
}

/** What stands before every name: `module.` where a file comes from several devices. */
function commonPrefix(names: ReadonlySet<string>, longest: string): string {
  let prefix = longest;
  for (const name of names) {
    while (!name.startsWith(prefix)) prefix = prefix.replace(/[^.]*\.$/, "");
  }
  return prefix;
}

function stripper(
  names: ReadonlySet<string>,
  prefixes: readonly string[],
): (name: string) => string {
  const [prefix = PARALLEL] = prefixes.length === 1 ? prefixes : [];
  const common = commonPrefix(names, prefix);
  return (name) => name.slice(name.startsWith(prefix) ? prefix.length : common.length);
}

/** A tensor of a file, and where it goes. */
interface Placed extends Placement {
  readonly source: string;
  readonly shape: Shape;
  /** Its name in the file without what comes before all names. */
  readonly stripped: string;
}

/** Query, key and value as one parameter; undefined when one is missing or their shapes differ. */
function joinParts(name: string, parts: readonly Placed[]): NamedTensor | undefined {
  const ordered = [0, 1, 2].map((part) => parts.find((placed) => placed.part === part));
  const [shape = []] = parts.map((placed) => placed.shape);
  const [rows = 0, ...rest] = shape;
  const areWhole = ordered.every(
    (placed) => placed !== undefined && sameShape(placed.shape, shape),
  );
  if (!areWhole || parts.length !== ordered.length) return undefined;
  const sources = ordered.flatMap((placed) => placed?.source ?? []);
  return { name, sources, shape: [ordered.length * rows, ...rest] };
}

/**
 * Names the tensors of a file. A tensor that has a parameter's own name goes before one with another spelling of it.
 * @param isOwn does the model have a parameter of this name? Then it is not taken for another spelling of something else
 */
export function nameTensors(
  available: Tensors,
  isOwn: (name: string) => boolean = () => false,
): NamedTensors {
  const shapes = new Map(available);
  const names = new Set(shapes.keys());
  const prefixes = findPrefixes(names);
  const strip = stripper(names, prefixes);
  const placed = [...shapes].map(([source, shape]): Placed => {
    const stripped = strip(source);
    const placement = isOwn(stripped) ? { name: stripped } : placementOf(stripped);
    return { source, shape, stripped, ...placement };
  });
  placed.sort((a, b) => Number(a.stripped !== a.name) - Number(b.stripped !== b.name));
  return { ...collect(placed), prefixes };
}

function collect(placed: readonly Placed[]): Omit<NamedTensors, "prefixes"> {
  const tensors = new Map<string, NamedTensor>();
  const repeated: Match[] = [];
  const split = new Map<string, Placed[]>();
  const add = (tensor: NamedTensor): void => {
    const { name, sources } = tensor;
    if (tensors.has(name)) repeated.push({ name, sources });
    else tensors.set(name, tensor);
  };
  for (const one of placed) {
    const { name, source, shape, part } = one;
    if (part === undefined) add({ name, sources: [source], shape });
    else split.set(name, [...(split.get(name) ?? []), one]);
  }
  for (const [name, parts] of split) {
    const joined = joinParts(name, parts);
    if (joined !== undefined) add(joined);
    // Not a whole parameter: each part stays what the file calls it.
    else
      for (const { stripped, source, shape } of parts)
        add({ name: stripped, sources: [source], shape });
  }
  return { tensors, repeated };
}
