import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createTogether, type Together } from '../src/together.js';

/** Questions that are answered, with their number, when the test says so. */
class Questions {
  readonly open: { answer: () => void; fail: (reason: Error) => void }[] = [];
  asked = 0;

  readonly ask = (): Promise<number> => {
    this.asked += 1;
    const number = this.asked;
    return new Promise((resolve, reject) => this.open.push({ answer: () => resolve(number), fail: reject }));
  };

  /** Answers the oldest, and lets whoever waits for it go on. */
  async answer(): Promise<void> {
    this.open.shift()?.answer();
    await settle();
  }

  async fail(reason: Error): Promise<void> {
    this.open.shift()?.fail(reason);
    await settle();
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('those who ask the same at the same time', () => {
  const begin = (): { together: Together; questions: Questions } => ({
    together: createTogether(),
    questions: new Questions(),
  });

  it('share one answer, which was asked for after all of them had come', async () => {
    const { together, questions } = begin();
    const first = together('it', questions.ask);
    const others = [together('it', questions.ask), together('it', questions.ask), together('it', questions.ask)];
    expect(questions.asked).toBe(1);
    await questions.answer();
    expect([await first, questions.asked]).toEqual([1, 2]);
    await questions.answer();
    expect(await Promise.all(others)).toEqual([2, 2, 2]);
    expect(questions.asked).toBe(2);
  });

  it('ask themselves where the one who asked for them fails', async () => {
    const { together, questions } = begin();
    void together('it', questions.ask);
    const [owner, other] = [together('it', questions.ask), together('it', questions.ask)];
    const failed = expect(owner).rejects.toThrow('no time left');
    await questions.answer();
    await questions.fail(new Error('no time left'));
    await failed;
    await questions.answer();
    expect([await other, questions.asked]).toEqual([3, 3]);
  });

  it('go on where the one before them fails, or throws at once', async () => {
    const { together, questions } = begin();
    const first = together('it', questions.ask).catch((thrown: Error) => thrown.message);
    const second = together('it', questions.ask);
    await questions.fail(new Error('gone'));
    expect(await first).toBe('gone');
    await questions.answer();
    expect(await second).toBe(2);
    expect(() =>
      together('it', () => {
        throw new Error('at once');
      }),
    ).toThrow('at once');
    const third = together('it', questions.ask);
    await questions.answer();
    expect(await third).toBe(3);
  });

  it('do not wait for those who ask something else', () => {
    const { together, questions } = begin();
    void together('it', questions.ask);
    void together('other', questions.ask);
    expect(questions.asked).toBe(2);
  });

  it('never get an answer that was asked for before they came, and each gets one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('ask', 'answer', 'fail'), { maxLength: 40 }), async (moves) => {
        const { together, questions } = begin();
        const got: Promise<boolean>[] = [];
        for (const move of moves) {
          if (move === 'answer') await questions.answer();
          else if (move === 'fail') await questions.fail(new Error('no'));
          else {
            const before = questions.asked;
            got.push(
              together('it', questions.ask).then(
                (number) => number > before,
                () => true,
              ),
            );
          }
        }
        while (questions.open.length > 0) await questions.answer();
        expect(await Promise.all(got)).toEqual(got.map(() => true));
      }),
      { numRuns: 300 },
    );
  });
});
