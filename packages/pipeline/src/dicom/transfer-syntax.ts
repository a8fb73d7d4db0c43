/** How pixels are packed; all but `native` are encapsulated in fragments (PS3.5 A.4). */
export type PixelEncoding = 'native' | 'rle' | 'jpeg' | 'jpeg-ls' | 'jpeg-2000';

export interface TransferSyntax {
  readonly uid: string;
  readonly name: string;
  readonly encoding: PixelEncoding;
  readonly explicit: boolean;
  readonly bigEndian: boolean;
  readonly deflated: boolean;
}

function syntax(uid: string, name: string, encoding: PixelEncoding): TransferSyntax {
  return { uid, name, encoding, explicit: true, bigEndian: false, deflated: false };
}

/** PS3.5, annex A; what is not here is refused by name. */
const known: readonly TransferSyntax[] = [
  { ...syntax('1.2.840.10008.1.2', 'implicit VR little endian', 'native'), explicit: false },
  syntax('1.2.840.10008.1.2.1', 'explicit VR little endian', 'native'),
  { ...syntax('1.2.840.10008.1.2.1.99', 'deflated', 'native'), deflated: true },
  { ...syntax('1.2.840.10008.1.2.2', 'explicit VR big endian', 'native'), bigEndian: true },
  syntax('1.2.840.10008.1.2.5', 'RLE lossless', 'rle'),
  syntax('1.2.840.10008.1.2.4.50', 'JPEG baseline, 8 bit', 'jpeg'),
  syntax('1.2.840.10008.1.2.4.51', 'JPEG extended, 12 bit', 'jpeg'),
  syntax('1.2.840.10008.1.2.4.53', 'JPEG spectral selection', 'jpeg'),
  syntax('1.2.840.10008.1.2.4.55', 'JPEG full progression', 'jpeg'),
  syntax('1.2.840.10008.1.2.4.57', 'JPEG lossless', 'jpeg'),
  syntax('1.2.840.10008.1.2.4.70', 'JPEG lossless, first order', 'jpeg'),
  syntax('1.2.840.10008.1.2.4.80', 'JPEG-LS lossless', 'jpeg-ls'),
  syntax('1.2.840.10008.1.2.4.81', 'JPEG-LS near-lossless', 'jpeg-ls'),
  syntax('1.2.840.10008.1.2.4.90', 'JPEG 2000 lossless', 'jpeg-2000'),
  syntax('1.2.840.10008.1.2.4.91', 'JPEG 2000', 'jpeg-2000'),
];

const byUid = new Map(known.map((entry) => [entry.uid, entry]));

export const explicitLittleEndian = '1.2.840.10008.1.2.1';
export const implicitLittleEndian = '1.2.840.10008.1.2';

/** The syntax of a UID; undefined for one that is not supported. */
export function transferSyntax(uid: string): TransferSyntax | undefined {
  return byUid.get(uid);
}
