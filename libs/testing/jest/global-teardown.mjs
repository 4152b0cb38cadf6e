export default async function globalTeardown() {
  const { endTestRun } = await import('@heddle/testing/run');
  await endTestRun();
}
