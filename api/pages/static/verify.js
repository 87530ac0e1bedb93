import { byId } from "./ask.js";
import { dropZone } from "./drop.js";

byId("drop").dataset.then = "progress.checking";
dropZone("/verify/files", Number(document.querySelector('meta[name="limit"]').content));
