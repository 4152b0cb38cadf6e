import { Injectable } from '@nestjs/common';

/** Tells whoever waits for trials that one has ended. It carries no fact: rows say which, and a crash tells nobody. */
@Injectable()
export class TrialEnds {
  private readonly listeners = new Set<() => void>();

  /** @param poke returns at once */
  listen(poke: () => void): void {
    this.listeners.add(poke);
  }

  tell(): void {
    for (const poke of this.listeners) poke();
  }
}
