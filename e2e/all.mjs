// Every test in one process: they share the browser, and the gallery of orders in every state.
import './contrast.test.mjs';
import './dashboard.test.mjs';
import './docs.test.mjs';
import './journeys.test.mjs';
import './keyboard.test.mjs';
import './live.test.mjs';
import './motion.test.mjs';
import './outages.test.mjs';
import './pages.test.mjs';
import './without-scripts.test.mjs';
