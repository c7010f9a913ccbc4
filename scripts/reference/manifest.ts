/** What of `oclif.manifest.json` the reference is made of. */

export interface FlagManifest {
  readonly name: string;
  readonly type: 'boolean' | 'option';
  readonly char?: string;
  readonly description?: string;
  readonly helpValue?: string;
  readonly helpGroup?: string;
  readonly default?: unknown;
  readonly env?: string;
  readonly options?: readonly string[];
  readonly multiple?: boolean;
  readonly required?: boolean;
  readonly hidden?: boolean;
  readonly dependsOn?: readonly string[];
  readonly exclusive?: readonly string[];
}

export interface ArgManifest {
  readonly name: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly options?: readonly string[];
  readonly default?: unknown;
}

export interface CommandManifest {
  readonly summary?: string;
  readonly description?: string;
  readonly examples?: readonly string[];
  readonly args: Readonly<Record<string, ArgManifest>>;
  readonly flags: Readonly<Record<string, FlagManifest>>;
  readonly hidden?: boolean;
  readonly strict?: boolean;
}

export interface Manifest {
  readonly version: string;
  readonly commands: Readonly<Record<string, CommandManifest>>;
}
