// All views, by their addresses. `load` imports the view's module, whose default is a component that is given
// `params` (fields of the path) and `query`. `title` is the tab's, until the view calls `useTitle`. `nav` names
// the entry of the navigation under which it is shown. `open` views need nobody who is signed in.
export const ROUTES = [
  { path: "/", title: "Jobs", nav: "jobs", load: () => import("./views/jobs.js") },
  { path: "/jobs", title: "Jobs", nav: "jobs", load: () => import("./views/jobs.js") },
  { path: "/jobs/:id", title: "Job", nav: "jobs", load: () => import("./views/job.js") },
  { path: "/datasets", title: "Datasets", nav: "datasets", load: () => import("./views/datasets.js") },
  { path: "/datasets/:id", title: "Dataset", nav: "datasets", load: () => import("./views/dataset.js") },
  { path: "/datasets/:id/images", title: "Images", nav: "datasets", wide: true, load: () => import("./views/gallery.js") },
  { path: "/new", title: "New crawl", nav: "new", load: () => import("./views/new.js") },
  { path: "/account/sign-in", title: "Sign in", open: true, load: () => import("./views/sign_in.js") },
  { path: "/account/register", title: "Register", open: true, load: () => import("./views/register.js") },
  { path: "/account/verify", title: "Verify your address", open: true, load: () => import("./views/verify.js") },
  { path: "/account/forgot", title: "A new password", open: true, load: () => import("./views/forgot.js") },
  { path: "/account/reset", title: "A new password", open: true, load: () => import("./views/reset.js") },
  { path: "/account", title: "Profile", nav: "account", load: () => import("./views/account/profile.js") },
  { path: "/account/security", title: "Security", nav: "account", load: () => import("./views/account/security.js") },
  { path: "/account/keys", title: "API keys", nav: "account", load: () => import("./views/account/keys.js") },
  { path: "/account/usage", title: "Usage", nav: "account", load: () => import("./views/account/usage.js") },
  { path: "/account/schedules", title: "Schedules", nav: "account", load: () => import("./views/account/schedules.js") },
  { path: "/account/schedules/new", title: "New schedule", nav: "account", load: () => import("./views/account/schedule_new.js") },
  { path: "/account/activity", title: "Activity", nav: "account", load: () => import("./views/account/activity.js") },
  { path: "/account/data", title: "Your data", nav: "account", load: () => import("./views/account/data.js") },
  { path: "/projects", title: "Projects", nav: "account", load: () => import("./views/account/projects.js") },
  { path: "/projects/:id", title: "Project", nav: "account", load: () => import("./views/account/project.js") },
  { path: "/admin", title: "System", nav: "admin", load: () => import("./views/admin/system.js") },
  { path: "/admin/users", title: "Users", nav: "admin", load: () => import("./views/admin/users.js") },
  { path: "/admin/users/:id", title: "User", nav: "admin", load: () => import("./views/admin/user.js") },
  { path: "/admin/jobs", title: "Jobs of all", nav: "admin", load: () => import("./views/admin/jobs.js") },
  { path: "/admin/analytics", title: "Analytics", nav: "admin", load: () => import("./views/admin/analytics.js") },
  { path: "/admin/audit", title: "Audit log", nav: "admin", load: () => import("./views/admin/audit.js") },
  { path: "/admin/plans", title: "Plans", nav: "admin", load: () => import("./views/admin/plans.js") },
  { path: "/admin/flags", title: "Flags", nav: "admin", load: () => import("./views/admin/flags.js") },
];

// The navigation: `admin` entries are for admins.
export const NAV = [
  { name: "jobs", title: "Jobs", icon: "jobs", href: "/jobs" },
  { name: "datasets", title: "Datasets", icon: "datasets", href: "/datasets" },
  { name: "new", title: "New crawl", icon: "plus", href: "/new" },
  { name: "account", title: "Account", icon: "account", href: "/account" },
  { name: "admin", title: "Admin", icon: "admin", href: "/admin", admin: true },
];
