// Every test in one process: they share the browser, and the gallery of orders in every state.
import './journeys.test.mjs';
