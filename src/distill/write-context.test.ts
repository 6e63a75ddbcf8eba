import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Finding } from "./record.ts";
import { writeContext } from "./write-context.ts";

const finding = (parts: Partial<Finding>): Finding => ({
  entity: "effusion",
  label: "Pleural_Effusion",
  status: "present",
  evidence: [0, 1],
  ...parts,
});

describe("writeContext()", () => {
  test("a sentence for each finding, by status", () => {
    assert.equal(
      writeContext([
        finding({ side: "left", severity: "mild", change: "new" }),
        finding({ entity: "pneumothorax", status: "absent" }),
        finding({
          entity: "atelectasis",
          status: "uncertain",
          side: "right",
          location: "lower lobe",
        }),
        finding({ entity: "nodule" }),
      ]),
      "there is mild left pleural effusion. there is no evidence of pneumothorax. there may be right lower lobe atelectasis. there is a nodule.",
    );
  });

  test("what is said twice is written once, with the most detail", () => {
    assert.equal(
      writeContext([finding({}), finding({ side: "left" }), finding({ side: "left" })]),
      "there is left pleural effusion.",
    );
    assert.equal(
      writeContext([
        finding({ status: "absent", severity: "large" }),
        finding({ status: "absent" }),
      ]),
      "there is no evidence of pleural effusion.",
    );
  });

  test("what is there in one place is not denied in another", () => {
    assert.equal(
      writeContext([finding({ status: "absent" }), finding({ status: "uncertain" })]),
      "there may be pleural effusion.",
    );
  });

  test("does not say twice that both sides are meant", () => {
    const both = finding({ entity: "atelectasis", side: "bilateral", location: "bibasilar" });
    assert.equal(writeContext([both]), "there is bibasilar atelectasis.");
    assert.equal(writeContext([]), "");
  });
});
