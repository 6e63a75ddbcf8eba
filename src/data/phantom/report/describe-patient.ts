/** @file Sentences about the patient and the exposure that the film bears out, and that no label asks for. */
import type { RandomStream } from "../../../util/random.ts";
import type { Patient } from "../anatomy/patient.ts";
import { type Fact, type Statement, statement } from "./fact.ts";

/** From here on a property of the patient is worth a sentence. */
const LOW_VOLUME_RISE_MM = 15;
const TURNED_MM = 4;
const OLD_AORTA = 0.8;
const BOWED_SPINE_MM = 4.5;
const FULL_STOMACH_MM = 21;

/** How often a property that is worth a sentence gets one. */
const SAID_SHARE = 0.6;

/** Why films are asked for. None of it bears on what the film shows. */
const SYMPTOMS: readonly string[] = [
  "cough",
  "chronic cough",
  "fever",
  "chest pain",
  "shortness of breath",
  "dyspnea on exertion",
  "weakness",
  "night sweats",
  "weight loss",
  "abdominal pain",
  "dizziness",
  "syncope",
];

const REASONS: readonly string[] = [
  "preoperative evaluation",
  "routine examination",
  "follow-up examination",
  "employment screening",
  "evaluation after a fall",
  "altered mental status",
];

/** How often a report says why the film was taken. */
const INDICATION_SHARE = 0.4;

const YOUNGEST = 18;
const OLDEST = 90;

/** Says why the film was taken, and at times of whom. */
export function describeIndication({ sex, age }: Patient, stream: RandomStream): Statement[] {
  if (stream.uniform() > INDICATION_SHARE) return [];
  const years = Math.round(YOUNGEST + (OLDEST - YOUNGEST) * age);
  const person = sex === "female" ? "woman" : "man";
  const symptom = stream.pick(SYMPTOMS);
  const both = `${symptom} and ${stream.pick(SYMPTOMS.filter((other) => other !== symptom))}`;
  const reason = stream.pick([symptom, symptom, both, stream.pick(REASONS)]);
  const text = stream.pick([
    `indication: ${reason}`,
    `reason for examination: ${reason}`,
    `history of ${symptom}`,
    `the patient presents with ${symptom}`,
    `${years}-year-old ${person} with ${symptom}`,
    `${years}-year-old ${sex} patient with ${both}`,
    `clinical information: ${reason}`,
  ]);
  return [statement(text)];
}

const VIEWS: Readonly<Record<Patient["projection"], readonly string[]>> = {
  PA: [
    "PA view of the chest",
    "frontal view of the chest",
    "single frontal view of the chest",
    "a frontal chest radiograph was obtained",
    "upright PA radiograph of the chest",
    "one view of the chest",
  ],
  AP: [
    "portable AP view of the chest",
    "single AP portable view of the chest",
    "a portable chest radiograph was obtained",
    "bedside AP radiograph of the chest",
    "one portable view of the chest",
  ],
};

/** Says which view it is. */
export function describeView({ projection }: Patient, stream: RandomStream): Statement[] {
  return stream.uniform() > 0.4 ? [] : [statement(stream.pick(VIEWS[projection]))];
}

/** Something about a patient that is worth a sentence, though it is no finding. */
interface Remark {
  readonly holds: (patient: Patient) => boolean;
  /** `{side}` stands for the side that the patient is turned to. */
  readonly texts: readonly string[];
  readonly fact?: Fact;
}

const REMARKS: readonly Remark[] = [
  {
    holds: ({ diaphragmRise }) => diaphragmRise > LOW_VOLUME_RISE_MM,
    texts: [
      "lung volumes are low",
      "low lung volumes",
      "the lung volumes are diminished",
      "inspiration is shallow with low lung volumes",
    ],
    fact: { entity: "hypoinflation", status: "present" },
  },
  {
    holds: ({ turn }) => Math.abs(turn) > TURNED_MM,
    texts: [
      "the patient is rotated to the {side}",
      "there is rotation of the patient to the {side}",
      "slight rotation to the {side} is noted",
    ],
  },
  {
    holds: ({ age }) => age > OLD_AORTA,
    texts: [
      "the thoracic aorta is tortuous",
      "tortuous thoracic aorta",
      "the aorta is tortuous and unfolded",
      "there is tortuosity of the thoracic aorta",
    ],
    fact: { entity: "aortic tortuosity", status: "present" },
  },
  {
    holds: ({ spineBow }) => Math.abs(spineBow) > BOWED_SPINE_MM,
    texts: [
      "mild curvature of the thoracic spine is noted",
      "there is mild scoliosis of the thoracic spine",
      "the thoracic spine is slightly curved",
    ],
  },
  {
    holds: ({ stomachGas }) => stomachGas > FULL_STOMACH_MM,
    texts: ["gas is seen in the stomach", "the gastric bubble is prominent"],
  },
];

/** Says what is remarkable about the patient without being a finding. */
export function describePatient(patient: Patient, stream: RandomStream): Statement[] {
  const side = patient.turn > 0 ? "left" : "right";
  return REMARKS.filter(({ holds }) => holds(patient) && stream.uniform() < SAID_SHARE).map(
    ({ texts, fact }) =>
      statement(stream.pick(texts).replace("{side}", side), ...(fact === undefined ? [] : [fact])),
  );
}
