/**
 * Says that this process stays: code that it runs again and again is worth compiling. The executable starts as one that ends at once,
 * and is interpreted for most of its way (`--compile-jit-policy` in scripts/compile.js). On Node.js it does nothing.
 */
export function expectToStay(): void {
  if (typeof Bun !== 'undefined') Bun.unsafe.setJITPolicy(1);
}
