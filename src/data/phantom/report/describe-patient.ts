/** @file Sentences about the patient and the exposure that the film bears out, and that no label asks for. */
import type { RandomStream } from "../../../util/random.ts";
import type { Patient } from "../anatomy/patient.ts";
import { type Statement, statement } from "./fact.ts";

/** From here on a property of the patient is worth a sentence. */
const LOW_VOLUME_RISE_MM = 15;
const TURNED_MM = 4;
const OLD_AORTA = 0.8;
const BOWED_SPINE_MM = 4.5;

/** How often a property that is worth a sentence gets one. */
const SAID_SHARE = 0.6;

/** Says which view it is. */
export function describeView({ projection }: Patient, stream: RandomStream): Statement[] {
  if (stream.uniform() > 0.4) return [];
  const texts = {
    PA: ["PA view of the chest", "frontal view of the chest", "single frontal view of the chest"],
    AP: ["portable AP view of the chest", "single AP portable view of the chest"],
  } as const;
  return [statement(stream.pick(texts[projection]))];
}

/** Says what is remarkable about the patient without being a finding. */
export function describePatient(patient: Patient, stream: RandomStream): Statement[] {
  const statements: Statement[] = [];
  const say = (holds: boolean, make: () => Statement): void => {
    if (holds && stream.uniform() < SAID_SHARE) statements.push(make());
  };
  say(patient.diaphragmRise > LOW_VOLUME_RISE_MM, () =>
    statement(stream.pick(["lung volumes are low", "low lung volumes"]), {
      entity: "hypoinflation",
      status: "present",
    }),
  );
  say(Math.abs(patient.turn) > TURNED_MM, () =>
    statement(`the patient is rotated to the ${patient.turn > 0 ? "left" : "right"}`),
  );
  say(patient.age > OLD_AORTA, () =>
    statement(stream.pick(["the thoracic aorta is tortuous", "tortuous thoracic aorta"]), {
      entity: "aortic tortuosity",
      status: "present",
    }),
  );
  say(Math.abs(patient.spineBow) > BOWED_SPINE_MM, () =>
    statement("mild curvature of the thoracic spine is noted"),
  );
  return statements;
}
