/// The `dure` command: its verbs, the demo, the console on the hub, and the wiring that hands the
/// modules to each other.
///
/// One class a verb (`*Command`); [Dure] is the entry. Nothing here computes: verbs read arguments,
/// call a module and print. [Pretraining] is the one workload so far: it joins a region's corpus,
/// tokenizer and trainer to the federation's node.
@NullMarked
package org.dure.app;

import org.jspecify.annotations.NullMarked;
