/** How a network configuration names a device, as that of the host-device plugin does. */

/**
 * One device of the node: by its name at home, its MAC, its path in sysfs, or its ID on the PCI or auxiliary bus
 * (`0000:00:05.0`, `mlx5_core.sf.4`).
 */
export type DeviceSelector =
  | { readonly by: 'name'; readonly name: string }
  | { readonly by: 'mac'; readonly mac: string }
  | { readonly by: 'kernelpath'; readonly path: string }
  | { readonly by: 'bus'; readonly address: string };
