/** Width and height of a JPEG or PNG by its header, before anything is decoded: a file of a kilobyte may announce a gigabyte of pixels. */

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** `undefined` for bytes that are neither, or end before they say it. */
export function imageSize(image: Uint8Array): ImageSize | undefined {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  try {
    if (view.getUint32(0) === 0x89504e47) return { width: view.getUint32(16), height: view.getUint32(20) };
    return view.getUint16(0) === 0xffd8 ? jpegSize(view) : undefined;
  } catch {
    return undefined;
  }
}

/** Markers follow each other until a frame header says the size. Throws RangeError past the end. */
function jpegSize(view: DataView): ImageSize | undefined {
  for (let at = 2; view.getUint8(at) === 0xff;) {
    const marker = view.getUint8(at + 1);
    // Fill bytes, and markers that stand alone.
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else if (isFrame(marker)) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    else at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** SOF0 to SOF15, without DHT, JPG and DAC, which share their range. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
