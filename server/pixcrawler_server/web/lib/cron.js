// Times of crontab(5), in words, for the expressions that forms make.
export const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const clock = (hour, minute) => `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;

/** `time` is `03:30`; `every` is hour, day, week or month; `day` is of the week, or of the month. */
export function cronOf({ every, time, weekday, day }) {
  const [hour, minute] = (time || "00:00").split(":").map(Number);
  if (every === "hour") return `${minute} * * * *`;
  if (every === "week") return `${minute} ${hour} * * ${weekday}`;
  if (every === "month") return `${minute} ${hour} ${day} * *`;
  return `${minute} ${hour} * * *`;
}

/** `Every Monday at 03:30`; the expression itself where it is another one. */
export function cronWords(cron) {
  const found = /^(\d+) (\d+|\*) (\d+|\*) \* (\d|\*)$/.exec(cron.trim());
  if (!found) return cron;
  const [, minute, hour, day, weekday] = found;
  if (hour === "*") return day === "*" && weekday === "*" ? `Every hour at minute ${minute}` : cron;
  const at = `at ${clock(hour, minute)}`;
  if (day === "*" && weekday === "*") return `Every day ${at}`;
  if (day === "*") return `Every ${DAYS[weekday % 7]} ${at}`;
  return weekday === "*" ? `On day ${day} of each month ${at}` : cron;
}
