import { Counter } from 'prom-client';

/** Copies that a reconciler had to repair; 0 in a quiet system. */
export const reconciled = new Counter({
  name: 'heddle_reconciled_total',
  help: 'Copies that a reconciler had to repair',
  labelNames: ['kind'],
});

/** Reconcilers act only on what has been wrong for so long: whoever is about to put it right gets the time. */
export const WRONG_FOR = "interval '30 seconds'";
export const RECONCILE_PERIOD_MS = 60_000;
