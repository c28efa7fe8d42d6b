import { createRequire } from 'node:module';

type Callback = (...given: unknown[]) => unknown;

export interface Test {
  readonly run: Callback;
}

export interface Block {
  readonly children: (Test | Block)[];
  readonly hooks: Readonly<Record<'beforeAll' | 'beforeEach' | 'afterEach' | 'afterAll', Callback[]>>;
}

type Declare = (name: string, run: Callback) => void;

// Jest's own, wherever its installation has them.
const jestRequire = createRequire(createRequire(import.meta.url).resolve('jest/package.json'));
const { bind } = jestRequire('jest-each') as { readonly bind: (declare: Declare, supportsDone: boolean) => Callback };
const { fn, spyOn } = jestRequire('jest-mock') as Readonly<Record<'fn' | 'spyOn', Callback>>;
const { jestExpect } = jestRequire('@jest/expect') as { readonly jestExpect: unknown };
const { ModernFakeTimers } = jestRequire('@jest/fake-timers') as {
  readonly ModernFakeTimers: new (given: object) => Readonly<Record<'useFakeTimers' | 'useRealTimers', Callback>>;
};

const emptyBlock = (): Block => ({
  children: [],
  hooks: { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] },
});

let open = emptyBlock();

/** Keeps what a test file declares, so that its tests can be run again and again. */
export const collect = async (load: () => Promise<unknown>): Promise<Block> => {
  open = emptyBlock();
  const whole = open;
  await load();
  return whole;
};

const withEach = (declare: Declare) =>
  Object.assign(declare, { each: bind(declare, false), skip: Object.assign(() => {}, { each: () => () => {} }) });

const test = withEach((_, run) => {
  open.children.push({ run });
});

const describe = withEach((_, declare) => {
  const outer = open;
  open = emptyBlock();
  outer.children.push(open);
  declare();
  open = outer;
});

const hook =
  (when: keyof Block['hooks']) =>
  (run: Callback): void => {
    open.hooks[when].push(run);
  };

const timers = new ModernFakeTimers({ config: { fakeTimers: {} }, global: globalThis });

/** Stands in for `@jest/globals`: of it, what the tests here use. */
export const globals = {
  describe,
  test,
  it: test,
  expect: jestExpect,
  beforeAll: hook('beforeAll'),
  beforeEach: hook('beforeEach'),
  afterEach: hook('afterEach'),
  afterAll: hook('afterAll'),
  jest: {
    fn,
    spyOn,
    setTimeout: () => {},
    useFakeTimers: (given?: unknown) => timers.useFakeTimers(given),
    useRealTimers: () => timers.useRealTimers(),
  },
};
