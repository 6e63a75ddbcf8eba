/** @file Mentions that mean something else than their word: a lesion of a rib, a fractured wire, a pleural line. */

/** A word that stands near makes a mention nothing of the lung or the chest's findings. */
export interface Exclusion {
  /** Entities that it concerns. */
  readonly entities: ReadonlySet<string>;
  /** A word directly before the mention, modifiers apart, or after it and `of`, `in` or `within`. */
  readonly words: ReadonlySet<string>;
}

const words = (list: string): ReadonlySet<string> => new Set(list.split(" "));

/** Where words mean something else. */
export const EXCLUSIONS: readonly Exclusion[] = [
  {
    entities: new Set(["nodule", "mass", "lesion", "metastasis", "infection"]),
    words: words(
      "rib ribs bone bony osseous vertebral vertebra spine humeral humerus clavicle clavicular scapula scapular breast thyroid mediastinal mediastinum abdominal abdomen liver hepatic renal adrenal skin wall neck lytic sclerotic paraspinal soft spinal urinary",
    ),
  },
  {
    entities: new Set(["opacity", "infiltrate"]),
    words: words(
      "rib ribs bone bony osseous vertebral vertebra spine metallic abdomen abdominal barium contrast breast soft nipple wall neck skin aortic",
    ),
  },
  {
    entities: new Set(["line"]),
    words: words(
      "paraspinal paratracheal junction fracture lucent axillary midclavicular fat demarcation skin fissure costophrenic joint stripe air beard spinolaminar suture kerley septal",
    ),
  },
  { entities: new Set(["edema"]), words: words("soft tissue ankle bone marrow subcutaneous") },
  { entities: new Set(["collapse"]), words: words("vertebral vertebra body spine bone") },
  { entities: new Set(["effusion"]), words: words("pericardial joint knee") },
  { entities: new Set(["emphysema"]), words: words("subcutaneous mediastinal tissue") },
  { entities: new Set(["hardware", "implant"]), words: words("growth end vertebral") },
  { entities: new Set(["hernia"]), words: words("disc disk") },
  {
    entities: new Set(["fracture"]),
    words: words("wire wires sternotomy hardware lead leads screw screws catheter"),
  },
];

/** Words after which the place of a mention follows. */
export const OF: ReadonlySet<string> = new Set(["of", "in", "within", "involving"]);
