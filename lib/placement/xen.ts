/**
 * Families whose instances run on the Xen hypervisor and not on the Nitro System (`hypervisor` of EC2,
 * DescribeInstanceTypes; g2, g3, g3s, h1, p2, r3, r4, x1 and x1e by general knowledge). One that is not listed here is
 * taken for Nitro.
 */
const families: ReadonlySet<string> = new Set(
  'c1 c3 c4 d2 f1 g2 g3 g3s h1 i2 i3 m1 m2 m3 m4 p2 p3 r3 r4 t1 t2 x1 x1e'.split(' '),
);

/** Bare metal of such a family (`i3.metal`) is Nitro: it has no hypervisor at all. */
export const isXen = (instanceType: string): boolean => {
  const [family = '', size = ''] = instanceType.split('.');
  return families.has(family) && !size.startsWith('metal');
};
