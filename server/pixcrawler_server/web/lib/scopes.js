// What API keys may be used for, in the order in which they are shown.
export const SCOPES = [
  ["profile", "See and change your name, picture and consents"],
  ["projects:read", "See projects and their members"],
  ["projects:write", "Make, change and remove projects, and say who is a member"],
  ["datasets:read", "See datasets and images, and download them"],
  ["datasets:write", "Make, change, review and remove datasets, and make exports"],
  ["jobs:read", "See jobs, schedules and analytics"],
  ["jobs:write", "Order, cancel and schedule jobs"],
  ["storage:read", "See where datasets are stored"],
  ["storage:write", "Store datasets elsewhere, and bring them back"],
  ["validation", "Check images without a job"],
  ["usage:read", "See usage, quota and invoices"],
  ["audit:read", "See what you did"],
  ["admin", "All that admins may: users, all jobs, the audit log, flags"],
];
export const READING = SCOPES.map(([name]) => name).filter((name) => name.endsWith(":read"));
