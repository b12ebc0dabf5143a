// All views. `view` is a module below `views/`, whose default is a component that is given `params` (fields of the
// path) and `query`. `title` is the tab's, until the view calls `useTitle`. `nav` is the entry of the navigation,
// where the path does not begin with it. `open` views need nobody who is signed in.
export const ROUTES = [
  { path: "/", title: "Jobs", nav: "jobs", view: "jobs" },
  { path: "/jobs", title: "Jobs", view: "jobs" },
  { path: "/jobs/:id", title: "Job", view: "job" },
  { path: "/datasets", title: "Datasets", view: "datasets" },
  { path: "/datasets/:id", title: "Dataset", view: "dataset" },
  { path: "/datasets/:id/images", title: "Images", wide: true, view: "gallery" },
  { path: "/new", title: "New crawl", view: "new" },
  { path: "/account/sign-in", title: "Sign in", open: true, view: "sign_in" },
  { path: "/account/register", title: "Register", open: true, view: "register" },
  { path: "/account/verify", title: "Verify your address", open: true, view: "verify" },
  { path: "/account/forgot", title: "A new password", open: true, view: "forgot" },
  { path: "/account/reset", title: "A new password", open: true, view: "reset" },
  { path: "/account", title: "Profile", view: "account/profile" },
  { path: "/account/security", title: "Security", view: "account/security" },
  { path: "/account/keys", title: "API keys", view: "account/keys" },
  { path: "/account/usage", title: "Usage", view: "account/usage" },
  { path: "/account/schedules", title: "Schedules", view: "account/schedules" },
  { path: "/account/schedules/new", title: "New schedule", view: "account/schedule_new" },
  { path: "/account/activity", title: "Activity", view: "account/activity" },
  { path: "/account/data", title: "Your data", view: "account/data" },
  { path: "/projects", title: "Projects", nav: "account", view: "account/projects" },
  { path: "/projects/:id", title: "Project", nav: "account", view: "account/project" },
  { path: "/admin", title: "System", view: "admin/system" },
  { path: "/admin/users", title: "Users", view: "admin/users" },
  { path: "/admin/users/:id", title: "User", view: "admin/user" },
  { path: "/admin/jobs", title: "Jobs of all", view: "admin/jobs" },
  { path: "/admin/analytics", title: "Analytics", view: "admin/analytics" },
  { path: "/admin/audit", title: "Audit log", view: "admin/audit" },
  { path: "/admin/plans", title: "Plans", view: "admin/plans" },
  { path: "/admin/flags", title: "Flags", view: "admin/flags" },
];

// The navigation: `admin` entries are for admins.
export const NAV = [
  { name: "jobs", title: "Jobs", icon: "jobs", href: "/jobs" },
  { name: "datasets", title: "Datasets", icon: "datasets", href: "/datasets" },
  { name: "new", title: "New crawl", icon: "plus", href: "/new" },
  { name: "account", title: "Account", icon: "account", href: "/account" },
  { name: "admin", title: "Admin", icon: "admin", href: "/admin", admin: true },
];
