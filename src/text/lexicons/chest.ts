/**
 * @file Entities of chest radiographs: the authors' 44, and those that name the sixteen findings, as reports spell them.
 *
 * Participles are forms where they say the finding of something (`hyperinflated lungs`), not where they only describe
 * another entity (`calcified granuloma`). A longer form keeps a shorter one from matching: `pericardial effusion` is no
 * pleural one, `bone density` no opacity, `end plate` no implant. What a word means that is left over, such as
 * `lesion` of bone or lung, is for the reader of mentions to decide.
 */
import type { Lexicon } from "../lexicon.ts";
import { type LexiconRow, lexiconOfRows } from "./lexicon-rows.ts";

/** What stands in the pleural space, or is wrong with the pleura. */
const PLEURA: readonly LexiconRow[] = [
  [
    "effusion",
    "Pleural_Effusion",
    "effusions, pleural effusion, pleural effusions, pleural fluid, pleural fluid collection, pleural fluid collections, fluid in the pleural space, parapneumonic effusion, parapneumonic effusions, subpulmonic effusion, subpulmonic effusions, hydrothorax, hemothorax, haemothorax",
  ],
  [
    "pneumothorax",
    "Pneumothorax",
    "pneumothoraces, pneumothoraxes, ptx, hydropneumothorax, hydropneumothoraces, hemopneumothorax, pleural air, pleural air collection",
  ],
  [
    "pleural thickening",
    "Pleural_Other",
    "apical pleural thickening, pleural parenchymal thickening, thickening of the pleura, thickened pleura, pleural plaque, pleural plaques, pleural scarring, pleural scar, pleural scars, pleuroparenchymal scarring, pleural parenchymal scarring, pleural calcification, pleural calcifications, calcification of the pleura, apical cap, apical caps, apical capping, pleural cap, pleural capping, apical pleural cap, apical pleural capping, fibrothorax",
  ],
  ["empyema", null, "empyemas"],
  ["pericardial effusion", null, "pericardial effusions, pericardial fluid"],
  ["joint effusion", null, "joint effusions"],
  ["pleural line", null, "pleural lines"],
];

/** What makes a part of the lung whiter. */
const LUNG: readonly LexiconRow[] = [
  [
    "atelectasis",
    "Atelectasis",
    "atelectases, atelectatic, atelectatic change, atelectatic changes, atelectatic collapse, plate like atelectasis, platelike atelectasis",
  ],
  [
    "collapse",
    "Atelectasis",
    "collapsed, lobar collapse, lung collapse, collapsed lung, collapse of the lung",
  ],
  ["consolidation", "Consolidation", "consolidations, consolidative, consolidated, consolidating"],
  [
    "opacity",
    "Lung_Opacity",
    "opacities, opacification, opacifications, opacified, density, densities, increased density, increased densities, lung density, lung densities, pulmonary density, pulmonary densities, airspace opacity, airspace opacities, air space opacity, air space opacities, haziness",
  ],
  ["infiltrate", "Lung_Opacity", "infiltrates, infiltration, infiltrations, infiltrated"],
  [
    "airspace disease",
    "Lung_Opacity",
    "air space disease, airspace process, air space process, alveolar disease, alveolar process",
  ],
  [
    "edema",
    "Edema",
    "oedema, edematous, pulmonary edema, pulmonary oedema, interstitial edema, interstitial pulmonary edema, pulmonary interstitial edema, alveolar edema, pulmonary alveolar edema",
  ],
  [
    "pneumonia",
    "Pneumonia",
    "pneumonias, bronchopneumonia, bronchopneumonias, pneumonic, infectious pneumonia, lobar pneumonia, aspiration pneumonia, pna",
  ],
  [
    "infection",
    "Pneumonia",
    "infections, infectious, infectious process, infectious processes, infectious etiology, infectious disease, lung infection, pulmonary infection",
  ],
  ["pneumonitis", null, "aspiration pneumonitis, radiation pneumonitis"],
  [
    "nodule",
    "Lung_Lesion",
    "nodules, nodularity, nodularities, lung nodule, lung nodules, pulmonary nodule, pulmonary nodules, nodular opacity, nodular opacities, nodular density, nodular densities, micronodule, micronodules",
  ],
  [
    "mass",
    "Lung_Lesion",
    "masses, lung mass, lung masses, pulmonary mass, pulmonary masses, hilar mass, hilar masses, mass lesion, mass lesions, mass like opacity, masslike opacity, mass like opacification, masslike opacification",
  ],
  [
    "lesion",
    "Lung_Lesion",
    "lesions, lung lesion, lung lesions, pulmonary lesion, pulmonary lesions, cavitary lesion, cavitary lesions, coin lesion",
  ],
  [
    "metastasis",
    "Lung_Lesion",
    "metastases, metastatic disease, pulmonary metastasis, pulmonary metastases, lung metastasis, lung metastases",
  ],
  [
    "granuloma",
    "Granuloma",
    "granulomas, granulomata, granulomatous, granulomatous disease, granulomatous change, granulomatous changes, granulomatous process, granulomatous infection, granulomatous residual, granulomatous residuals",
  ],
  [
    "emphysema",
    "Emphysema",
    "emphysematous, emphysematous change, emphysematous changes, emphysematous disease, bulla, bullae, bullous, bullous disease, bullous change, bullous changes, bullous emphysema",
  ],
  ["abscess", null, "abscesses, lung abscess"],
  ["aerate", null, "aerates, aerated, aeration, aerating"],
  ["bronchiectasis", null, "bronchiectases, bronchiectatic"],
  ["bronchitis", null, "bronchiolitis, bronchitic"],
  [
    "bronchial wall thickening",
    null,
    "peribronchial thickening, peribronchial cuffing, bronchial thickening",
  ],
  ["cavity", null, "cavities, cavitation, cavitations"],
  ["contusion", null, "contusions, pulmonary contusion"],
  ["copd", null, "chronic obstructive pulmonary disease, obstructive pulmonary disease"],
  ["fibrosis", null, "fibroses, fibrotic, pulmonary fibrosis, interstitial fibrosis"],
  [
    "hyperinflate",
    null,
    "hyperinflates, hyperinflated, hyperinflation, hyperexpanded, hyperexpansion, hyperaerated, hyperaeration, hyperlucent, hyperlucency, overinflated, overinflation",
  ],
  [
    "hypoinflate",
    null,
    "hypoinflated, hypoinflation, hypoventilation, underinflated, low lung volumes, low lung volume, diminished lung volumes, decreased lung volumes, lung volumes are low, shallow inspiration",
  ],
  [
    "interstitial markings",
    null,
    "interstitial marking, interstitial prominence, interstitial change, interstitial changes, interstitial disease, interstitial lung disease, interstitial thickening",
  ],
  [
    "kerley lines",
    null,
    "kerley line, kerley b lines, kerley a lines, septal line, septal lines, b lines",
  ],
  ["pneumomediastinum", null],
  ["pneumoperitoneum", null, "free air, free intraperitoneal air, intraperitoneal air"],
  ["sarcoidosis", null, "sarcoid"],
  ["scarring", null, "scar, scars, scarred"],
  ["subcutaneous emphysema", null, "soft tissue emphysema, subcutaneous air, subcutaneous gas"],
  ["tuberculosis", null, "tuberculous, tb, tuberculosis infection, tuberculous infection"],
  ["volume loss", null, "loss of volume"],
];

/** Heart, vessels and mediastinum. `heart`, `mediastinum` and `cardiomediastinal` are findings by what is said of their size. */
const HEART: readonly LexiconRow[] = [
  [
    "cardiomegaly",
    "Cardiomegaly",
    "cardiac enlargement, enlarged heart, enlarged heart size, heart enlargement, enlargement of the heart, enlarged cardiac silhouette, enlarged heart silhouette, cardiac silhouette enlargement, enlargement of the cardiac silhouette, enlargement of cardiac silhouette",
  ],
  [
    "widened mediastinum",
    "Enlarged_Cardiomediastinum",
    "mediastinal widening, widening of the mediastinum, wide mediastinum, enlarged mediastinum, mediastinal enlargement, enlargement of the mediastinum, widened mediastinal contour, widened mediastinal silhouette, enlarged cardiomediastinum, enlarged cardiomediastinal silhouette, enlargement of the cardiomediastinal silhouette, cardiomediastinal enlargement, widened cardiomediastinal silhouette",
  ],
  [
    "heart",
    null,
    "hearts, heart size, heart sizes, cardiac, cardiac size, size of the heart, cardiac silhouette, cardiac silhouettes, cardiac contour, cardiac contours, cardiac shadow, heart silhouette, heart contour, heart contours, heart shadow",
  ],
  [
    "mediastinum",
    null,
    "mediastinal, mediastinal contour, mediastinal contours, mediastinal silhouette, mediastinal silhouettes",
  ],
  [
    "cardiomediastinal",
    null,
    "cardiomediastinum, cardiomediastinal silhouette, cardiomediastinal silhouettes, cardiomediastinal contour, cardiomediastinal contours, cardiomediastinal shadow, cardio mediastinal, cardio mediastinal silhouette, cardio mediastinal contour, cardio mediastinal contours",
  ],
  ["mediastinal mass", null, "mediastinal masses, anterior mediastinal mass"],
  ["aneurysm", null, "aneurysms, aneurysmal, aneurysmal dilatation"],
  ["aorta", null, "aortas, aortic, thoracic aorta, aortic arch, aortic knob, aortic contour"],
  ["atherosclerosis", null, "atherosclerotic, arteriosclerosis"],
  ["chf", null, "congestive heart failure, congestive failure, heart failure, cardiac failure"],
  [
    "congestion",
    null,
    "congested, congestive, vascular congestion, pulmonary vascular congestion, venous congestion, congestive change, congestive changes",
  ],
  ["contour", null, "contours"],
  ["crowding", null, "bronchovascular crowding, vascular crowding"],
  ["dilation", null, "dilations, dilatation, dilatations, dilated, ectasia, ectatic"],
  ["dissection", null, "aortic dissection"],
  ["distention", null, "distentions, distension, distended"],
  [
    "embolism",
    null,
    "embolisms, embolus, emboli, embolic, pulmonary embolism, pulmonary emboli, pulmonary embolus, pe",
  ],
  ["engorgement", null, "engorged, vascular engorgement, venous engorgement"],
  ["heart disease", null, "cardiac disease, coronary disease, coronary artery disease"],
  ["hilar", null, "hilum, hila, hilus, hili, bihilar"],
  [
    "lymphadenopathy",
    null,
    "lymphadenopathies, adenopathy, hilar adenopathy, hilar lymphadenopathy, mediastinal adenopathy, mediastinal lymphadenopathy, enlarged lymph node, enlarged lymph nodes",
  ],
  ["lymph node", null, "lymph nodes"],
  ["perihilar", null, "parahilar"],
  [
    "pulmonary hypertension",
    null,
    "pulmonary arterial hypertension, pulmonary artery hypertension",
  ],
  ["silhouette", null, "silhouettes"],
  ["tortuosity", null, "tortuous, unfolding, unfolded"],
  [
    "vasculature",
    null,
    "vasculatures, vascularity, pulmonary vasculature, pulmonary vascularity, pulmonary vessels, vascular markings, pulmonary vascular markings, cephalization",
  ],
];

/** Bones, the diaphragm and what is seen of the abdomen and soft tissues. */
const BODY: readonly LexiconRow[] = [
  [
    "fracture",
    "Fracture",
    "fractures, fractured, fx, rib fracture, rib fractures, compression fracture, compression fractures",
  ],
  [
    "hernia",
    "Hernia",
    "hernias, herniae, herniation, hiatal hernia, hiatal hernias, hiatus hernia, diaphragmatic hernia, bochdalek hernia, morgagni hernia",
  ],
  ["disc herniation", null, "disk herniation, herniated disc, herniated disk"],
  ["abnormality", null, "abnormalities, abnormal"],
  ["arthritis", null, "arthritic, arthritic change, arthritic changes, osteoarthritis, arthrosis"],
  ["blunting", null, "blunted"],
  [
    "bone density",
    null,
    "bony density, bone mineral density, bone densities, bony densities, mineral density",
  ],
  [
    "bone lesion",
    null,
    "bone lesions, bony lesion, bony lesions, osseous lesion, osseous lesions, rib lesion, rib lesions, lytic lesion, lytic lesions, sclerotic lesion, sclerotic lesions, destructive lesion, destructive lesions, destructive bony lesion, destructive bony lesions, destructive bone lesion, destructive bone lesions, osseous infection, bone metastasis, bone metastases, bony metastasis, bony metastases, osseous metastasis, osseous metastases",
  ],
  [
    "calcification",
    null,
    "calcifications, calcific density, calcific densities, calcified density, calcified densities",
  ],
  ["costophrenic angle", null, "costophrenic angles, costophrenic sulcus, costophrenic sulci"],
  ["deformity", null, "deformities, deformed"],
  [
    "degenerative change",
    null,
    "degenerative changes, degenerative disease, degenerative disc disease, spondylosis, osteophyte, osteophytes, spurring",
  ],
  ["diaphragm", null, "diaphragms, diaphragmatic"],
  ["dislocation", null, "dislocations, dislocated, subluxation"],
  ["elevation", null, "elevated"],
  ["end plate", null, "end plates, endplate, endplates"],
  ["eventration", null, "eventrations"],
  ["foreign body", null, "foreign bodies, bullet, bullets, shrapnel, bullet fragment"],
  ["hemidiaphragm", null, "hemidiaphragms, hemi diaphragm, hemi diaphragms"],
  ["kyphosis", null, "kyphotic, kyphoscoliosis"],
  ["neoplasm", null, "neoplasms, neoplastic, malignancy, malignancies, carcinoma, tumor, cancer"],
  ["nipple shadow", null, "nipple shadows"],
  ["obscure", null, "obscures, obscured, obscuring, obscuration"],
  ["osteopenia", null, "osteopenic, osteoporosis, demineralization"],
  ["scoliosis", null, "scoliotic, dextroscoliosis, levoscoliosis"],
  ["soft tissue density", null, "soft tissue densities"],
  ["soft tissue edema", null, "soft tissue swelling"],
  [
    "soft tissue mass",
    null,
    "soft tissue masses, chest wall mass, breast mass, breast masses, thyroid mass, thyroid nodule, thyroid nodules, goiter",
  ],
  ["thickening", null, "thickenings, thickened"],
  ["vertebral collapse", null, "vertebral body collapse, collapsed vertebra, collapsed vertebrae"],
];

/** What was put into a patient. */
const DEVICES: readonly LexiconRow[] = [
  [
    "catheter",
    "Support_Devices",
    "catheters, picc, picc line, picc lines, picc catheter, central line, central lines, central venous line, central venous catheter, central venous catheters, central catheter, cvc, venous catheter, venous line, dialysis catheter, swan ganz, swan ganz catheter, pulmonary artery catheter, pigtail catheter, subclavian line, subclavian catheter, jugular line, jugular catheter, ij line, ij catheter, line catheter",
  ],
  ["line", "Support_Devices", "lines, lines and tubes, tubes and lines, arterial line"],
  [
    "tube",
    "Support_Devices",
    "tubes, endotracheal tube, endotracheal tubes, ett, et tube, nasogastric tube, ng tube, ngt, orogastric tube, og tube, ogt, enteric tube, feeding tube, dobbhoff, dobbhoff tube, dobhoff, dobhoff tube, gastrostomy tube, chest tube, chest tubes, thoracostomy tube, pleural drain, chest drain, drain, drains, tracheostomy, tracheostomy tube",
  ],
  ["port", "Support_Devices", "ports, port a cath, portacath, mediport, chest port"],
  [
    "pacemaker",
    "Support_Devices",
    "pacemakers, cardiac pacemaker, pacer, pacemaker lead, pacemaker leads, pacing lead, pacing leads, cardiac pacing leads, pacing wire, pacing wires, pacing device, leads, pulse generator, generator",
  ],
  [
    "defibrillator",
    "Support_Devices",
    "defibrillators, cardioverter defibrillator, implantable cardioverter defibrillator, icd, icds, aicd, aicds, icd leads, aicd leads",
  ],
  [
    "monitor leads",
    "Support_Devices",
    "monitor lead, monitoring leads, cardiac monitor leads, external monitor leads, ekg leads, ecg leads",
  ],
  [
    "prosthetic valve",
    "Support_Devices",
    "prosthetic valves, valve prosthesis, valve prostheses, prosthetic aortic valve, prosthetic mitral valve, prosthetic heart valve, prosthetic pulmonic valve, prosthetic pulmonary valve, prosthetic tricuspid valve, aortic valve prosthesis, mitral valve prosthesis, artificial valve, heart valve, cardiac valve, valve replacement, heart valve replacement, cardiac valve replacement, aortic valve replacement, mitral valve replacement, tavr, avr, mvr",
  ],
  [
    "stent",
    "Support_Devices",
    "stents, coronary stent, coronary stents, stent graft, aortic stent graft",
  ],
  [
    "clip",
    "Support_Devices",
    "clips, surgical clip, surgical clips, staple, staples, suture, sutures, suture material, suture line, suture lines, surgical suture, surgical sutures",
  ],
  [
    "wire",
    "Support_Devices",
    "wires, sternal wire, sternal wires, sternotomy wire, sternotomy wires, cerclage wire, cerclage wires",
  ],
  [
    "hardware",
    "Support_Devices",
    "surgical hardware, orthopedic hardware, fixation hardware, fusion hardware, spinal hardware, plate, plates, plate and screws, screw, screws, rod, rods, fixation rods, fixation device",
  ],
  [
    "implant",
    "Support_Devices",
    "implants, breast implant, breast implants, prosthesis, prostheses, shoulder prosthesis, arthroplasty, stimulator, stimulators, nerve stimulator, spinal stimulator, loop recorder",
  ],
  ["shunt", "Support_Devices", "shunts, vp shunt, ventriculoperitoneal shunt, shunt catheter"],
  [
    "graft marker",
    "Support_Devices",
    "graft markers, bypass graft markers, bypass markers, cabg markers",
  ],
  [
    "support device",
    "Support_Devices",
    "support devices, monitoring device, monitoring devices, medical device, medical devices, device, devices, balloon pump, iabp, lvad, ventricular assist device, ivc filter, vena cava filter, embolization coils, embolism coils, coils, cardiac device, bone anchor, occluder, septal occluder",
  ],
];

/** Entities of chest radiographs. */
export const CHEST_LEXICON: Lexicon = lexiconOfRows("chest", [
  ...PLEURA,
  ...LUNG,
  ...HEART,
  ...BODY,
  ...DEVICES,
]);
