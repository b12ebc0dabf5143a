// Which images an export has, by their licences.
export const POLICIES = [
  ["", "All images"],
  ["any", "Those whose licence is known"],
  ["commercial", "Those that allow commercial use"],
  ["modification", "Those that allow modification"],
  ["commercial,modification", "Those that allow both"],
  ["attribution-free", "Those that need no attribution"],
];
