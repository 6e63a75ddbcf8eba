/** @file A synthetic radiograph: film, findings, labels, boxes and masks that agree with each other. */
import { type Raster, raster } from "../../image/raster.ts";
import { RandomStream } from "../../util/random.ts";
import type { Box, Label } from "../record.ts";
import { drawLungTrees } from "./anatomy/lung-trees.ts";
import { drawPatient, type Patient } from "./anatomy/patient.ts";
import { drawRibs } from "./anatomy/ribs.ts";
import { drawShoulders } from "./anatomy/shoulders.ts";
import { signOf } from "./anatomy/side.ts";
import { drawSoftTissue } from "./anatomy/soft-tissue.ts";
import { drawSpine } from "./anatomy/spine.ts";
import { develop } from "./film/develop.ts";
import { drawExposure } from "./film/exposure.ts";
import { markFilm } from "./film/markings.ts";
import { drawFindings } from "./findings/draw-findings.ts";
import { CLASS_OF, type Finding, type FindingKind, PHANTOM_CLASSES } from "./findings/finding.ts";
import { drawPlacedNodule } from "./findings/nodule.ts";
import { plane } from "./projection/plane.ts";
import { type Layers, project } from "./projection/project.ts";
import {
  boundsOf,
  emptyRegions,
  maskOf,
  type RegionKind,
  type Regions,
} from "./projection/regions.ts";
import { TubePainter } from "./projection/tubes.ts";
import { drawView, type View } from "./projection/view.ts";
import { arrangeScene, type Scene } from "./scene.ts";

/** Which film is rendered. */
export interface PhantomOptions {
  /** A whole number from 0. */
  readonly seed: number;
  /** The film's number, from 0. Film `index` is the same in a set of any size. */
  readonly index: number;
  /** Pixels of a side, from 64. Default 512. */
  readonly size?: number;
  /** The findings to show; by default they are drawn. */
  readonly findings?: readonly Finding[];
}

/** A rendered film and the truth about it. */
export interface Phantom {
  /** Grey, `size` × `size`; the patient's left is on the film's right. */
  readonly film: Raster;
  readonly patient: Patient;
  readonly findings: readonly Finding[];
  /** 1 or 0 for every class. */
  readonly labels: Readonly<Record<string, Label>>;
  /** A box in pixels for every finding. */
  readonly boxes: readonly Box[];
  /** A mask of 0 and 255 for every class that is present. */
  readonly masks: Readonly<Record<string, Raster>>;
  /** Masks of the lung fields (beside heart and over the diaphragm) and of the heart. */
  readonly anatomy: { readonly lungs: Raster; readonly heart: Raster };
}

/** The smallest film on which anatomy can be drawn. */
const SMALLEST_FILM = 64;

const DEFAULT_SIZE = 512;

/** What of a film shows a finding. */
const REGION_OF: Readonly<Record<FindingKind, RegionKind>> = {
  cardiomegaly: "heart",
  effusion: "fluid",
  nodule: "nodule",
  pneumothorax: "freeAir",
  consolidation: "filled",
};

/** Half-width (mm) of a pleural line, and its thickness along the ray (mm). */
const PLEURA = { radiusMm: 0.85, gain: 11 } as const;

type OpenStream = (name: string) => RandomStream;

function drawLayers(scene: Scene, view: View, regions: Regions, open: OpenStream): Layers {
  const { thorax, shifts, nodules, pleuralLines } = scene;
  const { size } = view;
  const layers = { overlay: plane(size), vessels: plane(size), airways: plane(size) };
  const painter = new TubePainter(size);
  const drawing = { thorax, view, painter, target: layers.overlay };
  drawSoftTissue({ ...drawing, stream: open("soft-tissue") });
  drawSpine(drawing);
  drawRibs(drawing);
  drawShoulders(drawing);
  drawLungTrees({ ...drawing, ...layers, shifts, stream: open("lung-trees") });
  const rims = open("nodules");
  for (const nodule of nodules) {
    drawPlacedNodule(nodule, { view, stream: rims, target: layers.overlay, regions });
  }
  for (const { side, points } of pleuralLines) {
    const line = points.map(({ u, y }) => ({
      ...view.toPixel(signOf(side) * u, y),
      radius: PLEURA.radiusMm * view.scale,
      gain: PLEURA.gain,
    }));
    painter.add(layers.overlay, line);
  }
  return layers;
}

function boxesOf(findings: readonly Finding[], regions: Regions, view: View): Box[] {
  return findings.flatMap((finding) => {
    const sign = finding.kind === "cardiomegaly" ? 0 : signOf(finding.side);
    const bounds = boundsOf(regions, { kind: REGION_OF[finding.kind], sign, view });
    return bounds === undefined ? [] : [{ label: CLASS_OF[finding.kind], ...bounds }];
  });
}

/** Throws a `RangeError` unless a film of this size can be rendered. */
export function requireFilmSize(size: number): void {
  if (Number.isSafeInteger(size) && size >= SMALLEST_FILM) return;
  throw new RangeError(
    `Cannot render a phantom of ${size} pixels a side: a whole number from ${SMALLEST_FILM} expected`,
  );
}

/**
 * Renders one film: a pure function of its options.
 * @throws {RangeError} when a number is out of range
 */
export function renderPhantom(options: PhantomOptions): Phantom {
  const { seed, index, size = DEFAULT_SIZE } = options;
  requireFilmSize(size);
  const open: OpenStream = (name) =>
    new RandomStream({ seed, name: `phantom/${name}`, step: index });
  const findings = options.findings ?? drawFindings(open("findings"));
  const patient = drawPatient(open("patient"));
  const view = drawView({ size, patient }, open("view"));
  const scene = arrangeScene(patient, findings, open("placement"));
  const regions = emptyRegions(size);
  const layers = drawLayers(scene, view, regions, open);
  const offset = open("grain");
  const grain = { x: offset.between(0, 256), y: offset.between(0, 256) };
  const { thorax, contents } = scene;
  const density = project({ thorax, view, layers, contents, grain, regions });
  const exposure = drawExposure(patient.projection, open("exposure"));
  const data = develop({ density, exposure, scale: view.scale, stream: open("noise") });
  markFilm(data, { size, projection: patient.projection, stream: open("markings") });
  const picture = (pixels: Uint8Array): Raster =>
    raster({ width: size, height: size, channels: 1, data: pixels });
  const kinds = new Set(findings.map(({ kind }) => kind));
  const present = new Set([...kinds].map((kind) => CLASS_OF[kind]));
  return {
    film: picture(data),
    patient: scene.thorax.patient,
    findings,
    labels: Object.fromEntries(PHANTOM_CLASSES.map((name) => [name, present.has(name) ? 1 : 0])),
    boxes: boxesOf(findings, regions, view),
    masks: Object.fromEntries(
      [...kinds].map((kind) => [CLASS_OF[kind], picture(maskOf(regions, REGION_OF[kind]))]),
    ),
    anatomy: {
      lungs: picture(maskOf(regions, "lung")),
      heart: picture(maskOf(regions, "heart")),
    },
  };
}
