// One dataset: what it has, its versions, splits and exports, and where it lies.
import { html } from "../lib/html.js";
import { get } from "../lib/api.js";
import { useLoad } from "../lib/load.js";
import { useTitle } from "../lib/title.js";
import { Button, Head, Loaded, Missing } from "../ui/parts.js";
import { Tabs } from "../ui/tabs.js";
import { Overview } from "./dataset/overview.js";
import { Versions } from "./dataset/versions.js";
import { Splits } from "./dataset/splits.js";
import { Exports } from "./dataset/exports.js";
import { Storage } from "./dataset/storage.js";
import { Settings } from "./dataset/settings.js";

const TABS = [
  ["", "Overview", Overview],
  ["versions", "Versions", Versions],
  ["splits", "Splits", Splits],
  ["exports", "Exports", Exports],
  ["storage", "Storage", Storage],
  ["settings", "Settings", Settings],
];

export default function Dataset({ params, query }) {
  const dataset = useLoad((signal) => get(`/datasets/${params.id}`, { signal }), [params.id]);
  const [tab, title, Part] = TABS.find(([name]) => name === (query.tab ?? "")) ?? TABS[0];
  useTitle(dataset.data && (tab ? `${dataset.data.name}: ${title.toLowerCase()}` : dataset.data.name));
  const place = `/datasets/${params.id}`;
  const address = (name) => (name ? `${place}?tab=${name}` : place);
  if (dataset.error?.status === 404) return html`<${Missing} thing="dataset" to="/datasets" name="datasets">It was removed, or you are not a member of its project.<//>`;
  if (dataset.data === null) return html`<h1 class="hidden" tabindex="-1">Dataset</h1><${Loaded} from=${dataset} what="Loading the dataset">${() => null}<//>`;
  return html`<${Head} title=${dataset.data.name} back="Datasets" backTo="/datasets">
      <${Button} href="/new?dataset=${params.id}" icon="plus">Crawl more<//>
      <${Button} href="${place}/images" kind="primary" icon="picture">Images<//>
    <//>
    <${Tabs} name="Parts of the dataset" entries=${TABS.map(([name, told]) => [told, address(name)])} at=${address(tab)} />
    <${Part} key=${tab} id=${params.id} dataset=${dataset} query=${query} />`;
}
