/** What each task does: a small edit in a file of its own, and a new file. */
export function smallEdit(index: number): string {
  const file = `modules/m${String(index)}/file-${String(index * 100)}.txt`;
  return `echo 'a line of task ${String(index)}' >> ${file} && echo ${String(index)} > note-${String(index)}.txt`;
}

/** The check that both run on each task's tree and on each merged tree. */
export const CHECK = ['sh', '-c', 'test -f modules/m0/file-0.txt && grep -rq module modules/m1'];
