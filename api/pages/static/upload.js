import { byId } from "./ask.js";
import { dropZone } from "./drop.js";

byId("drop").dataset.then = "progress.drawing";
dropZone("/seal/drafts", Number(document.querySelector('meta[name="limit"]').content));
