/** Lines of an old text that others take the place of in a new one. Lines count from 1. */
export interface LineEdit {
  /** The first line that is replaced; where `oldLines` is 0, the line behind which something is added. */
  readonly oldStart: number;
  readonly oldLines: number;
  /** Like `oldStart`, in the new text. */
  readonly newStart: number;
  readonly newLines: number;
}
