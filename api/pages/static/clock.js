// A length of time in figures.

/** Write seconds as 1:02:03 or 02:03; a dash while nobody can tell. */
export function clock(seconds) {
  if (seconds === null) return "–";
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}
