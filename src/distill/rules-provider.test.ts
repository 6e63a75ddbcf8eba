import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { CHEST_LEXICON } from "../text/lexicons/chest.ts";
import { sha256 } from "../util/sha256.ts";
import { createFindingCheck } from "./check-finding.ts";
import { labelStatuses } from "./merge-statuses.ts";
import type { Finding } from "./record.ts";
import { createRulesReader, RULES_VERSION, rulesProvider } from "./rules-provider.ts";
import { writeContext } from "./write-context.ts";

const read = createRulesReader(CHEST_LEXICON);
const check = createFindingCheck(CHEST_LEXICON);

const MARKS = { present: "+", absent: "-", uncertain: "?" } as const;

/** `+Edema -Fracture`: what a report says of the labels, in the order of the alphabet. */
function statusesOf(report: string): string {
  return [...labelStatuses(read(report))]
    .map(([label, status]) => `${MARKS[status]}${label}`)
    .sort((a, b) => a.slice(1).localeCompare(b.slice(1)))
    .join(" ");
}

/** Reports with what they say. */
function reads(cases: Readonly<Record<string, string>>): void {
  for (const [report, expected] of Object.entries(cases)) {
    assert.equal(statusesOf(report), expected, report);
  }
}

/** The only finding of a report, without its evidence. */
function only(report: string): Omit<Finding, "evidence"> {
  const [finding, ...more] = read(report);
  assert.ok(finding !== undefined && more.length === 0, report);
  const { evidence: _, ...rest } = finding;
  return rest;
}

describe("createRulesReader()", () => {
  test("a denial reaches over its list, and no further", () => {
    reads({
      "No consolidation, effusion, or pneumothorax.":
        "-Consolidation -Pleural_Effusion -Pneumothorax",
      "No nodule, mass, infiltrate.": "-Lung_Lesion -Lung_Opacity",
      "The study is negative for focal consolidation.": "-Consolidation",
      "The lungs are free of infiltrate and without edema.": "-Edema -Lung_Opacity",
      "No effusion, but stable right apical granuloma.": "+Granuloma -Pleural_Effusion",
      "No pneumothorax is seen and a small left effusion persists.":
        "+Pleural_Effusion -Pneumothorax",
      "No pneumothorax, mild interstitial edema.": "+Edema -Pneumothorax",
      "No pneumothorax, mild edema, or effusion.": "-Edema -Pleural_Effusion -Pneumothorax",
      "No effusion, right picc ends in the atrium.": "-Pleural_Effusion +Support_Devices",
      "Neither effusion nor pneumothorax is present.": "-Pleural_Effusion -Pneumothorax",
      "No acute process other than a tiny effusion.": "+Pleural_Effusion",
    });
  });

  test("a predicate denies or doubts what stands before it", () => {
    reads({
      "Effusion and pneumothorax are not seen.": "-Pleural_Effusion -Pneumothorax",
      "The edema has completely resolved.": "-Edema",
      "The chest tube has been removed.": "-Support_Devices",
      "Chest tube removed, small effusion persists.": "+Pleural_Effusion -Support_Devices",
      "Pneumonia cannot be excluded.": "?Pneumonia",
      "Infiltrate is faint but not entirely excluded.": "?Lung_Opacity",
      "The fracture is no longer visible.": "-Fracture",
    });
  });

  test("a predicate denies or doubts no thought before its own", () => {
    reads({
      "Right effusion, pneumothorax is not seen.": "+Pleural_Effusion -Pneumothorax",
      "Stable cardiomegaly and mild edema, pneumothorax not identified.":
        "+Cardiomegaly +Edema -Pneumothorax",
      "Left chest tube and pneumothorax is not seen.": "-Pneumothorax +Support_Devices",
      "Right lower lobe consolidation, small effusion, pneumothorax has resolved.":
        "+Consolidation +Pleural_Effusion -Pneumothorax",
      "There is cardiomegaly, and pneumothorax is not seen.": "+Cardiomegaly -Pneumothorax",
      "Small left effusion, pneumonia cannot be excluded.": "+Pleural_Effusion ?Pneumonia",
      "No pleural effusion, pneumonia is possible.": "-Pleural_Effusion ?Pneumonia",
      "Consolidation, effusion, and pneumothorax are not seen.":
        "-Consolidation -Pleural_Effusion -Pneumothorax",
      "Consolidation, effusion or pneumothorax is not identified.":
        "-Consolidation -Pleural_Effusion -Pneumothorax",
      "Stable cardiomegaly, effusion and pneumothorax are not seen.":
        "+Cardiomegaly -Pleural_Effusion -Pneumothorax",
    });
  });

  test("a denial ends where another subject has a predicate of its own", () => {
    reads({
      "No pneumothorax, right pleural effusion has increased.": "+Pleural_Effusion -Pneumothorax",
      "No pneumothorax and left pleural effusion is unchanged.": "+Pleural_Effusion -Pneumothorax",
      "No edema, effusions are small.": "-Edema +Pleural_Effusion",
      "No pneumothorax, left lower lobe opacity persists.": "+Lung_Opacity -Pneumothorax",
      "No pneumothorax, bibasilar atelectasis remains.": "+Atelectasis -Pneumothorax",
      "No pneumothorax and pleural effusion is seen.": "-Pleural_Effusion -Pneumothorax",
      "No pneumothorax, effusion identified.": "-Pleural_Effusion -Pneumothorax",
      "No edema and no effusion has developed.": "-Edema -Pleural_Effusion",
      "No consolidation, effusion, or pneumothorax has developed.":
        "-Consolidation -Pleural_Effusion -Pneumothorax",
    });
  });

  test("questions, requests and the absence of something", () => {
    reads({
      "Pneumothorax?": "?Pneumothorax",
      "Opacity at the base, ? pneumonia.": "+Lung_Opacity ?Pneumonia",
      "Pneumonia?, with an effusion.": "+Pleural_Effusion ?Pneumonia",
      "L?gia saw an effusion,? and a nodule.": "+Lung_Lesion +Pleural_Effusion",
      "Clinical correlation for pneumonia is recommended.": "",
      "Rule out pneumothorax.": "",
      "Recommend follow-up to exclude an underlying mass.": "?Lung_Lesion",
      "Absence of effusion makes pneumonia unlikely.": "-Pleural_Effusion ?Pneumonia",
      "No change in effusion or pneumothorax.": "+Pleural_Effusion +Pneumothorax",
    });
  });

  test("what looks like a denial may be none", () => {
    reads({
      "No significant interval change in the right effusion.": "+Pleural_Effusion",
      "Without change in the position of the pacemaker.": "+Support_Devices",
      "Not only edema but consolidation.": "+Consolidation +Edema",
      "The nodule is not calcified.": "+Lung_Lesion",
    });
  });

  test("doubt", () => {
    reads({
      "Basal opacity may represent pneumonia.": "+Lung_Opacity ?Pneumonia",
      "Probable small hiatal hernia.": "?Hernia",
      "Minimal atelectasis versus scarring at the base.": "?Atelectasis",
      "Lingular atelectasis or consolidation.": "?Atelectasis ?Consolidation",
      "Hyperinflation, suggestive of emphysema.": "?Emphysema",
      "No opacity to suggest pneumonia.": "-Lung_Opacity -Pneumonia",
      "Pneumonia is likely.": "?Pneumonia",
      "Clips, perhaps after surgery.": "+Support_Devices",
    });
  });

  test("the size of heart and mediastinum", () => {
    reads({
      "Heart and mediastinum are within normal limits.":
        "-Cardiomegaly -Enlarged_Cardiomediastinum",
      "The cardiomediastinal silhouette is unremarkable.":
        "-Cardiomegaly -Enlarged_Cardiomediastinum",
      "Heart size is normal, stable mediastinal contours.": "-Cardiomegaly",
      "Normal heart size and mediastinal contour.": "-Cardiomegaly -Enlarged_Cardiomediastinum",
      "The heart is mildly enlarged and the mediastinum is normal.":
        "+Cardiomegaly -Enlarged_Cardiomediastinum",
      "The heart is not enlarged.": "-Cardiomegaly",
      "Borderline heart size.": "?Cardiomegaly",
      "Heart size is upper limits of normal or slightly enlarged.": "?Cardiomegaly",
      "Widened mediastinum.": "+Enlarged_Cardiomediastinum",
      "No pneumothorax, heart size is normal.": "-Cardiomegaly -Pneumothorax",
      "The heart is stable.": "",
      "Enlarged mediastinal lymph nodes.": "",
    });
  });

  test("words that mean something else", () => {
    reads({
      "Sclerotic nodule of the left sixth rib.": "",
      "Nodule overlying the left sixth rib.": "+Lung_Lesion",
      "A sternal wire is fractured.": "+Support_Devices",
      "Small pericardial effusion.": "",
      "A pleural line is visible.": "",
    });
  });

  test("other sections and other times say nothing of this picture", () => {
    reads({
      "Indication: pneumonia. Findings: clear lungs. No effusion.": "-Pleural_Effusion",
      "INDICATION: fever,\nrule out pneumonia\n\nNo effusion.": "-Pleural_Effusion",
      "Reason for exam: edema. The lungs are clear. No pneumothorax.": "-Pneumothorax",
      "FINDINGS:\nNo edema.\nCOMPARISON: showed a fracture.\nIMPRESSION:\nGranuloma.":
        "-Edema +Granuloma",
      "Indication: Cough. Rule out pneumonia. Impression: No edema.": "-Edema",
      "HISTORY: Smoker since youth. Once had pneumonia.\nIMPRESSION: Clear lungs.": "",
      "Indication: Cough. No edema. Small effusion. No nodule. The bones are intact. Impression: Effusion.":
        "-Edema -Lung_Lesion +Pleural_Effusion",
      "INDICATION: Cough.\nSmall effusion.\nIMPRESSION: No edema.": "-Edema +Pleural_Effusion",
      "Patient with history of pneumonia.": "",
      "Fractures may not be demonstrated by this study.": "",
    });
  });

  test("side, place, severity and change", () => {
    assert.deepEqual(only("There is a new small right pleural effusion."), {
      entity: "effusion",
      label: "Pleural_Effusion",
      status: "present",
      side: "right",
      severity: "small",
      change: "new",
    });
    assert.deepEqual(only("Atelectasis in the left lower lobe, unchanged."), {
      entity: "atelectasis",
      label: "Atelectasis",
      status: "present",
      side: "left",
      location: "lower lobe",
      change: "unchanged",
    });
    assert.equal(only("Bibasilar atelectasis.").side, "bilateral");
    assert.equal(only("The heart is markedly enlarged.").severity, "marked");
    assert.equal(only("No large pneumothorax.").severity, "large");
    assert.equal(only("No new infiltrate.").change, undefined);
  });

  test("details are those of the entity itself", () => {
    const briefly = (report: string): readonly string[] =>
      read(report).map(({ entity, side, location, severity }) =>
        [entity, side, location, severity].filter((word) => word !== undefined).join(" "),
      );
    assert.deepEqual(briefly("Nodule in right upper lobe, left effusion."), [
      "nodule right upper lobe",
      "effusion left",
    ]);
    assert.deepEqual(briefly("Right lower lobe consolidation, small effusion."), [
      "consolidation right lower lobe",
      "effusion small",
    ]);
    assert.deepEqual(briefly("The left upper lobe shows patchy consolidation."), [
      "consolidation left upper lobe",
    ]);
    assert.deepEqual(briefly("The right lung base has a faint opacity."), [
      "opacity right lung base faint",
    ]);
    assert.deepEqual(briefly("Effusion, small and unchanged."), ["effusion small"]);
  });

  test("words that were taken out are read over", () => {
    reads({
      "There are no XXXX of a pleural effusion.": "-Pleural_Effusion",
      "___ right effusion, ___ XXXX pneumothorax.": "+Pleural_Effusion +Pneumothorax",
      "XXXX XXXX XXXX.": "",
    });
  });

  test("the evidence is where the entity is named", () => {
    const report = "Clear lungs. Heart size is normal. Mild left basilar atelectasis.";
    assert.deepEqual(
      read(report).map(({ evidence }) => report.slice(...evidence)),
      ["Heart size is normal", "Mild left basilar atelectasis"],
    );
  });

  test("a lexicon without the chest's labels is not read by the chest's rules", () => {
    const knee = createRulesReader({
      name: "knee",
      entities: ["effusion", "edema", "deformity"].map((entity) => ({
        entity,
        label: null,
        forms: [entity],
      })),
    });
    const context = (report: string): string => writeContext(knee(report));
    assert.equal(context("Large knee joint effusion."), "there is large effusion.");
    assert.equal(context("Bone marrow edema of the patella."), "there is bone edema.");
    assert.equal(context("No deformity."), "there is no evidence of deformity.");
    const chest = writeContext(read("Small effusion. No pulmonary edema."));
    assert.equal(
      chest,
      "there is small pleural effusion. there is no evidence of pulmonary edema.",
    );
  });

  test("a text in another language names nothing", () => {
    assert.deepEqual(read("Kein Pneumothorax. Keine Pneumonie."), []);
    assert.deepEqual(read("Keine Ergüsse. Das Herz ist normal groß."), []);
    assert.deepEqual(read("两肺未见明显异常。"), []);
  });

  test("a text of 20,000 characters without a full stop is read in moderate time", () => {
    const report = "no effusion, possible nodule or mass and ".repeat(500);
    assert.ok(read(report).length > 1000);
    // What grows with the square of the length would take minutes here.
    for (const part of [" ", "\t", "\u00a0", "\n", " a:", "A ", "\n "]) read(part.repeat(300_000));
  });

  const words = fc.constantFrom(
    ..."no without possible may represent not seen effusion pneumothorax nodule heart size normal enlarged is and or , . ; : left mild XXXX rib of the but borderline Findings: Indication: \n\n".split(
      " ",
    ),
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.array(words, { maxLength: 40 }).map((list) => list.join(" ")),
    fc
      .array(fc.oneof(words, fc.constantFrom("\ud800", "\udc00", "\u0000", "İ", "ß")), {
        maxLength: 20,
      })
      .map((list) => list.join("")),
  );

  test("any text: the same findings twice, each with evidence that the check lets pass", () => {
    fc.assert(
      fc.property(texts, (report) => {
        const findings = read(report);
        assert.deepEqual(read(report), findings);
        const reasonFor = check(report);
        for (const finding of findings) assert.equal(reasonFor(finding), undefined);
        writeContext(findings);
      }),
      { seed: 6, numRuns: 400 },
    );
  });
});

/** Ways in which a sentence can speak of two things. */
const TEMPLATES = [
  ...[
    "No A, B.",
    "No A or B.",
    "A, B.",
    "A and B are not seen.",
    "No A, B has increased.",
    "A? B?",
  ],
  ...[
    "A may represent B.",
    "There is no A, but new B.",
    "A is normal, B is enlarged.",
    "Possible A, B.",
  ],
  ...["The right upper lobe shows A, mild B.", "A cannot be excluded, B is stable.", "A versus B."],
  ...[
    "A with B in the right apex.",
    "A, unchanged, and B.",
    "Without A; B, small.",
    "B of A removed.",
  ],
  ...["HISTORY: A. Once had B.\nIMPRESSION: Mild A.", "Indication: A.\n\nBilateral B at the base."],
];

describe("rulesProvider()", () => {
  test("reads as this version of the rules does", () => {
    // Where this fails because the rules read better, raise RULES_VERSION and take the new digest: contexts of the old rules are
    // then made anew.
    const things = [
      "effusion",
      "left basilar opacity",
      "picc",
      "heart",
      "small nodule",
      "mediastinum",
    ];
    const reports = TEMPLATES.flatMap((template) =>
      things.flatMap((a) => things.map((b) => template.replace("A", a).replace("B", b))),
    );
    const digest = sha256(JSON.stringify(reports.map((report) => read(report)))).slice(0, 12);
    assert.deepEqual({ version: RULES_VERSION, digest }, { version: 4, digest: "50de7b9e89fc" });
  });

  test("distils, and is known by its rules and lexicon", async () => {
    await using provider = rulesProvider();
    const { findings } = await provider.distill("No effusion.");
    assert.equal(findings[0]?.status, "absent");
    const less = { name: "chest", entities: CHEST_LEXICON.entities.slice(1) };
    assert.equal(provider.promptHash, rulesProvider().promptHash);
    assert.notEqual(provider.promptHash, rulesProvider(less).promptHash);
  });
});
