/** @file Words that say whether an entity is there: denial, doubt, other times, and what ends the reach of either. */

/**
 * What a phrase does to the entities around it.
 * - `deny`, `doubt`: to those that follow, as far as its reach goes
 * - `denyBefore`, `doubtBefore`: to those before it
 * - `denyEither`, `doubtEither`: an adjective (`resolved effusion`), or a predicate (`the effusion has resolved`)
 * - `mind`, `mindBefore`: what follows or precedes is thought of or was once, not seen
 * - `versus`: one of two readings, both in doubt
 * - `break`: no reach goes over it
 * - `link`: ends a denial that has met its entity
 * - `verb`: the sentence's predicate begins
 */
export type Cue =
  | "deny"
  | "denyBefore"
  | "denyEither"
  | "doubt"
  | "doubtBefore"
  | "doubtEither"
  | "mind"
  | "mindBefore"
  | "versus"
  | "or"
  | "and"
  | "break"
  | "link"
  | "verb";

/** Phrases by what they do. */
export const CUES: Readonly<Record<Cue, string>> = {
  deny: `no, not, non, without, without evidence of, no evidence of, no evidence for, no sign of, no signs of, free of, free from, clear of,
    negative for, absence of, lack of, lacks, neither, nor, never, denies, rather than, resolution of, removal of, interval removal of,
    no longer, ruled out for, clearing of, not associated with, cannot see, fails to show, fail to show, inconsistent with`,
  denyBefore: `not seen, not identified, not visualized, not visualised, not appreciated, not demonstrated, not evident, not present,
    not noted, not detected, not found, not apparent, not observed, not definitely seen, not definitely identified, not clearly seen,
    no longer seen, no longer identified, no longer visualized, no longer evident, no longer present, no longer appreciated,
    no longer apparent, no longer demonstrated, no longer visible, not visible, ruled out, is excluded, are excluded, has been removed, have been removed, been removed, was removed, were removed, not seen now, none, not suggested, not suspected`,
  denyEither: "resolved, removed, absent, cleared, completely resolved, has cleared",
  doubt: `may, might, could, may represent, may be, may reflect, could represent, could be, could reflect, might represent, might be, suggest,
    suggests, suggesting, suggestive of, suggestion of, suspicious for, suspicion for, suspicion of, suspect, suspects, concerning for, concern for,
    worrisome for, questionable for, question of, question, cannot exclude, can not exclude, not exclude, to exclude, exclude, cannot rule out,
    not rule out, to rule out, differential includes, differential diagnosis includes, differential considerations include, considerations include,
    differential diagnosis, favor, favors, favored to represent, favored to be, likely represent, likely represents, probably represent,
    probably represents, most likely, likely related to, likely due to, likely secondary to, probably related to, probably due to, would include,
    unlikely to represent, less likely, suggested, appearance of possible, raises the possibility of, possibility of, raising concern for, versus possible`,
  doubtBefore: `cannot be excluded, can not be excluded, not be excluded, not excluded, not entirely excluded, not completely excluded,
    not be entirely excluded, not be completely excluded, cannot be entirely excluded, cannot be completely excluded, cannot be ruled out,
    not be ruled out, not ruled out, is suspected, are suspected, is questioned, are questioned, is possible, are possible, is suggested, are suggested,
    is not excluded, are not excluded, may be present, could be present, might be present, may also be present, should be considered,
    is a consideration, are a consideration, is a possibility, are a possibility, remains a possibility, remains possible, is one possibility, is not certain, is considered, is unlikely, are unlikely, is favored, are favored`,
  doubtEither: `possible, possibly, probable, probably, likely, suspected, questionable, questioned, presumed, presumably, equivocal,
    potential, potentially, apparent, perhaps, unlikely, doubtful, conceivably, difficult to exclude, difficult to entirely exclude, difficult to completely exclude`,
  mind: `history of, with history of, h o, patient with, evaluate for, evaluation for, assess for, assessment for, clinical concern for,
    clinical suspicion of, clinical suspicion for, concern of, if there is concern for, if there is clinical concern for, to evaluate for,
    follow up of, risk of, risk for, treatment for, treatment of, treated for, symptoms of, diagnosis of, if, prior to, screening for,
    known history of, recent history of, given history of, past, clinical correlation for, correlation for, correlate for, correlate clinically for, rule out, rule out for, r o, to evaluate, for evaluation of, evaluation of, in detecting, sensitive for, detection of`,
  mindBefore:
    "may not be demonstrated, may not be seen, may not be detected, may not be visible, may not be apparent, may not be evident",
  versus: "versus, vs",
  or: "or, and or",
  and: "and, as well as, along with, plus, also",
  break: `but, however, although, though, nevertheless, except, except for, other than, aside from, apart from, besides, there is, there are, there was,
    there were, there has been, there have been, with the exception of, whereas, while, yet, despite, otherwise, as there is`,
  link: "makes, make, making, with, which, that, demonstrating, showing, causing, consistent with, compatible with, in keeping with, containing",
  verb: `is, are, was, were, has, have, had, has been, have been, appears, appear, appeared, remains, remain, shows, show, demonstrates, demonstrate,
    reveals, reveal, seen, noted, identified, visualized, visualised, evident, demonstrated, appreciated, detected, present, observed,
    is seen, are seen, is noted, are noted, is identified, are identified, is present, are present, is evident, measures, measuring, overlies, projects`,
};

/** What can be denied without denying the entity: `no significant change in the effusion`. */
export const CHANGES: ReadonlySet<string> = new Set(
  "change changes increase decrease worsening improvement progression enlargement growth alteration difference".split(
    " ",
  ),
);

/** Adjectives that stand between the denial and what changes. */
export const CHANGE_FILLERS: ReadonlySet<string> = new Set(
  "significant appreciable interval definite substantial further convincing obvious major gross clear apparent acute new marked relevant visible evidence of any in the".split(
    " ",
  ),
);

/** Words that deny a change. */
export const CHANGE_DENIALS: ReadonlySet<string> = new Set(["no", "without", "not", "little"]);

/** Phrases that look like a denial and are none. */
export const NO_DENIALS: string =
  "not only, not just, not significantly changed, not changed, not appreciably changed, not substantially changed, no doubt, non specific, not well seen, not well visualized, not fully seen, not included, not imaged, not displaced, not optimally seen, not calcified, not obviously calcified, not densely calcified, non calcified, non displaced, no longer as, no contrast, not specific, not healed, not fully evaluated, not completely evaluated";
