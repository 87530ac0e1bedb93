import { byId } from "./ask.js";
import { dropZone } from "./drop.js";

byId("drop").dataset.then = "progress.checking";
const act = byId("act");
dropZone(() => `/verify/files?act=${encodeURIComponent(act.value)}`, Number(document.querySelector('meta[name="limit"]').content));
