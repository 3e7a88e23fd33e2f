/// A hub's side of a secret sum (docs/protocol.md, "Secret sums"): how far its round is
/// (`SecretRound`), what regions may say in it (`SecretRules`), when a step is over and when the
/// round is dropped (`SecretSteps`), and the sum (`SecretMerge`). Functions of the log and of what
/// regions sent; the masks themselves are `federation.secure`'s.
@NullMarked
package org.dure.federation.secret;

import org.jspecify.annotations.NullMarked;
