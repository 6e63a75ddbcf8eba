/** @file The classes of classification lists, in the order of their columns or class numbers (SPEC 4.1). */

/** A list in common use whose classes are known. */
export type ListPreset =
  | "chestxray14"
  | "chexpert"
  | "rsna"
  | "odir5k"
  | "mured"
  | "aptos2019"
  | "covidx";

/** A list's columns stand for these classes; a list of one column holds their positions. */
export const LIST_PRESETS: Readonly<Record<ListPreset, readonly string[]>> = {
  chestxray14: [
    "Atelectasis",
    "Cardiomegaly",
    "Effusion",
    "Infiltration",
    "Mass",
    "Nodule",
    "Pneumonia",
    "Pneumothorax",
    "Consolidation",
    "Edema",
    "Emphysema",
    "Fibrosis",
    "Pleural_Thickening",
    "Hernia",
  ],
  chexpert: ["Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Pleural Effusion"],
  rsna: ["Pneumonia"],
  // The letters of the dataset's own table: normal, diabetes, glaucoma, cataract, age-related macular degeneration,
  // hypertension, myopia, other.
  odir5k: ["N", "D", "G", "C", "A", "H", "M", "O"],
  // As the columns of the dataset's own table.
  mured: [
    ...["DR", "NORMAL", "MH", "ODC", "TSLN", "ARMD", "DN", "MYA", "BRVO", "ODP"],
    ...["CRVO", "CNV", "RS", "ODE", "LS", "CSR", "HTR", "ASR", "CRS", "OTHER"],
  ],
  aptos2019: ["grade 0", "grade 1", "grade 2", "grade 3", "grade 4"],
  // The lists number these classes without naming them: --classes gives them names.
  covidx: ["class 0", "class 1", "class 2"],
};
