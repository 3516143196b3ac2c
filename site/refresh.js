// Loads the page again after its seconds, when somebody looks at it. Without scripts a <meta> does the same.
"use strict";
const seconds = Number(document.currentScript.dataset.seconds);
const again = () => setTimeout(() => (document.hidden ? again() : location.reload()), seconds * 1000);
if (seconds > 0) again();
