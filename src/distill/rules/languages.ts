/** @file Small words by which a report in another language than English is told: the rules would read its findings as present. */

const words = (list: string): ReadonlySet<string> => new Set(list.split(" "));

/** Of English. */
export const ENGLISH: ReadonlySet<string> = words(
  "the is are was were be been of and or no not with without there this that these to for from by at as it its has have than but which may seen within patient normal clear evidence",
);

/** Of German, French, Spanish, Portuguese, Italian, Dutch and others, none of them an English word of reports. */
export const FOREIGN: ReadonlySet<string> = words(
  `kein keine keinen keiner keinerlei ohne nicht und oder der das den dem des ist sind im beidseits mit nach vom zum zur ein eine links rechts nachweis befund hinweis
  pas sans les une dans est sont aux du sur avec et ou droit gauche absence pour ni cette
  sin el los las una con del en es se observa hay derecho izquierdo derecha izquierda para ningun ninguna evidencia
  sem com uma dos das nao não ao direito esquerdo
  senza nessun nessuna il gli della dello delle degli nel nella sinistro destro sono
  geen niet het een zonder en van voor links rechts bij
  ingen inga utan och eller inte ej brak nie bez oraz lub nema ne`.replace(/\s+/g, " "),
);
