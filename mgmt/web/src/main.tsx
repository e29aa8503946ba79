// SPDX-License-Identifier: GPL-3.0-or-later
import { render } from "preact";

import { Root } from "./root";

const place = document.getElementById("app");
if (place !== null)
	render(<Root />, place);
