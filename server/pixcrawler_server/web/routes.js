// All views, by their addresses. `load` imports the view's module, whose default is a component that is given
// `params` (fields of the path) and `query`. `title` is the tab's, until the view calls `useTitle`. `nav` names
// the entry of the navigation under which it is shown. `open` views need nobody who is signed in.
export const ROUTES = [
  { path: "/", title: "Jobs", nav: "jobs", load: () => import("./views/jobs.js") },
  { path: "/jobs", title: "Jobs", nav: "jobs", load: () => import("./views/jobs.js") },
  { path: "/jobs/:id", title: "Job", nav: "jobs", load: () => import("./views/job.js") },
  { path: "/new", title: "New crawl", nav: "new", load: () => import("./views/new.js") },
  { path: "/account/sign-in", title: "Sign in", open: true, load: () => import("./views/sign_in.js") },
  { path: "/account/register", title: "Register", open: true, load: () => import("./views/register.js") },
  { path: "/account/verify", title: "Verify your address", open: true, load: () => import("./views/verify.js") },
  { path: "/account/forgot", title: "A new password", open: true, load: () => import("./views/forgot.js") },
  { path: "/account/reset", title: "A new password", open: true, load: () => import("./views/reset.js") },
];

// The navigation: `admin` entries are for admins.
export const NAV = [
  { name: "jobs", title: "Jobs", icon: "jobs", href: "/jobs" },
  { name: "new", title: "New crawl", icon: "plus", href: "/new" },
];
