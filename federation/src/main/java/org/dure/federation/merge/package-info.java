/// The arithmetic of a merge: what deltas measure, which of them count, what the rest comes to.
/// No state: everything here is a function of its arguments, to the last bit.
///
/// ## Judging (docs/protocol.md, "What counts")
/// One pass over the deltas of a round gives lengths by group of tensors and every inner product
/// (`DeltaFigures`); a sample of each region's earlier deltas tells repetitions (`Repeats`). From
/// these figures alone `Judge` says of each delta whether it counts, and cut to what length; so a
/// verdict can be checked from the log, and its figures from the deltas. A second pass adds what
/// counts (`MergeWork`), by the study's rule (`MergeShares`), and steps (`OuterStep`).
@NullMarked
package org.dure.federation.merge;

import org.jspecify.annotations.NullMarked;
