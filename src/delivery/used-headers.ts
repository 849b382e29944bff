import { hintHeaders } from './client-hints.ts';
import { isPlain } from './plain.ts';
import type { DeliveryRequest, OutputRequest } from './request.ts';

/** Which request headers a URL lets speak. Pure, and free of node: modules: it also runs at the edge. */
export interface UsedHeaders {
  readonly accept: boolean;
  readonly width: boolean;
  readonly density: boolean;
  readonly saveData: boolean;
  /** `ECT`, `RTT`, `Downlink` */
  readonly network: boolean;
  readonly varyOn: readonly string[];
  readonly acceptCh: readonly string[];
}

/** Requests that are asked again and again are looked at once. */
const usedBy = new WeakMap<DeliveryRequest, UsedHeaders>();

export function usedHeaders(request: DeliveryRequest): UsedHeaders {
  const before = usedBy.get(request);
  if (before) return before;
  const used = withNames(headersOf(request));
  usedBy.set(request, used);
  return used;
}

type Switches = Omit<UsedHeaders, 'varyOn' | 'acceptCh'>;

function headersOf(request: DeliveryRequest): Switches {
  const { size, output, variant } = request;
  if (output.text !== undefined || output.palette !== undefined) return NONE;
  const isOpen = output.format === undefined;
  // What is stored is as it is: of its size and its quality nothing is left to be said.
  if (variant !== undefined) return { ...NONE, accept: isOpen };
  const width = output.hints.width && size.width === undefined;
  const hasSide = width || size.width !== undefined || size.height !== undefined;
  const canSave = hasQualityLeft(output);
  return {
    accept: isOpen && (output.autoFormat || (isPlain(request) && !width)),
    width,
    density: output.hints.dpr && size.dpr === undefined && hasSide,
    saveData: canSave && (output.autoFormat || output.hints.saveData),
    network: canSave && output.autoFormat,
  };
}

const NONE: Switches = { accept: false, width: false, density: false, saveData: false, network: false };

/** Whether fewer bytes could be sent than the URL asks for; `auto=compress` saves already, whatever the link is like. */
function hasQualityLeft({ quality, autoCompress, isLossless, format }: OutputRequest): boolean {
  return quality === undefined && !autoCompress && !isLossless && format !== 'png' && format !== 'gif';
}

function withNames(used: Switches): UsedHeaders {
  const hints = [
    ...(used.width ? [...hintHeaders.width, ...hintHeaders.viewport] : []),
    ...(used.density ? hintHeaders.density : []),
    ...(used.saveData ? hintHeaders.saveData : []),
  ];
  return {
    ...used,
    varyOn: [...(used.accept ? ['Accept'] : []), ...hints, ...(used.network ? hintHeaders.network : [])],
    // ECT is what browsers make of RTT and Downlink, in four words: to ask for those would split every cache.
    acceptCh: [...hints, ...(used.network ? ['ECT'] : [])],
  };
}
