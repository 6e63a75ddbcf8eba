/** @file Entities of colour fundus photographs, as their reports spell them; none is one of the chest's findings. */
import type { Lexicon } from "../lexicon.ts";
import { type LexiconRow, lexiconOfRows } from "./lexicon-rows.ts";

/** Diabetic and vascular disease. */
const VESSELS: readonly LexiconRow[] = [
  [
    "diabetic retinopathy",
    null,
    "diabetic retinopathies, nonproliferative diabetic retinopathy, non proliferative diabetic retinopathy, proliferative diabetic retinopathy, background diabetic retinopathy, dr, npdr, pdr, bdr",
  ],
  ["microaneurysm", null, "microaneurysms, micro aneurysm, micro aneurysms, retinal microaneurysm"],
  [
    "haemorrhage",
    null,
    "haemorrhages, hemorrhage, hemorrhages, haemorrhagic, hemorrhagic, retinal haemorrhage, retinal haemorrhages, retinal hemorrhage, retinal hemorrhages, dot blot haemorrhage, dot blot haemorrhages, dot blot hemorrhage, dot blot hemorrhages, dot and blot haemorrhages, dot and blot hemorrhages, flame haemorrhage, flame haemorrhages, flame hemorrhage, flame hemorrhages, flame shaped hemorrhages, preretinal haemorrhage, preretinal hemorrhage, subretinal haemorrhage, subretinal hemorrhage",
  ],
  [
    "vitreous haemorrhage",
    null,
    "vitreous haemorrhages, vitreous hemorrhage, vitreous hemorrhages, vh",
  ],
  [
    "hard exudate",
    null,
    "hard exudates, exudate, exudates, exudation, exudative, lipid exudate, lipid exudates",
  ],
  [
    "cotton wool spot",
    null,
    "cotton wool spots, cottonwool spot, cottonwool spots, soft exudate, soft exudates, cws",
  ],
  [
    "neovascularization",
    null,
    "neovascularisation, neovascularizations, neovascularisations, neovascular, new vessel, new vessels, choroidal neovascularization, choroidal neovascularisation, cnv, nvd, nve, rubeosis",
  ],
  [
    "intraretinal microvascular abnormality",
    null,
    "intraretinal microvascular abnormalities, irma",
  ],
  ["venous beading", null, "venous loop, venous loops, venous looping"],
  [
    "retinal vein occlusion",
    null,
    "retinal vein occlusions, central retinal vein occlusion, branch retinal vein occlusion, rvo, crvo, brvo, vein occlusion",
  ],
  [
    "retinal artery occlusion",
    null,
    "retinal artery occlusions, central retinal artery occlusion, branch retinal artery occlusion, rao, crao, brao, artery occlusion",
  ],
  [
    "hypertensive retinopathy",
    null,
    "arteriovenous nicking, av nicking, arteriovenous nipping, av nipping, arteriolar narrowing, arteriolar attenuation, copper wiring, silver wiring",
  ],
  ["tortuosity", null, "tortuous, vessel tortuosity, vascular tortuosity, tortuous vessels"],
  ["collateral vessel", null, "collaterals, collateral vessels, optociliary shunt, shunt vessels"],
  ["retinopathy", null, "retinopathies, retinopathy of prematurity, rop"],
  ["vasculitis", null, "retinal vasculitis, vascular sheathing, sheathing"],
];

/** The macula, the retina and what lies under them. */
const RETINA: readonly LexiconRow[] = [
  [
    "macular edema",
    null,
    "macular oedema, diabetic macular edema, diabetic macular oedema, clinically significant macular edema, cystoid macular edema, cystoid macular oedema, dme, csme, cme",
  ],
  [
    "drusen",
    null,
    "druse, drusens, soft drusen, hard drusen, reticular drusen, reticular pseudodrusen",
  ],
  [
    "age related macular degeneration",
    null,
    "macular degeneration, age related maculopathy, wet macular degeneration, dry macular degeneration, amd, armd, namd",
  ],
  ["geographic atrophy", null, "macular atrophy, rpe atrophy, retinal pigment epithelial atrophy"],
  ["maculopathy", null, "maculopathies, diabetic maculopathy, bulls eye maculopathy"],
  ["macular hole", null, "macular holes, lamellar hole, lamellar macular hole, pseudohole"],
  [
    "epiretinal membrane",
    null,
    "epiretinal membranes, epimacular membrane, macular pucker, cellophane maculopathy, erm",
  ],
  ["macula", null, "macular, maculae, fovea, foveal, foveal reflex, macular reflex"],
  [
    "pigment epithelial detachment",
    null,
    "pigment epithelial detachments, retinal pigment epithelial detachment, ped",
  ],
  ["central serous chorioretinopathy", null, "central serous retinopathy, cscr, csc, csr"],
  ["subretinal fluid", null, "srf, intraretinal fluid, serous detachment"],
  [
    "pigmentary change",
    null,
    "pigmentary changes, pigmentation, hyperpigmentation, hypopigmentation",
  ],
  [
    "retinal detachment",
    null,
    "retinal detachments, detached retina, rhegmatogenous retinal detachment, tractional retinal detachment, rrd, trd",
  ],
  [
    "retinal tear",
    null,
    "retinal tears, retinal break, retinal breaks, retinal hole, retinal holes",
  ],
  ["lattice degeneration", null, "peripheral retinal degeneration, paving stone degeneration"],
  ["retinitis pigmentosa", null, "bone spicule, bone spicules, bone spicule pigmentation"],
  ["retinitis", null, "chorioretinitis, retinochoroiditis, toxoplasmosis, cmv retinitis"],
  [
    "chorioretinal atrophy",
    null,
    "chorioretinal scar, chorioretinal scars, choroidal atrophy, retinal atrophy, chorioretinal scarring",
  ],
  [
    "laser scar",
    null,
    "laser scars, laser mark, laser marks, laser spots, laser photocoagulation, panretinal photocoagulation, photocoagulation scars, prp",
  ],
  [
    "fibrovascular membrane",
    null,
    "fibrous proliferation, fibrovascular proliferation, preretinal fibrosis",
  ],
  ["naevus", null, "naevi, nevus, nevi, choroidal naevus, choroidal nevus"],
  ["melanoma", null, "choroidal melanoma, choroidal mass"],
  [
    "myopia",
    null,
    "myopic, pathologic myopia, pathological myopia, high myopia, degenerative myopia, myopic degeneration, myopic maculopathy",
  ],
  [
    "tessellated fundus",
    null,
    "tessellation, tessellated, tigroid fundus, fundus tessellation, lacquer crack, lacquer cracks",
  ],
  ["posterior staphyloma", null, "staphyloma, staphylomas"],
];

/** The optic disc, and the media in front of the retina. */
const DISC: readonly LexiconRow[] = [
  [
    "optic disc",
    null,
    "optic discs, optic disk, optic disks, optic nerve head, optic nerve heads, disc, discs, onh",
  ],
  [
    "cup to disc ratio",
    null,
    "cup to disk ratio, cup disc ratio, cup disk ratio, cdr, c d ratio, cup, cupping, optic cup, optic disc cupping, enlarged cup",
  ],
  ["glaucoma", null, "glaucomas, glaucomatous, glaucoma suspect, open angle glaucoma, poag"],
  ["neuroretinal rim", null, "rim thinning, rim notching, neuroretinal rim thinning, notching"],
  [
    "nerve fibre layer defect",
    null,
    "nerve fiber layer defect, nerve fibre layer defects, nerve fiber layer defects, rnfl defect, rnfl defects",
  ],
  [
    "optic disc edema",
    null,
    "optic disc oedema, optic disc swelling, disc edema, disc oedema, disc swelling, papilledema, papilloedema",
  ],
  [
    "optic atrophy",
    null,
    "optic nerve atrophy, optic disc atrophy, optic disc pallor, disc pallor, optic neuropathy",
  ],
  [
    "disc haemorrhage",
    null,
    "disc hemorrhage, optic disc haemorrhage, optic disc hemorrhage, splinter hemorrhage",
  ],
  [
    "peripapillary atrophy",
    null,
    "parapapillary atrophy, ppa, myopic crescent, tilted disc, tilted discs",
  ],
  [
    "myelinated nerve fibres",
    null,
    "myelinated nerve fibers, medullated nerve fibers, medullated nerve fibres",
  ],
  ["coloboma", null, "colobomas, choroidal coloboma, optic disc coloboma"],
  ["cataract", null, "cataracts, lens opacity, lens opacities, nuclear sclerosis"],
  [
    "media opacity",
    null,
    "media opacities, hazy media, media haze, vitreous opacity, vitreous opacities",
  ],
  ["asteroid hyalosis", null, "synchysis"],
  ["posterior vitreous detachment", null, "vitreous detachment, pvd, weiss ring"],
  ["abnormality", null, "abnormalities, abnormal"],
];

/** Entities of colour fundus photographs. */
export const FUNDUS_LEXICON: Lexicon = lexiconOfRows("fundus", [...VESSELS, ...RETINA, ...DISC]);
