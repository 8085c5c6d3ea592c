/** Ranges of IPv4 addresses in CIDR notation. */

function bounds(range: string): readonly [first: number, last: number] {
  const [address = "", prefix = "32"] = range.split("/");
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(prefix));
  const first = Math.floor(number / size) * size;
  return [first, first + size - 1];
}

/** Whether all of `inner` lies in `outer`. */
export function covers(outer: string, inner: string): boolean {
  const [[from, to], [first, last]] = [bounds(outer), bounds(inner)];
  return from <= first && last <= to;
}

export function overlap(a: string, b: string): boolean {
  const [[from, to], [first, last]] = [bounds(a), bounds(b)];
  return from <= last && first <= to;
}
