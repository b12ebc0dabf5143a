// A job as it goes on: read once, then followed by its events, which say all that changes.
import { useEffect, useReducer } from "./html.js";
import { get } from "./api.js";
import { follow } from "./events.js";

const ENDED = ["completed", "completed_short", "failed", "cancelled"];
export const isEnded = (status) => ENDED.includes(status);
/** Whether it has a list of addresses instead of keywords. */
export const isList = (job) => job.engines[0] === "urls";
export const jobName = (job) => (isList(job) ? "A list of addresses" : job.keywords.slice(0, 4).join(", ") || job.dataset);

const NOTHING = { job: null, live: null, error: null, connection: "connecting", history: [] };

function told(state, { type, ...news }) {
  switch (type) {
    case "read":
      return { ...state, job: news.job, error: null };
    case "failed":
      return { ...state, error: news.error };
    case "connection":
      return { ...state, connection: news.connection };
    case "status":
      return { ...state, history: [...state.history.filter((each) => each.at !== news.at), news].slice(-20) };
    case "progress":
      return { ...state, live: news.live, job: state.job && { ...state.job, status: news.status, progress: news.progress } };
    default:
      return state;
  }
}

/**
 * `{job, live, error, connection, history, reload}`; `live` is null until the first event has told it, and
 * `round` changes when the job was begun again.
 */
export function useJob(id, round) {
  const [state, tell] = useReducer(told, NOTHING);
  const reload = async () => {
    try {
      tell({ type: "read", job: await get(`/jobs/${id}`) });
    } catch (error) {
      tell({ type: "failed", error });
    }
  };
  useEffect(() => {
    reload();
    let status = null;
    return follow(`/jobs/${id}/events`, {
      onState: (connection) => tell({ type: "connection", connection }),
      onEvent: (type, data) => {
        tell({ ...data, type });
        if (type === "progress" && status && status !== data.status) reload(); // its times and its error
        if (type === "progress") status = data.status;
      },
    });
  }, [id, round]);
  return { ...state, reload };
}
