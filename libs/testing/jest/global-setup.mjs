export default async function globalSetup() {
  const { beginTestRun } = await import('@heddle/testing/run');
  await beginTestRun();
}
