/** @file Where a picture is that a list names in a form which is not read: under the same name, converted. */

/** DICOM and TIFF, which sets are published in and which are not read. */
const RAW = /\.(?:dcm|dicom|tiff?)$/i;

/** The paths to look at: of a DICOM or TIFF file its conversions first, so that a list need not be rewritten. */
export function withoutRawForm(path: string): readonly [string, ...string[]] {
  if (!RAW.test(path)) return [path];
  const stem = path.replace(RAW, "");
  return [`${stem}.png`, `${stem}.jpg`, `${stem}.jpeg`, path];
}
