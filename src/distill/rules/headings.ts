/** @file The headings of a report, and whether what stands below them speaks of this picture. */

/** Headings in lower case; words that may stand before a colon. */
export const HEADINGS: Readonly<Record<"findings" | "impression" | "other", string>> = {
  findings: `findings, finding, report, result, results, chest, chest x ray, lungs, lung, heart, cardiac, pleura, mediastinum, cardiomediastinum,
    cardiomediastinal silhouette, bones, bones and soft tissues, osseous structures, soft tissues, lines, tubes, lines and tubes, lines tubes,
    devices, support devices, airways, airway, abdomen, upper abdomen, diaphragm, hila, ribs, body, observations`,
  impression:
    "impression, impressions, conclusion, conclusions, opinion, summary, assessment, interpretation, in summary",
  other: `indication, indications, history, clinical history, clinical information, clinical indication, clinical data, clinical details, reason for exam,
    reason for examination, reason for study, reason for this examination, reason, comparison, comparisons, compared to, technique, procedure,
    exam, examination, examinations, study, exam type, date, views, recommendation, recommendations, notification, addendum history,
    patient history, presenting complaint, symptoms, medical history, prior study, prior studies, priors`,
};
